"""Many rows together: as exactly once as one by one, and a bad row neither holds up nor takes along the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from server.events.models import AuditEntry, DueWork, Event
from server.events.record import Change, record, record_all
from server.jobs import work
from server.jobs.work import Held
from tenants.clock import database_now
from tenants.context import Actor, system_actor
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession
from tests.server.jobs.conftest import KIND, MakeEngine, Town, ring


class BadRowError(Exception):
    """What a row raises that cannot be done."""


async def ring_all(
    session: WriteSession,
    *,
    held: Sequence[Held],
    actor: Actor,
    registry: Registry,  # noqa: ARG001 - a batch handler is given one
) -> Collection[UUID]:
    """The effect of ``ring``, once for each row."""
    at = await database_now(session)
    await work.settle(session, actor.tenant_id, dict.fromkeys([each.id for each in held], "RUNG"), at=at)
    rung = [Change("BellRung", "bell", each.id, "test:ring", {}, at, work.request_of(each.id)) for each in held]
    await record_all(session, rung, actor=actor)
    return {each.id for each in held}


async def outcomes(town: Town) -> list[str | None]:
    async with town.database.write(town.id) as session:
        rows = select(DueWork.outcome).where(DueWork.tenant_id == town.id).order_by(DueWork.due_at, DueWork.id)
        return list(await session.scalars(rows))


async def test_a_batch_does_its_rows_once_and_marks_them(town: Town, make_engine: MakeEngine) -> None:
    ids = await town.plan(40)
    engine = make_engine(together=ring_all)
    assert await engine.run_tenant(town.id) == 40
    assert await engine.run_tenant(town.id) == 0
    assert await town.rung() == dict.fromkeys(ids, 1)
    assert await outcomes(town) == ["RUNG"] * 40
    assert {(await town.row(work_id)).attempts for work_id in ids} == {1}


async def test_two_engines_do_the_rows_of_many_batches_each_exactly_once(town: Town, make_engine: MakeEngine) -> None:
    ids = await town.plan(2 * work.BATCH + 100)
    engines = [make_engine(together=ring_all) for _ in range(2)]
    assert sum(await asyncio.gather(*[engine.run_tenant(town.id) for engine in engines])) == len(ids)
    assert await town.rung() == dict.fromkeys(ids, 1)


async def test_a_batch_that_fails_leaves_nothing_and_its_rows_are_done_one_by_one(
    town: Town,
    make_engine: MakeEngine,
) -> None:
    ids = await town.plan(5)
    bad = ids[2]

    async def together(session: WriteSession, *, held: Sequence[Held], actor: Actor, registry: Registry) -> set[UUID]:
        await ring_all(session, held=held, actor=actor, registry=registry)
        raise BadRowError

    async def alone(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
        await ring(session, work_id=work_id, actor=actor, registry=registry)
        if work_id == bad:
            raise BadRowError

    engine = make_engine(alone, together=together)
    assert await engine.run_tenant(town.id) == 5
    assert await town.rung() == {work_id: 1 for work_id in ids if work_id != bad}
    assert ((await town.row(bad)).done_at, (await town.row(bad)).attempts) == (None, 1)
    assert await outcomes(town) == ["DONE", "DONE", None, "DONE", "DONE"]


async def test_rows_that_a_batch_leaves_are_tried_alone(town: Town, make_engine: MakeEngine) -> None:
    ids = await town.plan(4)

    async def some(
        session: WriteSession, *, held: Sequence[Held], actor: Actor, registry: Registry
    ) -> Collection[UUID]:
        return await ring_all(session, held=held[:2], actor=actor, registry=registry)

    assert await make_engine(together=some).run_tenant(town.id) == 4
    assert await town.rung() == dict.fromkeys(ids, 1)
    assert await outcomes(town) == ["RUNG", "RUNG", "DONE", "DONE"]


async def test_what_was_tried_before_is_never_in_a_batch(town: Town, make_engine: MakeEngine) -> None:
    """A row that kills its process must not take the rows beside it to the grave."""
    ids = await town.plan(3)
    async with town.database.write(town.id) as session:
        await session.execute(
            update(DueWork).where(DueWork.tenant_id == town.id, DueWork.id == ids[0]).values(attempts=1),
        )
    assert await make_engine(together=ring_all).run_tenant(town.id) == 3
    assert await town.rung() == dict.fromkeys(ids, 1)
    assert await outcomes(town) == ["DONE", "RUNG", "RUNG"]


async def test_a_batch_that_hangs_is_cut_off_and_its_rows_are_done_one_by_one(
    town: Town,
    make_engine: MakeEngine,
) -> None:
    ids = await town.plan(2)

    async def hangs(
        session: WriteSession, *, held: Sequence[Held], actor: Actor, registry: Registry
    ) -> Collection[UUID]:
        await ring_all(session, held=held, actor=actor, registry=registry)
        await asyncio.Event().wait()
        return ()

    assert await make_engine(together=hangs, timeout_seconds=1).run_tenant(town.id) == 2
    assert await town.rung() == dict.fromkeys(ids, 1)


async def test_a_batch_holds_what_is_still_its_own(town: Town, database: Database) -> None:
    ids = await town.plan(3)
    stale = await work.claim(database, town.id, (), fresh=[KIND], lease=timedelta(seconds=-1))
    (fresh,) = await work.claim(database, town.id, [KIND], limit=1)
    async with database.write(town.id) as session:
        assert [held.id for held in await work.hold_all(session, town.id, stale)] == ids[1:]
        async with database.write(town.id) as other:
            assert await work.hold_all(other, town.id, stale) == []
            assert [held.id for held in await work.hold_all(other, town.id, [fresh])] == ids[:1]


@pytest.mark.parametrize("together", [False, True])
async def test_changes_recorded_together_are_told_as_those_recorded_alone(
    town: Town,
    *,
    together: bool,
) -> None:
    (first, second) = await town.plan(2)
    actor = system_actor(town.id, name="tester", request_id="req-1")
    details: dict[UUID, dict[str, Any]] = {
        first: {"from": None, "version": 2},
        second: {"from": "REPORTED", "version": 3},
    }
    async with town.database.write(town.id) as session:
        at = await database_now(session)
        if together:
            changes = [Change("BellRung", "bell", each, "test:ring", details[each], at, "req-1") for each in details]
            assert list(await record_all(session, changes, actor=actor)) == [1, 2]
        else:
            for each, detail in details.items():
                await record(
                    session,
                    type="BellRung",
                    subject_type="bell",
                    subject_id=each,
                    action="test:ring",
                    actor=actor,
                    detail=detail,
                    at=at,
                )
        events = list(await session.scalars(select(Event).where(Event.tenant_id == town.id).order_by(Event.seq)))
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.tenant_id == town.id)))
    assert [(row.seq, row.type, row.subject_type, row.subject_id, row.at) for row in events] == [
        (1, "BellRung", "bell", first, at),
        (2, "BellRung", "bell", second, at),
    ]
    assert {row.object_id: row.detail for row in entries} == details
    told = {(row.at, row.actor_kind, row.actor_id, row.actor_name, row.action, row.request_id) for row in entries}
    assert told == {(at, "SYSTEM", None, "tester", "test:ring", "req-1")}
