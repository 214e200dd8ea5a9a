"""Every entry that was committed gets one place in the chain, however late its transaction ends and whoever seals."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from server.audit import jobs
from server.audit.models import AuditSeal
from server.audit.rules import genesis
from server.audit.service.sealing import Sealed, first_id, seal
from server.events.models import DueWork
from server.jobs import work
from server.jobs.engine import Engine
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.clock import now
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database
from tests.server.audit.conftest import Trail, entry


async def _seals(trail: Trail) -> list[AuditSeal]:
    statement = select(AuditSeal).where(AuditSeal.tenant_id == trail.tenant_id).order_by(AuditSeal.seq)
    async with trail.database.write(trail.tenant_id) as session:
        return list(await session.scalars(statement))


async def test_entries_are_chained_from_the_first_on(trail: Trail) -> None:
    ids = await trail.write(3)
    assert await trail.seal() == Sealed(3, 3)
    seals = await _seals(trail)
    assert [(row.seq, row.entry_id) for row in seals] == [(1, ids[0]), (2, ids[1]), (3, ids[2])]
    assert [row.prev_hash for row in seals] == [genesis(trail.tenant_id), seals[0].hash, seals[1].hash]
    assert await trail.seal() == Sealed(0, 3)
    (later,) = await trail.write()
    assert await trail.seal() == Sealed(1, 4)
    last = (await _seals(trail))[-1]
    assert (last.seq, last.entry_id, last.prev_hash) == (4, later, seals[2].hash)


async def test_a_batch_seals_the_oldest_and_leaves_the_rest_to_the_next(trail: Trail) -> None:
    ids = await trail.write(5)
    assert [await trail.seal(limit=2) for _ in range(4)] == [Sealed(2, 2), Sealed(2, 4), Sealed(1, 5), Sealed(0, 5)]
    assert await trail.places() == ids


async def test_what_is_committed_late_gets_a_later_number_and_is_never_skipped(trail: Trail) -> None:
    async with trail.database.write(trail.tenant_id) as long:
        early = entry(trail.tenant_id)
        long.add(early)
        await long.flush()
        others = await trail.write(3)
        assert await trail.seal() == Sealed(3, 3)
    assert await trail.seal() == Sealed(1, 4)
    assert await trail.places() == [*others, early.id]
    assert (await trail.verify()).finding is None


@pytest.mark.parametrize("seed", range(6))
async def test_long_transactions_that_end_in_any_order_lose_nothing(trail: Trail, seed: int) -> None:
    """Four transactions at a time, each with entries before and after others commit; some are rolled back."""
    random = Random(seed)  # noqa: S311 - a seed, not a secret
    kept: list[UUID] = []
    for _round in range(4):
        stacks: list[tuple[AsyncExitStack, list[UUID]]] = []
        for _each in range(3):
            stack = AsyncExitStack()
            session = await stack.enter_async_context(trail.database.write(trail.tenant_id))
            rows = [entry(trail.tenant_id) for _ in range(random.randint(1, 3))]
            session.add_all(rows)
            await session.flush()
            stacks.append((stack, [row.id for row in rows]))
            if random.random() < 0.5:
                await trail.seal()
        random.shuffle(stacks)
        for stack, ids in stacks:
            if random.random() < 0.2:
                await stack.__aexit__(ValueError, ValueError(), None)
            else:
                await stack.aclose()
                kept += ids
            if random.random() < 0.5:
                await trail.seal(limit=random.randint(1, 4))
    while (await trail.seal()).count:
        pass
    seals = await _seals(trail)
    assert sorted(row.entry_id for row in seals) == sorted(kept)
    assert [row.seq for row in seals] == list(range(1, len(kept) + 1))
    assert (await trail.verify()).finding is None


async def test_sealers_at_once_do_no_harm(trail: Trail) -> None:
    ids = await trail.write(40)
    found = await asyncio.gather(*(trail.seal(limit=7) for _ in range(8)))
    assert sum(each.count for each in found) == 40
    assert await trail.places() == ids
    assert (await trail.verify()).finding is None


async def test_writers_do_not_wait_for_a_sealer(trail: Trail) -> None:
    await trail.write(3)
    async with trail.database.write(trail.tenant_id) as session:
        assert (await seal(session, trail.tenant_id)).count == 3
        async with asyncio.timeout(5):
            await trail.write(2)
    assert await trail.seal() == Sealed(2, 5)


async def test_an_old_entry_is_found_when_all_are_looked_at(trail: Trail) -> None:
    row = entry(trail.tenant_id)
    row.id = UUID(int=first_id(now() - timedelta(hours=3)).int | 0x7 << 76 | 5)
    async with trail.database.write(trail.tenant_id) as session:
        session.add(row)
    async with trail.database.write(trail.tenant_id) as session:
        assert await seal(session, trail.tenant_id, since=now() - jobs.LATELY) == Sealed(0, 0)
    assert await trail.seal() == Sealed(1, 1)


def test_ids_made_later_are_not_below_the_first_of_a_moment() -> None:
    assert first_id(now() - timedelta(milliseconds=1)) < uuid7()
    assert first_id(datetime(2026, 3, 2, tzinfo=UTC)) == UUID("019cabd8-3800-0000-0000-000000000000")


async def test_a_head_is_signed_once_for_a_place(trail: Trail) -> None:
    assert await trail.sign() is None
    await trail.write(2)
    await trail.seal()
    head = await trail.sign()
    assert head is not None
    assert (head.seq, head.hash, head.key_id) == (2, (await _seals(trail))[-1].hash, trail.keys.id)
    assert await trail.sign() is None
    (kept,) = await trail.heads()
    assert kept.head == head
    assert trail.keys.verify(kept.head, kept.signature)


async def test_the_standing_work_seals_signs_and_comes_back(
    trail: Trail, operator_database: Database, redis_url: str
) -> None:
    ids = await trail.write(3)
    pubsub = PubSub(redis_url)
    engines = [
        Engine(
            "audit",
            jobs.handlers(trail.keys),
            database=trail.database,
            operator=operator_database,
            transactions=Transactions(trail.database, pubsub),
            registry=Registry(operator_database),
        )
        for _ in range(2)
    ]
    for kind in (jobs.SEAL, jobs.LOOK):
        await work.keep_standing(trail.database, trail.tenant_id, kind)
    assert await engines[0].due_tenants() == [trail.tenant_id]
    assert sum(await asyncio.gather(*(engine.run_tenant(trail.tenant_id) for engine in engines))) == 2
    assert await trail.places() == ids
    assert [each.head.seq for each in await trail.heads()] == [3]
    async with trail.database.write(trail.tenant_id) as session:
        rows = list(await session.scalars(select(DueWork).where(DueWork.tenant_id == trail.tenant_id)))
    assert {row.kind: (row.done_at, row.attempts) for row in rows} == {jobs.SEAL: (None, 0), jobs.LOOK: (None, 0)}
    waits = {row.kind: row.due_at - now() for row in rows}
    assert jobs.SEAL_EVERY - timedelta(seconds=30) < waits[jobs.SEAL] <= jobs.SEAL_EVERY
    assert jobs.LOOK_EVERY - timedelta(seconds=30) < waits[jobs.LOOK] <= jobs.LOOK_EVERY
    await pubsub.close()
