"""Two invented cities with due work, and engines that do it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import func, select

from migrations.roles import DatabaseUrls
from server.events.models import DueWork, Event
from server.events.record import record
from server.jobs.engine import Engine
from server.jobs.work import BatchHandler, Handler
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

KIND = "test.ring"
MakeEngine = Callable[..., Engine]


async def ring(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:  # noqa: ARG001
    """An effect that can be counted: one event per time it happened."""
    await record(session, type="BellRung", subject_type="bell", subject_id=work_id, action="test:ring", actor=actor)


@dataclass(frozen=True, slots=True)
class Town:
    """One city and its due work."""

    id: UUID
    database: Database

    async def plan(self, count: int = 1, *, kind: str = KIND, due_at: datetime | None = None) -> list[UUID]:
        """So many new rows of due work."""
        at = due_at or now() - timedelta(seconds=1)
        rows = [
            DueWork(tenant_id=self.id, id=uuid7(), kind=kind, subject_id=uuid7(), step=str(step), due_at=at)
            for step in range(count)
        ]
        async with self.database.write(self.id) as session:
            session.add_all(rows)
        return [row.id for row in rows]

    async def row(self, work_id: UUID) -> DueWork:
        """A row as it stands."""
        async with self.database.write(self.id) as session:
            return (
                await session.scalars(select(DueWork).where(DueWork.tenant_id == self.id, DueWork.id == work_id))
            ).one()

    async def end_leases(self) -> None:
        """Let the time pass in which claimed rows are left alone."""
        async with self.database.write(self.id) as session:
            for row in await session.scalars(select(DueWork).where(DueWork.tenant_id == self.id)):
                if row.lease_until is not None:
                    row.lease_until = now() - timedelta(seconds=1)

    async def pass_time(self, by: timedelta) -> None:
        """Let the clock be later by so much: whatever is due or leased is nearer by it."""
        async with self.database.write(self.id) as session:
            for row in await session.scalars(select(DueWork).where(DueWork.tenant_id == self.id)):
                row.due_at -= by
                row.lease_until = row.lease_until and row.lease_until - by

    async def rung(self) -> dict[UUID, int]:
        """How often the effect of each row happened."""
        statement = select(Event.subject_id, func.count()).where(Event.tenant_id == self.id, Event.type == "BellRung")
        async with self.database.write(self.id) as session:
            rows = await session.execute(statement.group_by(Event.subject_id))
            return {row[0]: row[1] for row in rows}


async def found_town(db_urls: DatabaseUrls, slug: str) -> UUID:
    """A city in the registry; what a manifest would bring is not needed here."""
    tenant_id = uuid7()
    connection = await asyncpg.connect(db_urls.operator)
    try:
        await connection.execute(
            "insert into tenant (id, slug, kind, status, name, time_zone, manifest_version, policy_version, created_at) "
            "values ($1, $2, 'CITY', 'ACTIVE', '{}', 'Asia/Shanghai', 0, 0, now())",
            tenant_id,
            slug,
        )
    finally:
        await connection.close()
    return tenant_id


@pytest.fixture
async def town(db_urls: DatabaseUrls, database: Database) -> Town:
    return Town(await found_town(db_urls, "zz-town"), database)


@pytest.fixture
async def neighbor(db_urls: DatabaseUrls, database: Database) -> Town:
    return Town(await found_town(db_urls, "zz-neighbor"), database)


@pytest.fixture
async def make_engine(database: Database, operator_database: Database, redis_url: str) -> AsyncIterator[MakeEngine]:
    """Engines over the test's database, as many as asked for."""
    pubsub = PubSub(redis_url)

    def make(
        handler: Handler = ring,
        *,
        together: BatchHandler | None = None,
        timeout_seconds: float = 60,
        budget_seconds: float = 20,
    ) -> Engine:
        return Engine(
            "test",
            {KIND: handler},
            batches={KIND: together} if together else None,
            database=database,
            operator=operator_database,
            transactions=Transactions(database, pubsub),
            registry=Registry(operator_database),
            timeout_seconds=timeout_seconds,
            budget_seconds=budget_seconds,
        )

    yield make
    await pubsub.close()
