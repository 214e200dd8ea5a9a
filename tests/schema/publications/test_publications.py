"""Publications as clients call them: staff draft, check, publish and withdraw; strangers read what is public."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import update

from schema.context import Context
from schema.documents.asked import Asked
from server.publications.models import PublishedCase
from tenants.readings import FRESH_SECONDS
from tests.fixtures.town import OPERATIONS, WEST, Town
from tests.schema.cases.test_mutations import report, step

DRAFT = """mutation($input: DraftPublicationInput!) { draftPublication(input: $input) {
  publication { id version status place month category findings { kind field text } draftedBy { name } case { id } copy { id } }
  userErrors { code field message } } }"""
CHECK = """mutation($input: CheckPublicationInput!) { checkPublication(input: $input) {
  publication { id status checkedBy { name } } userErrors { code } } }"""
WITHDRAW = """mutation($input: WithdrawPublicationInput!) { withdrawPublication(input: $input) {
  publication { id status reason copy { title withdrawnAt } } userErrors { code } } }"""
FIELDS = "id title asked done category place month publishedAt withdrawnAt"
LIST = f"""query($tenant: String!, $first: Int, $after: String, $filter: PublishedCaseFilter) {{
  publishedCases(tenant: $tenant, first: $first, after: $after, filter: $filter) {{
    totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {FIELDS} }} }} }}"""
ONE = f"query($tenant: String!, $id: ID!) {{ publishedCase(tenant: $tenant, id: $id) {{ {FIELDS} }} }}"
WORDS = {"title": "Lamps", "asked": "The lamps were out.", "done": "They were mended."}


@pytest.fixture
async def people(town: Town) -> Town:
    await town.resident("resident")
    for username, role, place in (
        ("first", "first_secretary", "east"),
        ("posted", "posted_member", "east"),
        ("drafter", "community_secretary", "east"),
        ("checker", "community_secretary", "east"),
        ("elsewhere", "community_secretary", WEST),
        ("admin", "tenant_admin", "east"),
    ):
        await town.member(username, role, place)
    return town


async def stranger(town: Town, query: str, **variables: Any) -> dict[str, Any]:
    """Ask without signing in, from an address of one's own."""
    peer = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    context = Context(services=town.services, actor=None, request_id="request-1", peer=peer)
    body: dict[str, Any] = orjson.loads((await OPERATIONS.run(context, Asked(query=query, variables=variables))).body)
    return body


async def rated(town: Town) -> dict[str, Any]:
    """A service order from report to verdict."""
    case: dict[str, Any] = (await report(town, "resident"))["case"]
    for username, name, words in (
        ("first", "dispatchCase", {}),
        ("posted", "claimCase", {}),
        ("posted", "startCase", {}),
        ("posted", "resolveCase", {"result": "Mended"}),
        ("posted", "giveFeedback", {"feedback": "Mended"}),
        ("resident", "rateCase", {"rating": "SATISFIED"}),
    ):
        payload = await step(town, username, name, case, **words)
        assert payload["userErrors"] == [], (name, payload)
        case = payload["case"]
    return case


async def draft(town: Town, case: dict[str, Any], username: str = "drafter", **words: str) -> dict[str, Any]:
    return await town.change(username, DRAFT, input={"caseId": case["id"], **WORDS, **words})


async def check(town: Town, publication: dict[str, Any], username: str = "checker") -> dict[str, Any]:
    given = {"publicationId": publication["id"], "expectedVersion": publication["version"]}
    return await town.change(username, CHECK, input=given)


async def published(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case, and the publication that is public of it."""
    case = await rated(town)
    publication = (await draft(town, case))["publication"]
    assert (await check(town, publication))["userErrors"] == []
    payload = await step(town, "checker", "publishCase", case)
    assert (payload["userErrors"], payload["case"]["status"]) == ([], "PUBLISHED")
    return payload["case"], publication


async def forget() -> None:
    """Until what was answered a moment ago is read anew."""
    await asyncio.sleep(FRESH_SECONDS)


async def test_what_is_published_is_read_by_strangers_and_names_nothing_else(people: Town) -> None:
    town = people
    case, publication = await published(town)
    assert (publication["place"], publication["category"], publication["copy"]) == ("East", "SANITATION", None)
    body = await stranger(town, LIST, tenant="daye")
    assert "errors" not in body
    (node,) = body["data"]["publishedCases"]["nodes"]
    assert node.items() >= {**WORDS, "category": "SANITATION", "place": "East", "withdrawnAt": None}.items()
    assert node["id"].startswith("published_")
    assert node["id"].removeprefix("published_") != case["id"].removeprefix("case_")
    assert (await stranger(town, ONE, tenant="daye", id=node["id"]))["data"]["publishedCase"] == node
    assert body["extensions"]["cost"]["throttleStatus"]["maximumAvailable"] == 1000


async def test_strangers_learn_nothing_of_anything_else(people: Town) -> None:
    town = people
    case, publication = await published(town)
    for tenant, id_ in (("daye", case["id"]), ("daye", publication["id"]), ("nowhere", case["id"]), ("daye", "x")):
        body = await stranger(town, ONE, tenant=tenant, id=id_)
        assert body["data"] == {"publishedCase": None}, body
    assert (await stranger(town, LIST, tenant="nowhere"))["data"] == {"publishedCases": None}
    for query in (f'{{ case(id: "{case["id"]}") {{ id }} }}', f'{{ node(id: "{publication["id"]}") {{ id }} }}'):
        body = await stranger(town, query)
        assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    query = '{ publishedCases(tenant: "daye") { nodes { id case { id } } } }'
    assert "errors" in await stranger(town, query)


async def test_lists_are_pages_and_filtered(people: Town) -> None:
    town = people
    ids = [(await published(town))[1]["id"] for _ in range(3)]
    async with town.services.database.write(town.tenant_id) as session:
        rows = [row.id for row in await town.rows(PublishedCase)]
        await session.execute(
            update(PublishedCase)
            .where(PublishedCase.tenant_id == town.tenant_id, PublishedCase.id == rows[0])
            .values(category="PARKING", month="2020-01"),
        )
    first = (await stranger(town, LIST, tenant="daye", first=2))["data"]["publishedCases"]
    assert (first["totalCount"], len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (len(ids), 2, True)
    rest = (await stranger(town, LIST, tenant="daye", first=2, after=first["pageInfo"]["endCursor"]))["data"]
    assert [node["id"] for node in rest["publishedCases"]["nodes"]] == [f"published_{rows[0]}"]
    for conditions, count in (
        ({"category": ["PARKING"]}, 1),
        ({"month": ["2020-01"]}, 1),
        ({"month": ["2020-01"], "category": ["SANITATION"]}, 0),
        ({"withdrawn": True}, 0),
    ):
        found = (await stranger(town, LIST, tenant="daye", filter=conditions))["data"]["publishedCases"]
        assert found["totalCount"] == count, conditions


async def test_four_eyes_and_the_place_s_own(people: Town) -> None:
    town, case = people, await rated(people)
    assert (await draft(town, case, "posted"))["userErrors"][0]["code"] == "FORBIDDEN"
    assert (await draft(town, case, "elsewhere"))["userErrors"][0]["code"] == "NOT_FOUND"
    publication = (await draft(town, case, asked="Invented resident called 138 1234 5678."))["publication"]
    assert [(found["kind"], found["field"], found["text"]) for found in publication["findings"]] == [
        ("PHONE", "asked", "138 1234 5678"),
        ("NAME", "asked", "Invented resident"),
    ]
    assert (await check(town, publication))["userErrors"][0]["code"] == "PUBLICATION_FINDINGS"
    publication = (await draft(town, case))["publication"]
    assert (await check(town, publication, "drafter"))["userErrors"][0]["code"] == "PUBLICATION_OWN_DRAFT"
    query = "query($id: ID!) { case(id: $id) { publication { id status findings { text } } } }"
    seen = (await town.ask("drafter", query, id=case["id"]))["data"]["case"]["publication"]
    assert seen == {"id": publication["id"], "status": "DRAFT", "findings": []}
    for username in ("resident", "posted", "admin"):
        assert (await town.ask(username, query, id=case["id"]))["data"]["case"]["publication"] is None


async def test_what_is_withdrawn_is_gone_within_a_second_and_leaves_a_gap(people: Town) -> None:
    town = people
    _case, publication = await published(town)
    (before,) = (await stranger(town, LIST, tenant="daye"))["data"]["publishedCases"]["nodes"]
    given = {"publicationId": publication["id"], "reason": "Somebody was recognized"}
    payload = await town.change("drafter", WITHDRAW, input=given)
    assert payload["publication"]["status"] == "WITHDRAWN"
    assert payload["publication"]["copy"]["title"] is None
    await forget()
    (gap,) = (await stranger(town, LIST, tenant="daye"))["data"]["publishedCases"]["nodes"]
    assert gap["withdrawnAt"] is not None
    assert gap | {"withdrawnAt": None} == before | dict.fromkeys(("title", "asked", "done", "place"))


async def test_a_waiver_and_a_hold(people: Town) -> None:
    town, case = people, await rated(people)
    payload = await step(town, "drafter", "waivePublication", case, reason="A quarrel among neighbors")
    assert payload["userErrors"] == []
    query = "query($id: ID!) { case(id: $id) { publicationWaivedAt retainedAt holds { nodes { reason heldBy { name } } } } }"
    hold = "mutation($input: HoldCaseInput!) { holdCase(input: $input) { case { id } userErrors { code } } }"
    release = "mutation($input: ReleaseHoldInput!) { releaseHold(input: $input) { case { id } userErrors { code } } }"
    given = {"caseId": case["id"], "reason": "A court asks for it"}
    assert (await town.change("drafter", hold, input=given))["userErrors"] == [{"code": "FORBIDDEN"}]
    assert (await town.change("admin", hold, input=given))["userErrors"] == []
    seen = (await town.ask("admin", query, id=case["id"]))["data"]["case"]
    assert seen["publicationWaivedAt"] is not None
    assert seen["holds"]["nodes"] == [{"reason": "A court asks for it", "heldBy": {"name": "Invented admin"}}]
    assert (await town.ask("resident", query, id=case["id"]))["data"]["case"]["holds"]["nodes"] == []
    assert (await town.change("admin", release, input=given))["userErrors"] == []
