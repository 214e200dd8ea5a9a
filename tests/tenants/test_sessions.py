"""Sessions: always one tenant, closed when none is set, nothing carried over between users of a connection."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Executable, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from migrations.roles import DatabaseUrls
from tenants.errors import TooSlow
from tenants.ids import uuid7
from tenants.models import PolicyRule, Tenant, TenantCounter
from tenants.sessions import Database

COUNT = "select json_build_object('n', (select count(*) from tenant_counter), 'tenant', $1::text)"


async def two_cities(operator: Database) -> tuple[UUID, UUID]:
    """Two tenants with one counter row each."""
    found = []
    for slug in ("east", "west"):
        tenant_id = uuid7()
        async with operator.across() as session:
            session.add(Tenant(id=tenant_id, slug=slug, kind="CITY", name={"en": slug}, time_zone="Asia/Shanghai"))
        async with operator.write(tenant_id) as session:
            session.add(TenantCounter(tenant_id=tenant_id, name=slug, last=1))
        found.append(tenant_id)
    return found[0], found[1]


async def test_read_sees_its_own_tenant_only(database: Database, operator_database: Database) -> None:
    east, west = await two_cities(operator_database)
    names = "select (select json_agg(name) from tenant_counter) where $1::text is not null"
    assert await database.read(names, east, []) == b'["east"]'
    assert await database.read(names, west, []) == b'["west"]'


async def test_read_sets_the_tenant_before_the_statement_looks(database: Database, operator_database: Database) -> None:
    east, _west = await two_cities(operator_database)
    for _ in range(10):  # also once the server has switched to a generic plan
        assert await database.read(COUNT, east, []) == f'{{"n" : 1, "tenant" : "{east}"}}'.encode()


async def test_without_a_tenant_nothing_is_seen_and_nothing_is_written(
    db_urls: DatabaseUrls,
    operator_database: Database,
) -> None:
    east, _west = await two_cities(operator_database)
    connection = await asyncpg.connect(db_urls.app)
    try:
        assert await connection.fetchval("select count(*) from tenant_counter") == 0
        await connection.execute("begin; select set_config('app.tenant_id', '', true)")
        assert await connection.fetchval("select count(*) from tenant_counter") == 0
        await connection.execute("rollback")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("insert into tenant_counter values ($1, 'x', 1)", east)
    finally:
        await connection.close()


async def test_a_write_session_cannot_write_another_tenants_row(
    database: Database,
    operator_database: Database,
) -> None:
    east, west = await two_cities(operator_database)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.write(east) as session:
            await session.execute(insert(TenantCounter).values(tenant_id=west, name="stolen", last=1))
    async with database.write(west) as session:
        assert list(await session.scalars(select(TenantCounter.name))) == ["west"]


@pytest.mark.parametrize("rounds", [50, pytest.param(2_000, marks=pytest.mark.slow)])
async def test_nothing_is_carried_over_between_uses_of_a_connection(
    db_urls: DatabaseUrls,
    operator_database: Database,
    rounds: int,
) -> None:
    east, west = await two_cities(operator_database)
    database = await Database.connect(db_urls.app, read_pool_size=1, write_pool_size=1)
    try:
        for round_ in range(rounds):
            tenant_id, name = ((east, "east"), (west, "west"))[round_ % 2]
            with pytest.raises(DBAPIError):
                async with database.write(tenant_id) as session:
                    await session.execute(text("select 1/0"))
            task = asyncio.create_task(database.read("select to_json(pg_sleep(5)::text || $1)", tenant_id, []))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with database.across() as session:
                assert (await session.scalars(select(TenantCounter.name))).all() == []
            async with database.write(tenant_id) as session:
                assert (await session.scalars(select(TenantCounter.name))).all() == [name]
    finally:
        await database.close()


async def test_the_web_process_reads_configuration_and_never_writes_it(
    database: Database,
    operator_database: Database,
) -> None:
    east, _west = await two_cities(operator_database)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.write(east) as session:
            session.add(PolicyRule(tenant_id=east, role="resident", object="case", action="archive"))


async def counted(database: Database, tenant_id: UUID) -> int | None:
    async with database.write(tenant_id) as session:
        last: int | None = await session.scalar(select(TenantCounter.last))
        return last


SPEND = update(TenantCounter).values(last=TenantCounter.last + 1)
SLEEP = text("select pg_sleep(5)")


async def executed(database: Database, tenant_id: UUID, *statements: Executable) -> None:
    async with database.write(tenant_id) as session:
        for statement in statements:
            await session.execute(statement)


async def test_a_write_over_its_time_is_too_slow_and_leaves_nothing(
    db_urls: DatabaseUrls,
    operator_database: Database,
) -> None:
    east, _west = await two_cities(operator_database)
    hurried = await Database.connect(db_urls.app, read_pool_size=1, write_pool_size=1, statement_timeout_ms=100)
    try:
        with pytest.raises(TooSlow, match="nothing was changed") as slow:
            await executed(hurried, east, SPEND, SLEEP)
        assert slow.value.code == "QUERY_TIMEOUT"
        assert await counted(hurried, east) == 1
        with pytest.raises(TooSlow):
            async with hurried.across() as session:
                await session.execute(SLEEP)
    finally:
        await hurried.close()


async def test_a_write_that_waits_too_long_for_anothers_lock_is_too_slow(
    database: Database,
    operator_database: Database,
) -> None:
    east, _west = await two_cities(operator_database)
    async with database.write(east) as first:
        await first.execute(SPEND)
        with pytest.raises(TooSlow) as slow:
            await executed(database, east, text("set local lock_timeout = '50ms'"), SPEND)
    assert slow.value.code == "QUERY_TIMEOUT"
    assert await counted(database, east) == 2


async def test_of_two_writes_that_wait_for_each_other_one_is_too_slow(
    database: Database,
    operator_database: Database,
) -> None:
    cities = await two_cities(operator_database)
    async with operator_database.write(cities[0]) as session:
        session.add(TenantCounter(tenant_id=cities[0], name="other", last=1))
    ready = asyncio.Barrier(2)

    async def spend(*names: str) -> None:
        async with database.write(cities[0]) as session:
            await session.execute(SPEND.where(TenantCounter.name == names[0]))
            await ready.wait()
            await session.execute(SPEND.where(TenantCounter.name == names[1]))

    done = await asyncio.gather(spend("east", "other"), spend("other", "east"), return_exceptions=True)
    assert [type(result) for result in done if result is not None] == [TooSlow]


async def test_a_privileged_role_is_refused(db_urls: DatabaseUrls, database: Database) -> None:
    await database.refuse_privileged_role()
    owner = await Database.connect(db_urls.owner, read_pool_size=1, write_pool_size=1)
    try:
        with pytest.raises(PermissionError, match="civicgrid_owner"):
            await owner.refuse_privileged_role()
    finally:
        await owner.close()
