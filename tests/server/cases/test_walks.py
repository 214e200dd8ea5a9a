"""Whatever people and the worker do, a case's log replays to what is stored (sources.md 3.6, invariant 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.cases import rules
from server.cases.models import Case
from server.cases.replay import replay
from server.cases.service import closing, dispatch, escalation, intake
from server.cases.service.changes import read_log
from server.cases.service.escalation import escalate_due
from server.cases.states import (
    MAIN_LINE,
    TERMINAL,
    Action,
    CaseFacts,
    CaseStatus,
    Rating,
    Severity,
    Track,
)
from server.errors import AppError
from server.events.models import DueWork
from tenants.clock import now
from tenants.context import Actor
from tests.server.cases.steps import UseCase, do, report
from tests.server.cases.towns import Town

_REASON = {"reason": "because"}
STEPS: dict[Action, tuple[UseCase, dict[str, Any]]] = {
    Action.ACCEPT: (intake.accept_case, {}),
    Action.REJECT: (intake.reject_case, _REASON),
    Action.TRIAGE: (
        intake.triage_case,
        {"category": "FIRE_HAZARD", "severity": Severity.GENERAL, "containment": None, "reason": None},
    ),
    Action.DISPATCH: (dispatch.dispatch_case, {}),
    Action.CLAIM: (dispatch.claim_case, {}),
    Action.RELEASE: (dispatch.release_case, _REASON),
    Action.TAKE_BACK: (dispatch.release_case, _REASON),
    Action.START: (dispatch.start_case, {}),
    Action.ESCALATE: (escalation.escalate_case, _REASON),
    Action.RESOLVE: (closing.resolve_case, {"result": "done"}),
    Action.GIVE_FEEDBACK: (closing.give_feedback, {"feedback": "told"}),
    Action.RATE: (closing.rate_case, {"rating": Rating.NEUTRAL, "comment": None}),
    Action.REOPEN: (closing.reopen_case, _REASON),
    Action.WITHDRAW: (intake.withdraw_case, _REASON),
    Action.ARCHIVE: (closing.archive_case, {}),
}
ENDS = (Action.REJECT, Action.WITHDRAW, Action.ARCHIVE)


@dataclass(frozen=True, slots=True)
class Crew:
    """A town, a grid of it, and everybody who may have to do with its cases."""

    town: Town
    grid_id: UUID
    resident: Actor
    staff: tuple[Actor, ...]


@pytest.fixture
async def crew(jiamusi: Town) -> Crew:
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    staff = [
        await jiamusi.staff("grid_chief", grid=grid),
        await jiamusi.staff("grid_worker", grid=grid),
        await jiamusi.staff("dispatcher", at=jiamusi.branch["city"]),
        await jiamusi.staff("community_secretary", at=jiamusi.branch["community"]),
        await jiamusi.staff("subdistrict_officer", at=jiamusi.branch["subdistrict"]),
    ]
    return Crew(jiamusi, grid.id, await jiamusi.resident(grid), tuple(staff))


async def replayed(town: Town, case_id: UUID) -> CaseFacts:
    async with town.database.write(town.tenant_id) as session:
        return replay(await read_log(session, case_id, tenant_id=town.tenant_id))


def stored(row: Case, steps_done: frozenset[CaseStatus]) -> CaseFacts:
    """The state the columns hold; the steps done are in the log alone."""
    return CaseFacts(
        status=CaseStatus(row.status),
        track=Track(row.track),
        level=row.level,
        organization_id=row.organization_id,
        reported_at=row.reported_at,
        category=row.category,
        severity=Severity(row.severity),
        reporter_id=row.reporter_id,
        reporter_account_id=row.reporter_account_id,
        version=row.version,
        claimant_id=row.claimant_id,
        handler_id=row.handler_id,
        reopen_count=row.reopen_count,
        accepted_at=row.accepted_at,
        overdue_at=row.overdue_at,
        resolved_at=row.resolved_at,
        feedback_at=row.feedback_at,
        archived_at=row.archived_at,
        rating=Rating(row.rating) if row.rating else None,
        steps_done=steps_done,
    )


async def worker_passes(town: Town, case_id: UUID) -> None:
    """Time runs out, and the worker does what is due."""
    await town.make_due(case_id)
    for work in await town.due_work(case_id):
        async with town.database.write(town.tenant_id) as session:
            row = await session.get(DueWork, (town.tenant_id, work.id))
            assert row is not None
            await escalate_due(session, work=row, policy=town.policy, actor=town.worker)


async def somebody_does(crew: Crew, case_id: UUID, action: Action, data: st.DataObject) -> None:
    """The first of the crew, in any order, who may; or nobody."""
    use_case, words = STEPS[action]
    if action is Action.DISPATCH:
        words = {"handler_id": data.draw(st.sampled_from([None, crew.staff[0].member_id, crew.staff[1].member_id]))}
    for actor in data.draw(st.permutations([crew.resident, *crew.staff])):
        try:
            await do(crew.town, use_case, case_id, actor, **words)
        except AppError:
            continue
        return


async def walk(crew: Crew, data: st.DataObject, most: int) -> None:
    town = crew.town
    track = data.draw(st.sampled_from(sorted(town.policy.templates)))
    category = data.draw(st.sampled_from(["AID", "HAZARD"]))
    reporter = data.draw(st.sampled_from([crew.resident, crew.staff[1]]))
    case_id = await report(town, reporter, crew.grid_id, category, track=track)
    template = town.policy.template(track)
    for _ in range(data.draw(st.integers(1, most))):
        before = await replayed(town, case_id)
        possible = [*rules.possible_actions(before, template, now=now()), Action.ESCALATE_OVERDUE]
        action = data.draw(st.sampled_from(possible))
        if action in ENDS:
            action = data.draw(st.sampled_from(possible))  # so that walks are not all short
        if action is Action.ESCALATE_OVERDUE:
            await worker_passes(town, case_id)
        else:
            await somebody_does(crew, case_id, action, data)
        after = await replayed(town, case_id)
        row = await town.case(case_id)
        assert stored(row, after.steps_done) == after
        assert after.version - before.version in {0, 1}
        assert before.status not in TERMINAL or after == before
        await _is_consistent(town, row, after)


async def _is_consistent(town: Town, row: Case, state: CaseFacts) -> None:
    assert row.custody_path == town.branch[row.level].path
    assert [event.version for event in await town.log(row.id)] == list(range(1, state.version + 1))
    assert [seq for seq, _ in await town.events(row.id)] == [event.seq for event in await town.log(row.id)]
    waiting = [work for work in await town.due_work(row.id) if work.done_at is None]
    resolved = state.status in TERMINAL or MAIN_LINE.index(state.status) >= MAIN_LINE.index(CaseStatus.RESOLVED)
    if resolved or row.due_at is None or state.overdue_at is not None:
        assert waiting == []
    else:
        assert len(waiting) == 1


_SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.mark.timeout(300)
@given(data=st.data())
@settings(_SETTINGS, max_examples=12)
async def test_the_log_of_any_walk_replays_to_what_is_stored(crew: Crew, data: st.DataObject) -> None:
    await walk(crew, data, 14)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(data=st.data())
@settings(_SETTINGS, max_examples=60)
async def test_the_log_of_any_walk_replays_to_what_is_stored_at_length(crew: Crew, data: st.DataObject) -> None:
    await walk(crew, data, 30)
