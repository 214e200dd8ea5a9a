"""A load that is stopped on the way leaves nothing of the city it was at, and is done over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from migrations.roles import DatabaseUrls
from server.cases.models import Case
from server.demo import loader
from server.demo.plans import CityPlan, District
from server.events.models import Event
from server.members.models import Member
from server.organizations.models import Organization
from tenants.models import TenantCounter
from tenants.registry import Registry
from tenants.sessions import Database
from tests.conftest import SECRET

PLAN = CityPlan(
    seed=4,
    districts=(District("新城区", subdistricts=1, communities=2, grids={"GENERAL": 4}),),
    posted_members=4,
    residents=16,
    volunteers=6,
    cases=30,
    concluded=20,
    escalating=1,
)


class Stopped(Exception):
    """What a test raises in the middle."""


@pytest.fixture
async def database(city_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """Hohhot is on board here and has no data yet."""
    found = await Database.connect(city_urls.app, read_pool_size=1, write_pool_size=3)
    yield found
    await found.close()


async def rows(database: Database) -> dict[str, int]:
    tenant = await Registry(database).by_slug("hohhot")
    async with database.write(tenant.id) as session:
        counted = {
            model.__tablename__: await session.scalar(
                select(func.count()).select_from(model).where(model.tenant_id == tenant.id)
            )
            for model in (Organization, Member, Case, Event, TenantCounter)
        }
    return {name: number or 0 for name, number in counted.items()}


async def test_an_error_in_the_middle_leaves_nothing(database: Database) -> None:
    before = await rows(database)
    assert before == {"organization": 1, "member": 0, "case": 0, "event": 1, "tenant_counter": 1}

    def stop(line: str) -> None:
        if line == "Hohhot: cases":
            raise Stopped

    with pytest.raises(Stopped):
        await loader.load_cities(database, SECRET, {"hohhot": PLAN}, stop)
    assert await rows(database) == before


async def test_a_load_that_was_canceled_is_done_over(database: Database) -> None:
    before = await rows(database)
    tasks: list[asyncio.Task[object]] = []

    def cancel(line: str) -> None:
        if line == "Hohhot: volunteers":
            tasks[0].cancel()

    tasks.append(asyncio.create_task(loader.load_cities(database, SECRET, {"hohhot": PLAN}, cancel)))
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert await rows(database) == before
    await loader.load_cities(database, SECRET, {"hohhot": PLAN}, lambda _line: None)
    assert (await rows(database))["case"] == 30


async def test_of_two_loads_at_once_one_does_it(database: Database, city_urls: DatabaseUrls) -> None:
    other = await Database.connect(city_urls.app, read_pool_size=1, write_pool_size=3)
    try:
        loads = [loader.load_cities(one, SECRET, {"hohhot": PLAN}, lambda _line: None) for one in (database, other)]
        first, second = await asyncio.gather(*loads)
    finally:
        await other.close()
    assert first == second
    assert (await rows(database))["case"] == 30
