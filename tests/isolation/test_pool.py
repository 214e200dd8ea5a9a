"""Twenty cities over two connections, with transactions that fail, are cancelled or run out of time: nothing bleeds."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError

from migrations.roles import DatabaseUrls
from tenants.errors import TooSlow
from tenants.ids import uuid7
from tenants.models import Tenant, TenantCounter
from tenants.sessions import Database, WriteSession

CITIES, CONNECTIONS, ABREAST = 20, 2, 6
SEEN = """select coalesce(current_setting('app.tenant_id', true), '') as setting,
          coalesce((select string_agg(name, ' ' order by name) from tenant_counter), '') as names"""
READ = f"select json_build_array(s.setting, s.names, $1::text) from ({SEEN}) s"  # noqa: S608 - made of a constant
SLOW_READ = "select json_build_array($1::text, pg_sleep(10)::text)"
BROKEN_READ = "select json_build_array($1::text, 1 / (select 0))"
SLEEP = text("select pg_sleep(10)")


@dataclass(slots=True)
class Rounds:
    """Cities by id with the name of their one row; counts of what was seen, by kind of round."""

    database: Database
    cities: dict[UUID, str]
    chance: random.Random
    seen: dict[str, int]

    async def read(self, tenant_id: UUID) -> None:
        answer = await self.database.read(READ, tenant_id, [])
        assert answer is not None
        assert orjson.loads(answer) == [str(tenant_id), self.cities[tenant_id], str(tenant_id)]

    async def read_that_fails(self, tenant_id: UUID) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await self.database.read(BROKEN_READ, tenant_id, [])

    async def read_that_is_left(self, tenant_id: UUID) -> None:
        await self.left(self.database.read(SLOW_READ, tenant_id, []))

    async def write(self, tenant_id: UUID) -> None:
        async with self.database.write(tenant_id) as session:
            await self.look(session, tenant_id)
            await session.execute(
                text("update tenant_counter set last = last + 1 where tenant_id = :own"), {"own": tenant_id}
            )

    async def write_that_fails(self, tenant_id: UUID) -> None:
        with pytest.raises(DBAPIError):
            await self.written(tenant_id, text("select 1 / (select 0)"))

    async def write_that_raises(self, tenant_id: UUID) -> None:
        with pytest.raises(ZeroDivisionError):
            await self.written(tenant_id)

    async def write_that_is_left(self, tenant_id: UUID) -> None:
        await self.left(self.written(tenant_id, SLEEP))

    async def write_out_of_time(self, tenant_id: UUID) -> None:
        with pytest.raises(TooSlow):
            await self.written(tenant_id, text("set local statement_timeout = 3"), SLEEP)

    async def written(self, tenant_id: UUID, *statements: Executable) -> None:
        """A transaction that never commits: one of the statements fails, or else Python does."""
        async with self.database.write(tenant_id) as session:
            await self.look(session, tenant_id)
            for statement in statements:
                await session.execute(statement)
            raise ZeroDivisionError

    async def left(self, work: Coroutine[Any, Any, object]) -> None:
        """Somebody who does not wait for the end, and goes at any moment before."""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work, self.chance.random() / 100)

    async def lookup(self, tenant_id: UUID) -> None:
        async with self.database.lookup(tenant_id) as session:
            await self.look(session, tenant_id)

    async def nobody(self, _tenant_id: UUID) -> None:
        async with self.database.across() as session:
            row = (await session.execute(text(SEEN))).one()
            assert (row.setting, row.names) == ("", "")

    async def look(self, session: WriteSession, tenant_id: UUID) -> None:
        row = (await session.execute(text(SEEN))).one()
        assert (row.setting, row.names) == (str(tenant_id), self.cities[tenant_id])

    async def run(self, count: int) -> None:
        """So many rounds, some at once, each of a city and a kind that chance chooses."""
        kinds: list[Callable[[UUID], Awaitable[None]]] = [
            *(self.read, self.read_that_fails, self.read_that_is_left, self.write, self.write_that_fails),
            *(self.write_that_raises, self.write_that_is_left, self.write_out_of_time, self.lookup, self.nobody),
        ]
        left = iter(range(count))

        async def one_after_the_other() -> None:
            for _ in left:
                kind = self.chance.choice(kinds)
                await kind(self.chance.choice(list(self.cities)))
                self.seen[kind.__name__] = self.seen.get(kind.__name__, 0) + 1

        async with asyncio.TaskGroup() as group:
            for _ in range(ABREAST):
                group.create_task(one_after_the_other())
        assert sum(self.seen.values()) == count
        assert len(self.seen) == len(kinds)


@pytest.fixture
async def rounds(db_urls: DatabaseUrls, operator_database: Database) -> AsyncIterator[Rounds]:
    """Twenty cities with one row each."""
    cities = {uuid7(): f"row of city {number}" for number in range(CITIES)}
    async with operator_database.across() as session:
        for number, tenant_id in enumerate(cities):
            names = {"en": f"City {number}"}
            session.add(Tenant(id=tenant_id, slug=f"city-{number}", kind="CITY", name=names, time_zone="Asia/Shanghai"))
    for tenant_id, name in cities.items():
        async with operator_database.write(tenant_id) as session:
            session.add(TenantCounter(tenant_id=tenant_id, name=name, last=0))
    database = await Database.connect(db_urls.app, read_pool_size=CONNECTIONS, write_pool_size=CONNECTIONS)
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - told when the test fails
    yield Rounds(database, cities, random.Random(seed), {})  # noqa: S311 - to be repeated, not to be unguessable
    await database.close()


async def test_five_hundred_rounds_bleed_nothing(rounds: Rounds) -> None:
    await rounds.run(500)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_ten_thousand_rounds_bleed_nothing(rounds: Rounds) -> None:
    await rounds.run(10_000)
