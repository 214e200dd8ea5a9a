"""Due work is done exactly once, whoever dies; failures are tried again, then buried."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from server.events.models import AuditEntry, DueWork
from server.jobs import work
from server.jobs.work import Claimed
from tenants.clock import now
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession
from tests.server.jobs.conftest import KIND, MakeEngine, Town, ring


class PowerCutError(Exception):
    """What stands for a process that dies."""


async def fails(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Have the effect, then fail."""
    await ring(session, work_id=work_id, actor=actor, registry=registry)
    raise PowerCutError


async def test_due_work_is_done_once_and_marked(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan()
    engine = make_engine()
    assert await engine.run_tenant(town.id) == 1
    assert await engine.run_tenant(town.id) == 0
    row = await town.row(work_id)
    assert (row.outcome, row.attempts, row.done_at is None) == ("DONE", 1, False)
    assert await town.rung() == {work_id: 1}


async def test_work_that_is_not_due_yet_waits(town: Town, make_engine: MakeEngine) -> None:
    await town.plan(due_at=now() + timedelta(minutes=1))
    engine = make_engine()
    assert await engine.due_tenants() == []
    assert await engine.run_tenant(town.id) == 0


async def test_an_effect_is_undone_when_the_handler_dies_before_the_mark(
    town: Town,
    make_engine: MakeEngine,
) -> None:
    (work_id,) = await town.plan()
    deaths = iter([True, False])

    async def dies_once(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
        await ring(session, work_id=work_id, actor=actor, registry=registry)
        if next(deaths):
            raise PowerCutError

    engine = make_engine(dies_once)
    assert await engine.run_tenant(town.id) == 1
    assert await town.rung() == {}
    failed = await town.row(work_id)
    assert (failed.done_at, failed.attempts) == (None, 1)
    assert await engine.run_tenant(town.id) == 0, "the row rests until its pause is over"
    await town.end_leases()
    assert await engine.run_tenant(town.id) == 1
    assert await town.rung() == {work_id: 1}


async def tried_before(town: Town, attempts: int) -> None:
    """Let every row have been tried so often."""
    async with town.database.write(town.id) as session:
        await session.execute(update(DueWork).where(DueWork.tenant_id == town.id).values(attempts=attempts))


@pytest.mark.parametrize(("attempts", "pause"), [(0, 2), (1, 4), (7, 256), (8, 300)])
async def test_a_pause_doubles_with_each_failure_up_to_five_minutes(
    town: Town,
    make_engine: MakeEngine,
    attempts: int,
    pause: int,
) -> None:
    (work_id,) = await town.plan()
    await tried_before(town, attempts)
    (item,) = await work.claim(town.database, town.id, [KIND])
    async with town.database.write(town.id) as session:
        row = await work.hold(session, town.id, item)
        assert row is not None
        assert await work.put_off(session, row, item.attempts) == timedelta(seconds=pause)
    assert (await town.row(work_id)).attempts == attempts + 1
    assert await make_engine().run_tenant(town.id) == 0


async def test_the_tenth_failure_buries_the_work_and_the_audit_trail_tells(
    town: Town,
    make_engine: MakeEngine,
) -> None:
    (work_id,) = await town.plan()
    await tried_before(town, 8)
    engine = make_engine(fails)
    assert await engine.run_tenant(town.id) == 1
    assert (await town.row(work_id)).outcome is None
    await town.end_leases()
    assert await engine.run_tenant(town.id) == 1
    row = await town.row(work_id)
    assert (row.outcome, row.attempts) == ("DEAD_LETTER", 10)
    async with town.database.write(town.id) as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.tenant_id == town.id))).one()
    assert (entry.action, entry.object_type, entry.object_id) == ("due_work:bury", "due_work", work_id)
    assert entry.detail == {
        "kind": KIND,
        "subject_id": str(row.subject_id),
        "attempts": 10,
        "error": "PowerCutError",
    }


async def test_work_that_kills_its_process_ten_times_is_buried_unrun(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan()
    await tried_before(town, 10)
    assert await make_engine().run_tenant(town.id) == 1
    assert (await town.row(work_id)).outcome == "DEAD_LETTER"
    assert await town.rung() == {}


async def test_a_handler_that_hangs_is_cut_off_and_tried_again(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan()

    async def hangs(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
        await ring(session, work_id=work_id, actor=actor, registry=registry)
        await asyncio.Event().wait()

    assert await make_engine(hangs, timeout_seconds=0.3).run_tenant(town.id) == 1
    assert await town.rung() == {}
    assert (await town.row(work_id)).done_at is None


async def test_work_that_sets_a_later_time_comes_back_then(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan()
    later = now() + timedelta(hours=1)

    async def once_more(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
        await ring(session, work_id=work_id, actor=actor, registry=registry)
        row = (await session.scalars(select(DueWork).where(DueWork.tenant_id == actor.tenant_id))).one()
        row.due_at = later

    assert await make_engine(once_more).run_tenant(town.id) == 1
    row = await town.row(work_id)
    assert (row.due_at, row.lease_until, row.attempts, row.done_at) == (later, None, 0, None)


async def test_an_outcome_the_handler_gave_stands(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan()

    async def tells(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:  # noqa: ARG001
        row = await session.get_one(DueWork, (actor.tenant_id, work_id))
        row.done_at, row.outcome = now(), "CANCELED"

    assert await make_engine(tells).run_tenant(town.id) == 1
    assert (await town.row(work_id)).outcome == "CANCELED"


async def test_two_engines_do_two_hundred_rows_each_exactly_once(town: Town, make_engine: MakeEngine) -> None:
    ids = await town.plan(200)
    tried = await asyncio.gather(make_engine().run_tenant(town.id), make_engine().run_tenant(town.id))
    assert sum(tried) == 200
    assert await town.rung() == dict.fromkeys(ids, 1)


async def test_rows_under_somebody_elses_lease_are_left_alone(town: Town, database: Database) -> None:
    ids = await town.plan(3)
    first = await work.claim(database, town.id, [KIND], limit=2)
    second = await work.claim(database, town.id, [KIND], limit=2)
    assert [item.id for item in first] == ids[:2]
    assert [item.id for item in second] == ids[2:]
    assert await work.claim(database, town.id, [KIND]) == []


async def test_a_claim_that_ran_out_holds_nothing(town: Town, database: Database) -> None:
    await town.plan()
    (stale,) = await work.claim(database, town.id, [KIND], lease=timedelta(seconds=-1))
    (fresh,) = await work.claim(database, town.id, [KIND])
    assert fresh.attempts == 2
    async with database.write(town.id) as session:
        assert await work.hold(session, town.id, stale) is None
        held = await work.hold(session, town.id, fresh)
        assert held is not None
        assert held.id == fresh.id


async def test_what_a_killed_worker_had_claimed_waits_out_its_lease_and_is_done_by_another_once(
    town: Town, database: Database, make_engine: MakeEngine
) -> None:
    ids = await town.plan(30)
    dead = await work.claim(database, town.id, [KIND], limit=30)
    assert [item.lease_until for item in dead] == [dead[0].lease_until] * 30
    await town.pass_time(work.LEASE / 2)
    assert [await make_engine().run_tenant(town.id) for _ in range(2)] == [0, 0]
    await town.pass_time(work.LEASE / 2)
    tried = await asyncio.gather(make_engine().run_tenant(town.id), make_engine().run_tenant(town.id))
    assert (sum(tried), await town.rung()) == (30, dict.fromkeys(ids, 1))
    rows = [await town.row(id_) for id_ in ids]
    assert {(row.attempts, row.outcome) for row in rows} == {(2, "DONE")}
    async with database.write(town.id) as session:
        assert [await work.hold(session, town.id, item) for item in dead] == [None] * 30


async def test_a_row_one_engine_holds_is_passed_over_by_the_next(town: Town, database: Database) -> None:
    await town.plan()
    (item,) = await work.claim(database, town.id, [KIND], lease=timedelta(seconds=-1))
    async with database.write(town.id) as session:
        assert await work.hold(session, town.id, item) is not None
        assert await work.claim(database, town.id, [KIND]) == []
        async with database.write(town.id) as other:
            assert await work.hold(other, town.id, item) is None


async def test_only_cities_with_due_work_of_the_lane_are_listed(
    town: Town,
    neighbor: Town,
    operator_database: Database,
    make_engine: MakeEngine,
) -> None:
    await town.plan(2)
    await neighbor.plan(kind="test.other")
    assert await make_engine().due_tenants() == [town.id]
    found = await work.due_tenants(operator_database, [KIND, "test.other"])
    assert Counter(found) == Counter([town.id, neighbor.id])
    assert await work.due_tenants(operator_database, [KIND], waiting=timedelta(minutes=1)) == []


async def test_the_application_role_cannot_list_cities_with_work(town: Town, database: Database) -> None:
    await town.plan()
    assert await work.due_tenants(database, [KIND]) == []


async def test_a_city_cannot_hold_anothers_row(town: Town, neighbor: Town, database: Database) -> None:
    (work_id,) = await town.plan()
    stranger = Claimed(id=work_id, kind=KIND, attempts=1, lease_until=now())
    async with database.write(neighbor.id) as session:
        assert await work.hold(session, neighbor.id, stranger) is None
    assert await work.claim(database, neighbor.id, [KIND]) == []


async def test_a_sweep_does_the_work_of_every_city_without_any_wake_up(
    town: Town,
    neighbor: Town,
    make_engine: MakeEngine,
) -> None:
    ids = await town.plan(2)
    others = await neighbor.plan(1)
    assert await make_engine().sweep(waiting=timedelta(0)) == 3
    assert await town.rung() == dict.fromkeys(ids, 1)
    assert await neighbor.rung() == dict.fromkeys(others, 1)


async def test_a_slow_city_makes_room_after_its_budget(town: Town, make_engine: MakeEngine) -> None:
    await town.plan(45)
    assert await make_engine(budget_seconds=0).run_tenant(town.id) == 20


async def test_a_closed_engine_begins_nothing(town: Town, make_engine: MakeEngine) -> None:
    await town.plan()
    engine = make_engine()
    engine.close()
    assert await engine.run_tenant(town.id) == 0


@pytest.mark.parametrize("outcome", ["DONE", "DEAD_LETTER"])
async def test_standing_work_is_there_once_and_rises_again(town: Town, outcome: str) -> None:
    await work.keep_standing(town.database, town.id, KIND)
    await work.keep_standing(town.database, town.id, KIND)
    async with town.database.write(town.id) as session:
        row = (await session.scalars(select(DueWork).where(DueWork.tenant_id == town.id))).one()
        row.done_at, row.outcome, row.attempts = now(), outcome, 10
    await work.keep_standing(town.database, town.id, KIND)
    again = await town.row(row.id)
    assert (again.done_at, again.outcome, again.attempts) == (None, None, 0)


async def test_work_of_a_kind_nobody_knows_is_left_for_a_newer_worker(town: Town, make_engine: MakeEngine) -> None:
    (work_id,) = await town.plan(kind=f"test.{uuid4().hex}")
    assert await make_engine().run_tenant(town.id) == 0
    assert (await town.row(work_id)).attempts == 0
