"""The list of tenants is at most a second old, and while requests come none of them waits for it."""

from __future__ import annotations

import asyncio

import asyncpg

from migrations.roles import DatabaseUrls
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database


class Ticks:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


async def _suspend(urls: DatabaseUrls, tenant: TenantInfo) -> None:
    operator = await asyncpg.connect(urls.operator)
    try:
        await operator.execute("update tenant set status = 'SUSPENDED' where id = $1", tenant.id)
    finally:
        await operator.close()


async def test_a_change_shows_within_a_second(database: Database, db_urls: DatabaseUrls, tenant: TenantInfo) -> None:
    ticks = Ticks()
    registry = Registry(database, ticks=ticks)
    assert (await registry.by_id(tenant.id)).status == "ACTIVE"
    await _suspend(db_urls, tenant)
    ticks.seconds += 0.49
    assert (await registry.by_id(tenant.id)).status == "ACTIVE"
    await registry.close()
    assert (await registry.by_id(tenant.id)).status == "ACTIVE"  # nothing was begun
    ticks.seconds += 0.51
    assert (await registry.by_id(tenant.id)).status == "SUSPENDED"


async def test_nobody_waits_while_the_list_is_fresh(
    database: Database, db_urls: DatabaseUrls, tenant: TenantInfo
) -> None:
    ticks = Ticks()
    registry = Registry(database, ticks=ticks)
    await registry.by_id(tenant.id)
    await _suspend(db_urls, tenant)
    ticks.seconds += 0.5
    owner = await asyncpg.connect(db_urls.owner)
    try:
        async with owner.transaction():
            await owner.execute("lock table tenant in access exclusive mode")
            assert (await registry.by_id(tenant.id)).status == "ACTIVE"
    finally:
        await owner.close()
    await registry.close()
    assert (await registry.by_id(tenant.id)).status == "SUSPENDED"


async def test_a_reading_that_a_change_overtook_is_not_kept(database: Database, tenant: TenantInfo) -> None:
    ticks = Ticks()
    registry = Registry(database, ticks=ticks)
    await registry.by_id(tenant.id)
    ticks.seconds += 0.5
    await registry.by_id(tenant.id)
    await asyncio.sleep(0)  # the reading asks for a connection
    registry.forget()
    await registry.close()
    assert registry._loaded_at == float("-inf")
    assert (await registry.by_id(tenant.id)).id == tenant.id
