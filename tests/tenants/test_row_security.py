"""Row security alone, in statements that name no tenant: it follows the setting of each run, and closes without one."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from tenants.ids import uuid7
from tenants.models import Tenant, TenantCounter
from tenants.sessions import Database

MODES = ("auto", "force_custom_plan", "force_generic_plan")
RUNS = 10  # more than the five custom plans after which PostgreSQL may settle on a generic one
# The table stands in the statement twice, once inside a subquery that starts over for each row.
NAMES = """coalesce((select string_agg((select o.name from tenant_counter o where o.name = c.name and o.last = c.last),
                                       ' ' order by c.name) from tenant_counter c), '')"""
IN_ONE = f"select set_config('app.tenant_id', $1, true), ({NAMES})"
PLANS = "select generic_plans > 0, custom_plans > 0 from pg_prepared_statements where statement = $1"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def app(db_urls: DatabaseUrls) -> AsyncIterator[Connection]:
    """One connection as the application's role."""
    connection = await asyncpg.connect(db_urls.app)
    yield connection
    await connection.close()


@pytest.fixture
async def cities(operator_database: Database) -> dict[str, UUID]:
    """Two cities by name, each with a counter that is called like the city, and a name that no city has."""
    found = {"east": uuid7(), "west": uuid7(), "": uuid7()}
    for slug in ("east", "west"):
        async with operator_database.across() as session:
            session.add(
                Tenant(id=found[slug], slug=slug, kind="CITY", name={"en": slug}, time_zone="Asia/Shanghai"),
            )
        async with operator_database.write(found[slug]) as session:
            session.add(TenantCounter(tenant_id=found[slug], name=slug, last=1))
    return found


@pytest.mark.parametrize("mode", MODES)
async def test_a_prepared_read_sees_the_tenant_set_in_the_same_statement(
    app: Connection, cities: dict[str, UUID], mode: str
) -> None:
    await app.execute(f"set plan_cache_mode = {mode}")
    read = await app.prepare(IN_ONE)
    for _ in range(RUNS):
        for slug, tenant_id in cities.items():
            assert await read.fetchval(str(tenant_id), column=1) == slug
        assert await read.fetchval("", column=1) == ""
        assert await read.fetchval(None, column=1) == ""
    row = await app.fetchrow(PLANS, IN_ONE)
    assert row is not None
    assert tuple(row) == (mode != "force_custom_plan", mode != "force_generic_plan")


@pytest.mark.parametrize("mode", MODES)
async def test_a_prepared_read_sees_the_tenant_of_its_transaction(
    app: Connection, cities: dict[str, UUID], mode: str
) -> None:
    await app.execute(f"set plan_cache_mode = {mode}")
    read = await app.prepare(f"select {NAMES} where $1::int > 0")
    for _ in range(RUNS):
        async with app.transaction():
            for slug, tenant_id in cities.items():  # changed even within the transaction
                await app.execute("select set_tenant($1)", tenant_id)
                assert await read.fetchval(1) == slug
        assert await read.fetchval(1) == ""


async def test_before_the_tenant_is_set_a_statement_sees_nothing(app: Connection, cities: dict[str, UUID]) -> None:
    read = await app.prepare(f"select ({NAMES}), set_config('app.tenant_id', $1, true)")
    for _ in range(RUNS):
        assert await read.fetchval(str(cities["east"])) == ""


@pytest.mark.parametrize("mode", MODES)
async def test_prepared_writes_take_rows_of_their_tenant_only(
    app: Connection, cities: dict[str, UUID], mode: str
) -> None:
    await app.execute(f"set plan_cache_mode = {mode}")
    insert = await app.prepare("insert into tenant_counter values ($1, $2, 1)")
    upsert = await app.prepare(
        "insert into tenant_counter values ($1, 'east', 5) on conflict (tenant_id, name) do update set last = 5",
    )
    give = await app.prepare("update tenant_counter set tenant_id = $1 where name = $2 returning name")
    east, west = cities["east"], cities["west"]
    for run in range(RUNS):
        for mine, other, slug in ((east, west, "east"), (west, east, "west")):
            async with app.transaction():
                await app.execute("select set_tenant($1)", mine)
                await insert.fetch(mine, f"{run}")
                for refused, values in ((insert, (other, f"stolen {run}")), (give, (other, slug)), (upsert, (other,))):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                        async with app.transaction():
                            await refused.fetch(*values)
                assert await give.fetch(mine, "west" if slug == "east" else "east") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await insert.fetch(east, "nobody")
        assert await give.fetch(east, "east") == []
        assert await app.execute("delete from tenant_counter") == "DELETE 0"


async def test_copying_out_shows_the_tenant_and_copying_in_is_refused(app: Connection, cities: dict[str, UUID]) -> None:
    assert await _copied(app) == b""
    async with app.transaction():
        await app.execute("select set_tenant($1)", cities["west"])
        assert await _copied(app) == b"west\t1\n"
        row = (cities["west"], "more", 1)
        with pytest.raises(asyncpg.FeatureNotSupportedError, match="row-level security"):
            await app.copy_records_to_table("tenant_counter", records=[row])


async def test_the_setting_is_read_once_for_each_place_in_the_plan(app: Connection) -> None:
    """Never by a filter or a gate, which are looked at each time a scan starts over."""
    rows = await app.fetch(f"explain (verbose, costs off) select {NAMES}")
    lines = [row[0].strip() for row in rows]
    reading = [line for line in lines if "current_setting" in line]
    assert [line for line in reading if not line.startswith("Output: (NULLIF(current_setting(")] == []
    assert len(reading) == 2


async def _copied(app: Connection) -> bytes:
    out = io.BytesIO()
    await app.copy_from_query("select name, last from tenant_counter order by name", output=out)
    return out.getvalue()
