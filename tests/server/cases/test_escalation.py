"""One level at a time: by hand (JM-23), and by the worker exactly once whatever dies in between (T17)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from server.cases.jobs import HANDLERS
from server.cases.models import Case
from server.cases.service import closing, dispatch, escalation, intake
from server.cases.service.escalation import escalate_due
from server.cases.states import Severity, Track
from server.events.models import DueWork
from server.jobs.engine import Engine
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.context import Actor
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town, found_town


async def started(town: Town, category: str) -> tuple[UUID, Actor]:
    """A case in the hands of its grid chief."""
    grid = await town.grid(town.home, "grid-1")
    chief = await town.staff("grid_chief", grid=grid)
    case_id = await report(town, chief, grid.id, category, track=Track.DISPUTE)
    await do(town, intake.accept_case, case_id, chief)
    await do(town, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    await do(town, dispatch.start_case, case_id, chief)
    return case_id, chief


async def open_work(town: Town, case_id: UUID) -> UUID:
    return next(work.id for work in await town.due_work(case_id) if work.done_at is None)


async def run_due(town: Town, work_id: UUID) -> None:
    """What the engine does: the handler of the kind, in a transaction of its own."""
    await town.registry.manifest(town.tenant_id)
    async with town.database.write(town.tenant_id) as session:
        await HANDLERS["case.escalate"](session, work_id=work_id, actor=town.worker, registry=town.registry)


async def test_jiamusi_hands_a_case_up_one_level_at_a_time_and_no_further_than_the_city(jiamusi: Town) -> None:
    case_id, chief = await started(jiamusi, "AID")
    assert await refused(jiamusi, escalation.escalate_case, case_id, chief, reason=" ") == "REASON_REQUIRED"
    actor = chief
    for level in ("community", "subdistrict", "county", "city"):
        await do(jiamusi, escalation.escalate_case, case_id, actor, reason="Not in our power")
        case = await jiamusi.case(case_id)
        above = jiamusi.branch[level]
        assert (case.level, case.organization_id, case.custody_path) == (level, above.id, above.path)
        assert (case.path, case.status, case.handler_id) == (jiamusi.home.path, "IN_PROGRESS", None)
        assert await refused(jiamusi, escalation.escalate_case, case_id, actor, reason="Again") in {
            "FORBIDDEN",
            "CASE_TOP_LEVEL",
        }
        actor = await jiamusi.staff("dispatcher", at=above)
    assert await refused(jiamusi, escalation.escalate_case, case_id, actor, reason="Higher") == "CASE_TOP_LEVEL"
    assert [event.level for event in await jiamusi.log(case_id) if event.kind == "ESCALATED"] == [
        "community",
        "subdistrict",
        "county",
        "city",
    ]


async def test_a_late_case_goes_one_level_up_once_however_often_it_is_tried(jiamusi: Town) -> None:
    case_id, chief = await started(jiamusi, "AID")
    await jiamusi.make_due(case_id)
    work_id = await open_work(jiamusi, case_id)
    await run_due(jiamusi, work_id)
    await run_due(jiamusi, work_id)
    case = await jiamusi.case(case_id)
    last = (await jiamusi.log(case_id))[-1]
    assert (last.kind, last.level, last.actor_role, last.version) == ("ESCALATED_OVERDUE", "community", "system", 5)
    assert (case.version, case.level, case.organization_id) == (5, "community", jiamusi.branch["community"].id)
    assert (case.overdue_at, case.handler_id) == (last.at, chief.member_id)
    assert [event for _, event in await jiamusi.events(case_id)].count("CaseEscalatedOverdue") == 1
    assert [(work.step, work.outcome) for work in await jiamusi.due_work(case_id)] == [("0.1", "ESCALATED")]
    await do(jiamusi, closing.resolve_case, case_id, chief, result="Late, but settled")


async def test_the_engine_finds_the_late_case_and_is_done_with_it(
    jiamusi: Town,
    operator_database: Database,
    redis_url: str,
) -> None:
    case_id, _ = await started(jiamusi, "AID")
    pubsub = PubSub(redis_url)
    engine = Engine(
        "deadlines",
        HANDLERS,
        database=jiamusi.database,
        operator=operator_database,
        transactions=Transactions(jiamusi.database, pubsub),
        registry=jiamusi.registry,
    )
    assert await engine.run_tenant(jiamusi.tenant_id) == 0
    await jiamusi.make_due(case_id)
    assert await engine.due_tenants() == [jiamusi.tenant_id]
    assert await engine.run_tenant(jiamusi.tenant_id) == 1
    assert await engine.run_tenant(jiamusi.tenant_id) == 0
    await pubsub.close()
    assert (await jiamusi.case(case_id)).level == "community"
    assert [(work.outcome, work.attempts) for work in await jiamusi.due_work(case_id)] == [("ESCALATED", 1)]


async def test_whatever_dies_before_the_commit_leaves_the_step_to_be_taken(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    await jiamusi.make_due(case_id)
    work_id = await open_work(jiamusi, case_id)
    await jiamusi.registry.manifest(jiamusi.tenant_id)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the death comes after the work, before the commit
        async with jiamusi.database.write(jiamusi.tenant_id) as session:
            await HANDLERS["case.escalate"](session, work_id=work_id, actor=jiamusi.worker, registry=jiamusi.registry)
            raise KeyboardInterrupt
    assert (await jiamusi.case(case_id)).level == "grid"
    assert [(work.done_at, work.outcome) for work in await jiamusi.due_work(case_id)] == [(None, None)]
    await run_due(jiamusi, work_id)
    assert (await jiamusi.case(case_id)).level == "community"
    assert [event for _, event in await jiamusi.events(case_id)].count("CaseEscalatedOverdue") == 1


async def test_workers_at_the_same_row_take_the_step_once(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    await jiamusi.make_due(case_id)
    work_id = await open_work(jiamusi, case_id)
    await asyncio.gather(*[run_due(jiamusi, work_id) for _ in range(4)])
    assert [event for _, event in await jiamusi.events(case_id)].count("CaseEscalatedOverdue") == 1


async def test_the_worker_never_waits_for_somebody_who_is_changing_the_case(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    await jiamusi.make_due(case_id)
    work_id = await open_work(jiamusi, case_id)
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        mine = select(Case).where(Case.tenant_id == jiamusi.tenant_id, Case.id == case_id)
        await session.scalar(mine.with_for_update())
        await asyncio.wait_for(run_due(jiamusi, work_id), timeout=5)
    work = (await jiamusi.due_work(case_id))[0]
    assert (work.done_at, work.outcome) == (None, None)
    assert (await jiamusi.case(case_id)).level == "grid"


async def test_work_that_is_not_due_yet_stays_open(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    before = (await jiamusi.due_work(case_id))[0]
    await run_due(jiamusi, before.id)
    after = (await jiamusi.due_work(case_id))[0]
    assert (after.done_at, after.due_at - before.due_at) == (None, timedelta(seconds=1))
    assert (await jiamusi.case(case_id)).overdue_at is None


async def test_a_late_case_at_the_top_is_marked_and_stays(daye: Town) -> None:
    grid = await daye.grid(daye.branch["city"], "grid-1")
    case_id = await report(daye, await daye.resident(grid), grid.id)
    assert (await daye.case(case_id)).level == "city"
    await daye.make_due(case_id)
    await run_due(daye, await open_work(daye, case_id))
    case = await daye.case(case_id)
    assert (case.level, case.status, case.version) == ("city", "REPORTED", 2)
    assert case.overdue_at is not None
    assert [work.outcome for work in await daye.due_work(case_id)] == ["MARKED_OVERDUE"]


async def test_what_was_late_before_anybody_took_it_can_still_be_dispatched_below(daye: Town) -> None:
    """Nobody above the community dispatches in Daye: lateness must not lead into a dead end."""
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    case_id = await report(daye, await daye.resident(grid), grid.id)
    await daye.make_due(case_id)
    await run_due(daye, await open_work(daye, case_id))
    assert (await daye.case(case_id)).level == "subdistrict"
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)


async def test_the_severity_moves_the_deadline_and_conclusion_ends_it(jiamusi: Town) -> None:
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    chief = await jiamusi.staff("grid_chief", grid=grid)
    case_id = await report(jiamusi, chief, grid.id, "HAZARD", track=Track.GRID_EVENT)
    assert await jiamusi.due_work(case_id) == []
    await do(jiamusi, intake.accept_case, case_id, chief)
    words = {"category": "FIRE_HAZARD", "severity": Severity.GENERAL, "containment": None, "reason": None}
    await do(jiamusi, intake.triage_case, case_id, chief, **words)
    case = await jiamusi.case(case_id)
    assert case.due_at == case.reported_at + timedelta(days=10)
    assert [(work.step, work.due_at, work.outcome) for work in await jiamusi.due_work(case_id)] == [
        ("0.1", case.due_at, None),
    ]
    await do(jiamusi, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    await do(jiamusi, dispatch.start_case, case_id, chief)
    await do(jiamusi, closing.resolve_case, case_id, chief, result="Safe")
    assert [work.outcome for work in await jiamusi.due_work(case_id)] == ["CANCELED"]


LADDER = """\
    - {after_share_percent: 100, to: NEXT_LEVEL}
    - {after: {amount: 2, unit: DAYS}, to: NEXT_LEVEL}
"""


async def test_a_ladder_of_two_steps_is_climbed_step_by_step(database: Database, operator_database: Database) -> None:
    lines = shipped.text("jiamusi").splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if "after_share_percent: 100" in line)
    lines[at] = LADDER
    town = await found_town(database, operator_database, "".join(lines))
    case_id, _ = await started(town, "AID")
    due_at = (await town.case(case_id)).due_at
    assert due_at is not None
    await town.make_due(case_id)
    await run_due(town, await open_work(town, case_id))
    second = next(work for work in await town.due_work(case_id) if work.done_at is None)
    assert (second.step, second.due_at) == ("0.2", due_at + timedelta(days=2))
    await town.make_due(case_id)
    await run_due(town, second.id)
    assert (await town.case(case_id)).level == "subdistrict"
    assert [(work.step, work.outcome) for work in await town.due_work(case_id)] == [
        ("0.1", "ESCALATED"),
        ("0.2", "ESCALATED"),
    ]


async def test_the_outcome_tells_what_was_done(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    await jiamusi.make_due(case_id)
    work_id = await open_work(jiamusi, case_id)
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        work = await session.get(DueWork, (jiamusi.tenant_id, work_id))
        assert work is not None
        outcomes = [
            await escalate_due(session, work=work, policy=jiamusi.policy, actor=jiamusi.worker) for _ in range(2)
        ]
    assert outcomes == ["ESCALATED", "ESCALATED"]
