"""Whatever people and the worker do, a case's log replays to what is stored (sources.md 3.6, invariant 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.cases import rules
from server.cases.models import Case, CaseEvent
from server.cases.replay import replay
from server.cases.service import closing, dispatch, escalation, hops, intake, merging, progress, supervision
from server.cases.service.changes import STATE_COLUMNS, read_log
from server.cases.service.escalation import escalate_due
from server.cases.states import (
    MAIN_LINE,
    TERMINAL,
    Action,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Handling,
    Rating,
    Severity,
)
from server.errors import AppError
from server.events.models import DueWork
from tenants.clock import now
from tenants.context import Actor
from tests.server.cases.steps import UseCase, do, report
from tests.server.cases.towns import Town

_REASON = {"reason": "because"}
_TEXT = {"text": "as it is"}
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
    Action.APPEAL: (intake.appeal_case, _REASON),
    Action.MERGE: (merging.merge_case, _REASON),
    Action.SEND_BACK: (hops.send_back_case, _REASON),
    Action.RELAY_FEEDBACK: (hops.relay_feedback, {"feedback": "told"}),
    Action.TRACK: (supervision.track_case, _TEXT),
    Action.URGE: (supervision.urge_case, _TEXT),
    Action.ANSWER_URGE: (supervision.answer_urge, _TEXT),
    Action.WAIVE_URGE: (supervision.waive_urge, _REASON),
    Action.PROGRESS: (
        progress.progress_case,
        _TEXT | {"handling": Handling.VISITING, "parties_consented": None, "field_check": None},
    ),
    Action.EXPLAIN: (progress.explain_case, _TEXT),
    Action.RECLASSIFY: (intake.reclassify_case, _REASON | {"category": None, "severity": Severity.MAJOR}),
    Action.ARCHIVE: (closing.archive_case, {}),
}
ENDS = (Action.REJECT, Action.WITHDRAW, Action.MERGE, Action.ARCHIVE)
SUPERVISES = (EventKind.TRACKED, EventKind.URGED, EventKind.URGE_WAIVED)


@dataclass(frozen=True, slots=True)
class Crew:
    """A town, a grid of it, and everybody who may have to do with its cases."""

    town: Town
    grid_id: UUID
    resident: Actor
    staff: tuple[Actor, ...]

    async def twin(self, case_id: UUID) -> UUID:
        """Another case like this one, at the place and under the category that it has now."""
        return await report(self.town, self.staff[1], self.grid_id, (await self.town.case(case_id)).category)


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
    if action is Action.MERGE:
        words = words | {"into_case_id": await crew.twin(case_id)}
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
        possible = [action for action in possible if action in STEPS or action is Action.ESCALATE_OVERDUE]
        action = data.draw(st.sampled_from(possible))
        if action in ENDS:
            action = data.draw(st.sampled_from(possible))  # so that walks are not all short
        if action is Action.ESCALATE_OVERDUE:
            await worker_passes(town, case_id)
        else:
            await somebody_does(crew, case_id, action, data)
        after = await replayed(town, case_id)
        row = await town.case(case_id)
        assert [getattr(row, name) for name in STATE_COLUMNS] == [getattr(after, name) for name in STATE_COLUMNS]
        assert after.version - before.version in {0, 1}
        _keeps_the_rules(before, after, template, (await town.log(case_id))[-1])
        await _is_consistent(town, row, after)


def _keeps_the_rules(before: CaseFacts, after: CaseFacts, template: CaseTemplate, newest: CaseEvent) -> None:
    """What holds between a state and the next, whatever was done (3.6)."""
    chain = template.escalation_chain
    assert abs(chain.index(after.level) - chain.index(before.level)) <= 1
    assert [hop.level for hop in after.climbed] == list(reversed(chain))[: len(after.climbed)]
    assert before.status not in TERMINAL or after == before or newest.kind == EventKind.APPEALED
    assert newest.kind not in SUPERVISES or newest.actor_member_id != before.handler_id
    if after.status is CaseStatus.ARCHIVED:
        waived = {CaseStatus.RATED} if after.publication_waived_at is None else {CaseStatus.RATED, CaseStatus.PUBLISHED}
        assert template.mandatory_steps - waived <= after.steps_done | after.stamps


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
