"""What is taken away is gone in every process within two seconds, though nobody tells them: they ask the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import pytest
from sqlalchemy import func, select, update

from server.accounts.actors import Actors
from server.accounts.models import Account
from server.accounts.tokens import Claims
from server.errors import Unauthenticated
from server.members.models import Appointment
from server.members.service.appointments import end_appointment
from tenants.authz import Authorizer
from tenants.permissions import Permission
from tenants.registry import Registry
from tenants.sessions import Database
from tests.fixtures.town import Founded, Town

LIMIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Process:
    """What another web process knows, with connections of its own and no line to Valkey."""

    database: Database
    registry: Registry
    actors: Actors


@pytest.fixture
async def url(town: Town) -> str:
    async with town.services.database.across() as session:
        return str(await session.scalar(select(func.current_database())))


@pytest.fixture
async def processes(url: str, founded: Founded) -> AsyncIterator[list[Process]]:
    found = []
    for _ in range(2):
        database = await Database.connect(founded.template.urls(url).app, read_pool_size=2, write_pool_size=2)
        registry = Registry(database)
        found.append(Process(database, registry, Actors(database, registry, Authorizer(database))))
    yield found
    for process in found:
        await process.actors.close()
        await process.registry.close()
        await process.database.close()


async def _may(process: Process, claims: Claims) -> bool:
    try:
        return (await process.actors.of(claims, "asked")).may(Permission.CASE_ACCEPT)
    except Unauthenticated:
        return False


async def _until_gone(processes: list[Process], claims: Claims, change: Callable[[], Awaitable[None]]) -> float:
    """Seconds from the end of the change until every process, in steady use all the time, refuses."""
    assert [await _may(process, claims) for process in processes] == [True, True]
    await change()
    changed = time.monotonic()
    async with asyncio.timeout(10):
        while any([await _may(process, claims) for process in processes]):  # noqa: ASYNC110 - what is measured is when
            await asyncio.sleep(0.02)
    return time.monotonic() - changed


async def test_an_appointment_that_ended_gives_nothing_in_any_process(town: Town, processes: list[Process]) -> None:
    member_id = await town.member("secretary", "community_secretary")
    (row,) = await town.rows(Appointment, member_id=member_id)
    manifest = await town.manifest()

    async def change() -> None:
        async with town.services.transactions.open(town.system) as session:
            await end_appointment(session, appointment_id=row.id, manifest=manifest, actor=town.system)

    assert await _until_gone(processes, town.claims("secretary"), change) < LIMIT_SECONDS


async def test_an_account_that_is_disabled_is_nobody_in_any_process(town: Town, processes: list[Process]) -> None:
    await town.member("secretary", "community_secretary")

    async def change() -> None:
        async with town.services.database.write(town.tenant_id) as session:
            mine = (Account.tenant_id == town.tenant_id, Account.username == "secretary")
            await session.execute(update(Account).where(*mine).values(status="DISABLED"))

    assert await _until_gone(processes, town.claims("secretary"), change) < LIMIT_SECONDS


async def test_a_role_that_loses_a_right_has_lost_it_in_every_process(
    town: Town,
    processes: list[Process],
    url: str,
    founded: Founded,
) -> None:
    await town.member("secretary", "community_secretary")
    operator = await asyncpg.connect(founded.template.urls(url).operator)

    async def change() -> None:
        async with operator.transaction():
            await operator.execute("select set_tenant($1)", town.tenant_id)
            await operator.execute(
                "delete from policy_rule where tenant_id = $1 and role = 'community_secretary' and object = 'case'",
                town.tenant_id,
            )
            await operator.execute(
                "update tenant set policy_version = policy_version + 1 where id = $1", town.tenant_id
            )

    try:
        assert await _until_gone(processes, town.claims("secretary"), change) < LIMIT_SECONDS
    finally:
        await operator.close()


async def test_many_first_touches_of_a_city_share_one_loading(town: Town, processes: list[Process]) -> None:
    authorizer = Authorizer(processes[0].database)
    tenant = await processes[0].registry.by_id(town.tenant_id)
    found = await asyncio.gather(*(authorizer.permissions(tenant) for _ in range(50)))
    assert all(permissions is found[0] for permissions in found)
    assert Permission.CASE_ACCEPT in found[0]["community_secretary"]
