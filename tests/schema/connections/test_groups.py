"""Counts by key are what paging through the same connection shows, whoever asks and whatever is filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from migrations.roles import DatabaseUrls
from tenants.sessions import Database
from tests.fixtures.city import Api, Platform
from tests.schema.connections.conftest import All, Ask

ROLES = ("dispatcher", "community_secretary", "grid_worker", "resident")
Keyed = Callable[[dict[str, Any]], tuple[str | None, str | None]]


def of_word(field: str) -> Keyed:
    return lambda row: (None if row[field] is None else str(row[field]), None)


def of_thing(field: str) -> Keyed:
    return lambda row: (row[field]["id"], row[field]["name"]) if row[field] else (None, None)


def of_month(field: str) -> Keyed:
    def month(row: dict[str, Any]) -> tuple[str | None, str | None]:
        at = datetime.fromisoformat(row[field])
        return (at.astimezone(ZoneInfo("Asia/Shanghai")) if at.tzinfo else at).strftime("%Y-%m"), None

    return month


CASES = (
    "id status severity track category containment rating level reportedAt grid { id name } organization { id name }",
    {
        "STATUS": of_word("status"),
        "SEVERITY": of_word("severity"),
        "TRACK": of_word("track"),
        "CATEGORY": of_word("category"),
        "CONTAINMENT": of_word("containment"),
        "RATING": of_word("rating"),
        "LEVEL": of_word("level"),
        "GRID": of_thing("grid"),
        "ORGANIZATION": of_thing("organization"),
        "MONTH_REPORTED": of_month("reportedAt"),
    },
)
OTHERS: dict[str, tuple[str, dict[str, Keyed]]] = {
    "grids": ("id kind organization { id name }", {"KIND": of_word("kind"), "ORGANIZATION": of_thing("organization")}),
    "organizations": ("id level kind", {"LEVEL": of_word("level"), "KIND": of_word("kind")}),
    "members": ("id organization { id name }", {"ORGANIZATION": of_thing("organization")}),
    "volunteers": (
        "id stars registeredAt organization { id name }",
        {
            "STARS": of_word("stars"),
            "ORGANIZATION": of_thing("organization"),
            "MONTH_REGISTERED": of_month("registeredAt"),
        },
    ),
    "activities": (
        "id status theme startsAt organization { id name }",
        {
            "STATUS": of_word("status"),
            "THEME": of_word("theme"),
            "ORGANIZATION": of_thing("organization"),
            "MONTH_STARTS": of_month("startsAt"),
        },
    ),
    "hourEntries": ("id status servedOn minutes", {"STATUS": of_word("status"), "MONTH_SERVED": of_month("servedOn")}),
}
_READ_NO_PLACES = """delete from policy_rule
  where tenant_id = :t and role = 'dispatcher' and action = 'read' and object in ('organization', 'grid')"""
FILTERS = ("", ", filter: {open: true}", ", filter: {rated: true, severity: [GENERAL, COMPLEX]}")


def expected(rows: list[dict[str, Any]], keyed: Keyed) -> list[dict[str, Any]]:
    """The groups of rows, largest first, ties by key, without a key last."""
    groups = Counter(keyed(row) for row in rows)
    ordered = sorted(groups.items(), key=lambda item: (-item[1], item[0][0] is None, item[0][0] or ""))
    return [{"key": key, "label": label, "count": count} for (key, label), count in ordered]


def counting(keys: dict[str, Keyed]) -> str:
    return " ".join(f"{key}: countBy(key: {key}) {{ key label count }}" for key in keys)


@pytest.mark.parametrize("role", ROLES)
async def test_counts_of_cases_are_those_of_the_rows(ask: Ask, page_through: All, role: str) -> None:
    selection, keys = CASES
    for filtered in FILTERS:
        rows = await page_through(role, "cases", selection, filtered)
        found = (await ask(role, f"{{ cases(first: 1 {filtered}) {{ totalCount {counting(keys)} }} }}"))["cases"]
        assert found["totalCount"] == len(rows)
        for key, keyed in keys.items():
            assert found[key] == expected(rows, keyed), key
        if not filtered and role == "dispatcher":
            assert all(len(found[key]) > 1 for key in keys if key not in {"TRACK", "CONTAINMENT"})


@pytest.mark.parametrize("role", ROLES)
async def test_counts_are_those_of_the_rows(ask: Ask, page_through: All, role: str) -> None:
    for field, (selection, keys) in OTHERS.items():
        rows = await page_through(role, field, selection)
        found = (await ask(role, f"{{ {field} {{ {counting(keys)} }} }}"))[field]
        assert found == {key: expected(rows, keyed) for key, keyed in keys.items()}, field


async def test_members_count_in_each_role_they_hold_now(ask: Ask, page_through: All) -> None:
    rows = await page_through(
        "dispatcher", "members", "id appointments(first: 50, filter: {inForce: true}) { nodes { role } }"
    )
    roles = Counter(role for row in rows for role in {held["role"] for held in row["appointments"]["nodes"]} or {None})
    found = (await ask("dispatcher", "{ members { countBy(key: ROLE) { key count } } }"))["members"]["countBy"]
    assert {group["key"]: group["count"] for group in found} == roles
    assert len(roles) > 5


async def test_hours_are_summed_by_key(ask: Ask, page_through: All) -> None:
    rows = await page_through("community_secretary", "hourEntries", "id servedOn minutes")
    sums = Counter[str]()
    for row in rows:
        sums[row["servedOn"][:7]] += row["minutes"]
    query = "{ hourEntries { countBy(key: MONTH_SERVED) { key minutes } } }"
    found = (await ask("community_secretary", query))["hourEntries"]["countBy"]
    assert {group["key"]: group["minutes"] for group in found} == sums
    assert len(sums) > 2


async def test_counts_of_a_relation_are_of_that_relation(ask: Ask) -> None:
    query = """{ grids { nodes { id cases(first: 100) { nodes { status } countBy(key: STATUS) { key count } } } } }"""
    grids = (await ask("dispatcher", query))["grids"]["nodes"]
    for grid in grids:
        rows = Counter(case["status"] for case in grid["cases"]["nodes"])
        assert {group["key"]: group["count"] for group in grid["cases"]["countBy"]} == rows
    assert sum(bool(grid["cases"]["countBy"]) for grid in grids) > 1


async def test_a_page_and_its_cursor_change_no_count(ask: Ask) -> None:
    query = """query($first: Int!, $after: String) { cases(first: $first, after: $after) {
      countBy(key: STATUS) { key count } pageInfo { endCursor } } }"""
    whole = (await ask("dispatcher", query, first=50))["cases"]
    later = (await ask("dispatcher", query, first=1, after=whole["pageInfo"]["endCursor"]))["cases"]
    assert later["countBy"] == whole["countBy"]


async def test_the_largest_groups_are_kept(ask: Ask) -> None:
    query = "query($n: Int!, $key: CaseKey!) { cases { countBy(key: $key, first: $n) { key count __typename } } }"
    every = (await ask("dispatcher", query, n=100, key="CATEGORY"))["cases"]["countBy"]
    assert len(every) > 3
    assert (await ask("dispatcher", query, n=3, key="CATEGORY"))["cases"]["countBy"] == every[:3]
    assert every[0]["__typename"] == "Count"
    other = (await ask("dispatcher", query, n=100, key="STATUS"))["cases"]["countBy"]
    assert other != every


@pytest.mark.parametrize("arguments", ["key: STATUS, first: 0", "key: STATUS, first: 101"])
async def test_groups_are_1_to_100(api: Api, arguments: str) -> None:
    body = await api("jiamusi", "dispatcher", f"{{ cases {{ countBy({arguments}) {{ count }} }} }}")
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def test_an_id_is_no_key_for_whoever_sees_no_such_thing(api: Api) -> None:
    """The key tells no more than the field would: a resident sees organizations and grids, an outsider nothing."""
    body = await api("jiamusi", None, "{ cases { countBy(key: GRID) { key } } }")
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_one_may_not_see_does_not_tell_rows_apart(
    ask: Ask, platform: Platform, city_urls: DatabaseUrls
) -> None:
    """Bars without a key would tell how the rows are spread over things that the rows themselves do not name."""
    tenant = await platform.tenant("jiamusi")
    operator = await Database.connect(city_urls.operator, read_pool_size=1, write_pool_size=1)
    try:
        async with operator.write(tenant.id) as session:
            for statement in (_READ_NO_PLACES, "update tenant set policy_version = policy_version + 1 where id = :t"):
                await session.execute(text(statement).bindparams(t=tenant.id))
    finally:
        await operator.close()
    query = """{ cases(first: 1) { totalCount nodes { grid { id } organization { id } }
      GRID: countBy(key: GRID) { key label count } ORGANIZATION: countBy(key: ORGANIZATION) { key label count } } }"""
    cases = (await ask("dispatcher", query))["cases"]
    assert cases["nodes"] == [{"grid": None, "organization": None}]
    one_bar = [{"key": None, "label": None, "count": cases["totalCount"]}]
    assert cases["GRID"] == cases["ORGANIZATION"] == one_bar
    assert cases["totalCount"] > 1
