"""Every test watches that changes leave audit entries (``lints.audited``); here, that the watch sees what it should."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from server.events.models import Event
from server.events.record import audit
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.clock import now
from tenants.context import Actor, system_actor
from tenants.ids import uuid7
from tenants.models import TenantCounter
from tenants.registry import TenantInfo
from tenants.sessions import Database, WriteSession
from tenants.sets import table_of
from tests.house.lints.audited import Written


@pytest.fixture
async def transactions(database: Database, redis_url: str) -> AsyncIterator[Transactions]:
    pubsub = PubSub(redis_url)
    yield Transactions(database, pubsub)
    await pubsub.close()


def _event(tenant: TenantInfo, seq: int) -> Event:
    return Event(tenant_id=tenant.id, id=uuid7(), seq=seq, type="X", subject_type="x", subject_id=uuid7(), at=now())


async def test_a_change_without_an_entry_is_told(
    transactions: Transactions, tenant: TenantInfo, every_change_leaves_an_audit_entry: list[Written]
) -> None:
    person = Actor(tenant_id=tenant.id, username="somebody")
    async with transactions.open(person) as session:
        session.add(_event(tenant, 1))
    found = [(sorted(each.tables), each.actor) for each in every_change_leaves_an_audit_entry]
    assert found == [(["event"], person)]
    every_change_leaves_an_audit_entry.clear()


async def test_changes_with_an_entry_upkeep_and_what_is_rolled_back_are_let_be(
    transactions: Transactions, tenant: TenantInfo
) -> None:
    person = Actor(tenant_id=tenant.id, username="somebody")
    async with transactions.open(person) as session:
        session.add(_event(tenant, 2))
        audit(session, action="x:y", object_type="x", object_id=uuid7(), actor=person)
    async with transactions.open(system_actor(tenant.id, name="worker")) as session:
        session.add(_event(tenant, 3))
    async with transactions.open(person) as session:
        row = table_of(TenantCounter)
        await session.execute(update(row).where(row.c.tenant_id == tenant.id).values(last=row.c.last))
    with pytest.raises(ZeroDivisionError):
        await _undone(transactions, person, _event(tenant, 4))


async def _undone(transactions: Transactions, actor: Actor, row: Event) -> None:
    async with transactions.open(actor) as session:
        await _added(session, row)
        raise ZeroDivisionError


async def _added(session: WriteSession, row: Event) -> None:
    session.add(row)
    await session.flush()
