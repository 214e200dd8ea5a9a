"""Searching by words: what is found, for whom, and by which index."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from migrations.roles import DatabaseUrls
from server.search.filling import fill
from server.search.terms import asked_terms, terms_of
from tenants.sessions import Database
from tests.conftest import Template
from tests.fixtures.city import Api, Platform
from tests.schema.connections.conftest import All, Ask

TEXTS: dict[str, tuple[str, Callable[[dict[str, Any]], list[str]]]] = {
    "cases": ("title number", lambda row: terms_of([row["title"]], [row["number"]])),
    "grids": ("name code", lambda row: terms_of([row["name"]], [row["code"]])),
    "organizations": ("name", lambda row: terms_of([row["name"]])),
    "members": ("name", lambda row: terms_of([row["name"]])),
    "volunteers": ("name", lambda row: terms_of([row["name"]])),
    "activities": ("title", lambda row: terms_of([row["title"]])),
}


@pytest.mark.parametrize("username", ["tenant_admin", "community_secretary", "grid_worker", "resident"])
async def test_a_search_finds_what_holds_all_words_and_the_viewer_may_see(
    ask: Ask, page_through: All, username: str
) -> None:
    for field, (selection, terms) in TEXTS.items():
        rows = await page_through(username, field, f"id {selection}")
        by_id = {row["id"]: set(terms(row)) for row in rows}
        columns = selection.split()
        words = [row[columns[-1]] for row in rows[:2]] + [row[columns[0]][:2] for row in rows[2:5]] + ["zzz", "网格 1"]
        for word in words:
            found = await page_through(username, field, "id", f', filter: {{search: "{word}"}}')
            wanted = {id_ for id_, has in by_id.items() if set(asked_terms(word)) <= has}
            assert {row["id"] for row in found} == wanted, (field, word)
            assert word == "zzz" or field == "grids" or wanted or word == "网格 1"
        if rows and username == "tenant_admin":
            counted = await ask(username, f'{{ {field}(filter: {{search: "{words[0]}"}}) {{ totalCount }} }}')
            assert 0 < counted[field]["totalCount"] < len(rows)


async def test_a_case_is_found_by_its_number_its_end_and_its_words_in_any_width(ask: Ask) -> None:
    case = (await ask("tenant_admin", "{ cases(first: 1) { nodes { id number title } } }"))["cases"]["nodes"][0]
    query = "query($text: String!) { cases(first: 100, filter: {search: $text}) { nodes { id } } }"
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in case["number"])
    for written in (case["number"], case["number"].lower(), wide, case["number"].rpartition("-")[2], case["title"]):
        found = (await ask("tenant_admin", query, text=written))["cases"]["nodes"]
        assert {"id": case["id"]} in found, written
    assert (await ask("tenant_admin", query, text=f"{case['number']} no-such-word"))["cases"]["nodes"] == []


async def test_a_search_works_with_other_filters_counts_and_pages(ask: Ask, page_through: All) -> None:
    rows = await page_through("tenant_admin", "cases", "id title status")
    word = rows[0]["title"][:2]
    held = [row for row in rows if word in row["title"]]
    counts = {row["status"]: sum(other["status"] == row["status"] for other in held) for row in held}
    query = f'{{ cases(filter: {{search: "{word}"}}) {{ countBy(key: STATUS) {{ key count }} totalCount }} }}'
    found = (await ask("tenant_admin", query))["cases"]
    assert found["totalCount"] == len(held)
    assert {group["key"]: group["count"] for group in found["countBy"]} == counts
    status = rows[0]["status"]
    both = await page_through(
        "tenant_admin", "cases", "id", f', filter: {{search: "{word}", status: [{status}]}}, orderBy: NUMBER_ASC'
    )
    assert {row["id"] for row in both} == {row["id"] for row in held if row["status"] == status}


@pytest.mark.parametrize("written", ["", " ", "!?，。", "😀", "x" * 101, "a\x00b"])
async def test_a_search_needs_letters_and_has_a_length(api: Api, written: str) -> None:
    query = "query($text: String) { cases(filter: {search: $text}) { totalCount } }"
    body = await api("jiamusi", "tenant_admin", query, text=written)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def test_residents_cannot_be_searched(api: Api) -> None:
    body = await api("jiamusi", "tenant_admin", '{ residents(filter: {search: "王"}) { totalCount } }')
    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_every_search_is_one_statement_by_the_index_of_terms(
    ask: Ask, platform: Platform, city_urls: DatabaseUrls, migrated: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await platform.tenant("jiamusi")
    await _many_cases(migrated, city_urls, platform, tenant.id)
    seen: list[tuple[str, Sequence[object]]] = []
    read = Database.read

    async def reading(self: Database, statement: str, tenant_id: UUID, parameters: Sequence[object]) -> bytes | None:
        seen.append((statement, parameters))
        return await read(self, statement, tenant_id, parameters)

    monkeypatch.setattr(Database, "read", reading)
    query = "query($text: String!) { cases(filter: {search: $text}) { nodes { id title } totalCount } }"
    few = (await ask("tenant_admin", query, text="扶梯4711"))["cases"]
    assert few["totalCount"] == 1
    assert (await ask("tenant_admin", query, text="扶梯"))["cases"]["totalCount"] == 8_000
    assert seen[0][0] == seen[1][0]
    for statement, parameters in seen:
        nodes = await _plan(city_urls.app, tenant.id, statement, parameters)
        scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        assert not scanned & {"case", "search_term"}
        terms = [node for node in nodes if node.get("Relation Name") == "search_term"]
        assert terms
        assert all("term" in node["Index Cond"] for node in terms if "Index Cond" in node)
        assert {node.get("Index Name") for node in nodes if "Index Cond" in node} >= {"pk_search_term", "pk_case"}


async def _many_cases(migrated: Template, urls: DatabaseUrls, platform: Platform, tenant_id: UUID) -> None:
    """Eight thousand more cases like the first, with words of their own."""
    name = make_url(urls.app).database
    admin = await asyncpg.connect(make_url(migrated.admin_url).set(database=name).render_as_string(hide_password=False))
    try:
        columns = await admin.fetch(
            "select quote_ident(column_name) from information_schema.columns where table_name = 'case' "
            "and column_name not in ('id', 'number', 'title', 'idempotency_key')"
        )
        listed = ", ".join(row[0] for row in columns)
        await admin.execute(
            f'insert into "case" (id, number, title, {listed}) '  # noqa: S608 - names from the catalog
            f"select gen_random_uuid(), 'N-' || n, '扶梯' || n, {listed} from "
            f"(select * from \"case\" where tenant_id = '{tenant_id}' order by number limit 1) c, "
            "generate_series(1, 8000) n"
        )
        async with platform.services.database.write(tenant_id) as session:
            await (await session.connection()).run_sync(fill, tenant_id)
        await admin.execute("vacuum (analyze)")
    finally:
        await admin.close()


async def _plan(url: str, tenant_id: UUID, statement: str, parameters: Sequence[object]) -> list[dict[str, Any]]:
    """Every node of the statement's plan, as the application's role under row security gets it."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
            # As the driver sends it: $1 is the tenant, named nowhere else.
            explained = await connection.fetchval(
                f"explain (format json) select $1::text, ({statement})", str(tenant_id), *parameters, column=0
            )
    finally:
        await connection.close()
    found: list[dict[str, Any]] = []
    rest = [json.loads(explained)[0]["Plan"]]
    while rest:
        node = rest.pop()
        found.append(node)
        rest += node.get("Plans", [])
    return found
