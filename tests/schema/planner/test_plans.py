"""Keyset pages of cases and grids come off their indexes in order: nothing is scanned whole, nothing sorted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import orjson
import pytest

from tests.fixtures.city import Api, Platform

MANY = 4_000
FILL = """insert into "case" select r.* from "case" c, generate_series(1, $2) n, jsonb_populate_record(c, jsonb_build_object(
    'id', gen_random_uuid(), 'number', 'PLAN-' || n, 'idempotency_key', null, 'changed_at', now() - n * interval '1 s',
    'reported_at', now() - n * interval '2 s', 'due_at', case n % 3 when 0 then null else now() + n % 50 * interval '1 h' end
  )) r where c.tenant_id = $1 and c.id = (select min(id::text)::uuid from "case" where tenant_id = $1)"""
ORDERS = {
    "REPORTED_DESC": "ix_case_tenant_id_reported_at",
    "REPORTED_ASC": "ix_case_tenant_id_reported_at",
    "CHANGED_DESC": "ix_case_tenant_id_changed_at",
    "NUMBER_ASC": "uq_case_tenant_id_number",
    "DUE_ASC": "ix_case_tenant_id_due_at_id",
}
WINDOWS = ("first: 5", "last: 5", "first: 5, after: $c", "last: 5, before: $c", "first: 5, after: $c, before: $c")


@pytest.fixture
async def crowded(platform: Platform) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection as the application's role, for a city with some thousands of cases and fresh statistics."""
    tenant_id = (await platform.tenant("daye")).id
    app = await asyncpg.connect(platform.urls.app)
    await app.execute("select set_config('app.tenant_id', $1, false)", str(tenant_id))
    await app.execute(FILL, tenant_id, MANY)
    owner = await asyncpg.connect(platform.urls.owner)
    await owner.execute('analyze "case"')
    await owner.close()
    yield app
    await app.close()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


async def _plan(connection: asyncpg.Connection[Any], statement: str) -> list[dict[str, Any]]:
    """Of the plan made without looking at the values: it must be good for all of them."""
    numbered = re.sub(r"\$(\d+)", lambda found: f"${int(found.group(1)) - 1}", statement)
    values = ", ".join(["null"] * max(int(number) for number in re.findall(r"\$(\d+)", numbered)))
    await connection.execute(f"set plan_cache_mode = force_generic_plan; prepare page as {numbered}")
    text = await connection.fetchval(f"explain (format json) execute page({values})")
    await connection.execute("deallocate page")
    return list(_nodes(orjson.loads(text)[0]["Plan"]))


async def test_pages_of_cases_come_off_their_index(
    api: Api, crowded: asyncpg.Connection[Any], statements: list[str]
) -> None:
    for order, index in ORDERS.items():
        info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        first = await api("daye", "tenant_admin", f"{{ cases(first: 1, orderBy: {order}) {{ {info} }} }}")
        cursor = first["data"]["cases"]["pageInfo"]["endCursor"]
        for window in WINDOWS:
            variable = "($c: String)" if "$c" in window else ""
            statements.clear()
            query = f"query{variable} {{ cases({window}, orderBy: {order}) {{ nodes {{ id }} {info} }} }}"
            assert "errors" not in await api("daye", "tenant_admin", query, c=cursor)
            nodes = await _plan(crowded, statements[0])
            scans = [node for node in nodes if node.get("Relation Name") == "case"]
            found = {(node["Node Type"], node.get("Index Name")) for node in scans}
            assert found <= {("Index Scan", index), ("Index Only Scan", index)}, (order, window)
            keys = [node["Sort Key"] for node in nodes if node["Node Type"] in {"Sort", "Incremental Sort"}]
            assert all(len(key) == 1 and "row_number" in key[0] for key in keys), (order, window, keys)
