"""What is remembered of operations stays bounded, and never outlives what it was made from."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import psutil
import pytest
import strawberry
import yaml
from strawberry.schema.config import StrawberryConfig

from migrations.roles import DatabaseUrls
from schema.context import Context
from schema.documents import cost, memory
from schema.documents.asked import Asked
from schema.operations import Operations, Outcome
from schema.organizations.types import OrganizationConnection, OrganizationOrder
from schema.planner import reads
from schema.planner.fields import root_connection
from schema.root import schema
from server.main import running
from tenants.manifest import shipped
from tenants.manifest.default_roles import DEFAULT_ROLES
from tests.fixtures.city import Api, Platform
from tests.reference.city import plenty

MEGABYTE = 1024 * 1024
SHORT, LONG = 1_500, 100_000
MOST_GROWN = 10 * MEGABYTE
NEW_IN = 5  # of so many requests one is of an operation never seen before
_FIELDS = ("code", "name", "kind", "households", "validFrom")
_ORDERS = ("CODE_ASC", "NAME_ASC", "HOUSEHOLDS_DESC")


@pytest.fixture
async def platform(city_urls: DatabaseUrls, redis_url: str) -> AsyncIterator[Platform]:
    """The two cities, with budgets that nobody exhausts."""
    async with running(plenty(city_urls, redis_url)) as services:
        yield Platform(services, city_urls)


@pytest.fixture
async def context(platform: Platform) -> Context:
    """A request of the city's administrator."""
    return Context(platform.services, await platform.actor("daye", "tenant_admin"), "request-1")


def _asked(number: int) -> Iterator[Asked]:
    """An operation never seen before, and again with other values of its variables."""
    fields = " ".join(name for place, name in enumerate(_FIELDS) if number >> place & 1) or "id"
    query = f"""query($first: Int, $filter: GridFilter, $after: String) {{
      a{number}: grids(first: $first, after: $after, filter: $filter, orderBy: {_ORDERS[number % 3]}) {{
        nodes {{ {fields} }} }} }}"""
    for first in range(1, NEW_IN + 1):
        yield Asked(query, variables={"first": first, "filter": {"kind": ["GENERAL", f"KIND_{number}"]}})


async def _ask(operations: Operations, context: Context, asked: Asked) -> dict[str, Any]:
    answer = await operations.run(context, asked)
    assert answer.outcome is Outcome.DONE
    body: dict[str, Any] = orjson.loads(answer.body)
    assert "errors" not in body
    return body


async def _run(context: Context, requests: int, warm: int) -> int:
    """Ask so many requests and look at what is kept; the growth of the process in bytes after the first ``warm``."""
    operations, before = Operations(schema()), 0
    for number in range(requests // NEW_IN):
        for asked in _asked(number):
            await _ask(operations, context, asked)
        if number == warm // NEW_IN:
            before = _resident()
    assert len(context.services.reads) <= reads.KEPT_PLANS
    assert len(operations._documents._known) <= memory.KEPT_DOCUMENTS
    assert len(operations._costs._priced) <= cost.KEPT_OPERATIONS
    return _resident() - before


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


async def test_what_is_kept_is_bounded(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """With bounds that so few requests meet."""
    monkeypatch.setattr(reads, "KEPT_PLANS", 100)
    monkeypatch.setattr(memory, "KEPT_DOCUMENTS", 60)
    monkeypatch.setattr(cost, "KEPT_OPERATIONS", 60)
    await _run(context, SHORT, warm=0)
    assert len(context.services.reads) == reads.KEPT_PLANS


@pytest.mark.slow
@pytest.mark.timeout(3_000)
async def test_a_hundred_thousand_requests_leave_nothing_behind(context: Context) -> None:
    # Warm once every memory has been full for a while: of documents, plans, costs, and the driver's of statements.
    assert await _run(context, LONG, warm=LONG // 5) < MOST_GROWN


async def test_a_change_of_policy_is_in_the_next_answer(api: Api) -> None:
    query = "{ members(first: 2) { totalCount nodes { name phone } } }"

    async def answers(username: str) -> tuple[int, list[Any]]:
        body = await api("daye", username, query)
        paths = [error["path"] for error in body.get("errors", [])]
        assert {error["extensions"]["code"] for error in body.get("errors", [])} <= {"FORBIDDEN"}
        return body["data"]["members"]["totalCount"], paths

    denied = [["members", "nodes", index, "phone"] for index in range(2)]
    everybody, nothing = await answers("tenant_admin")
    assert (everybody > 2, nothing) == (True, [])
    assert await answers("analyst") == (1, denied[:1])  # herself
    await _apply(api, tenant_admin={"member:create": False}, analyst={"member:read": True})
    assert await answers("tenant_admin") == (everybody, denied)
    assert await answers("analyst") == (everybody, denied)
    await _apply(api)
    assert await answers("tenant_admin") == (everybody, [])
    assert await answers("analyst") == (1, denied[:1])


async def _apply(api: Api, **changes: dict[str, bool]) -> None:
    """Put Daye's shipped manifest in force with rights given to and taken from default roles."""
    document = yaml.safe_load(shipped.text("daye"))
    for role in document["roles"]:
        rights = set(role.get("permissions", DEFAULT_ROLES.get(role["slug"], {}).get("permissions", ())))
        for right, given in changes.get(role["slug"], {}).items():
            rights = rights | {right} if given else rights - {right}
        if role["slug"] in changes:
            role["permissions"] = sorted(rights)
    query = (
        "mutation($input: ManifestInput!) { applyTenant(input: $input) { changes { path } userErrors { message } } }"
    )
    body = await api("platform", "operator", query, input={"document": yaml.safe_dump(document, allow_unicode=True)})
    assert body["data"]["applyTenant"]["userErrors"] == []
    assert body["data"]["applyTenant"]["changes"] != []


async def test_plans_of_one_schema_are_never_used_for_another(context: Context) -> None:
    other = strawberry.type(
        type(
            "Query",
            (),
            {
                "grids": root_connection("Organizations.", OrganizationConnection, order=OrganizationOrder),
                "__annotations__": {"grids": OrganizationConnection},
            },
        )
    )
    first = Operations(schema())
    second = Operations(strawberry.Schema(query=other, config=StrawberryConfig(disable_field_suggestions=True)))
    asked = Asked("{ grids(first: 1) { nodes { __typename name } } }")
    names = []
    for operations in (first, second, first, second):
        body = await _ask(operations, context, asked)
        names.append(body["data"]["grids"]["nodes"][0]["__typename"])
    assert names == ["Grid", "Organization", "Grid", "Organization"]
