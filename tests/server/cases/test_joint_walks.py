"""Whatever is done beside the states, in any order with everything else, the log replays to what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from server.cases import rules
from server.cases.outcomes import VisitEffect
from server.cases.parts import CaseAllegation, CaseTask
from server.cases.service import allegations, appraisal, bundles, closing, dispatch, tasks
from server.cases.service.changes import STATE_COLUMNS
from server.cases.states import MAIN_LINE, TERMINAL, Action, CaseFacts, CaseStatus, EventKind, Track
from server.errors import AppError
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tests.server.cases.steps import UseCase, do, report
from tests.server.cases.test_walks import STEPS, Crew, replayed
from tests.server.cases.towns import Town

Words = Callable[[Crew, UUID, st.DataObject], Awaitable[dict[str, Any]]]
JUDGES = (EventKind.SCORED, EventKind.RETURN_VISITED)
# What else is done, once somebody is at work; the ends less often, so that walks are not all short.
AMONG = (Action.ESCALATE, Action.RESOLVE, Action.GIVE_FEEDBACK, Action.RATE, Action.REOPEN)
ENDS = (Action.WITHDRAW, Action.ARCHIVE)


@pytest.fixture
async def crew(jiamusi: Town) -> Crew:
    """Everybody of the branch, and officers of two departments beside it."""
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    departments = [
        await jiamusi.organization("subdistrict", code, jiamusi.branch["county"]) for code in ("fire", "gas")
    ]
    staff = [
        await jiamusi.staff("grid_chief", grid=grid),
        await jiamusi.staff("grid_worker", grid=grid),
        await jiamusi.staff("dispatcher", at=jiamusi.branch["city"]),
        await jiamusi.staff("community_secretary", at=jiamusi.branch["community"]),
        *[await jiamusi.staff("subdistrict_officer", at=department) for department in departments],
    ]
    return Crew(jiamusi, grid.id, await jiamusi.resident(grid), tuple(staff))


async def rows(town: Town, model: type[Any], case_id: UUID) -> list[Any]:
    """The parts of a case."""
    async with town.database.write(town.tenant_id) as session:
        found = select(model).where(model.tenant_id == town.tenant_id, model.case_id == case_id)
        return list(await session.scalars(found.order_by(model.id)))


async def _departments(crew: Crew, _case_id: UUID, data: st.DataObject) -> dict[str, Any]:
    paths = [grant.path for officer in crew.staff[-2:] for grant in officer.grants]
    chosen = data.draw(st.lists(st.sampled_from(paths), min_size=1, unique=True))
    ids = [row.id for row in await _organizations(crew.town, chosen)]
    return {"organization_ids": ids, "text": "look"}


async def _organizations(town: Town, paths: list[str | None]) -> list[Any]:
    async with town.database.write(town.tenant_id) as session:
        found = select(Organization).where(Organization.tenant_id == town.tenant_id, Organization.path.in_(paths))
        return list(await session.scalars(found))


async def _task(crew: Crew, case_id: UUID, data: st.DataObject) -> dict[str, Any]:
    return {"task_id": data.draw(st.sampled_from(await rows(crew.town, CaseTask, case_id))).id}


async def _allegation(crew: Crew, case_id: UUID, data: st.DataObject) -> dict[str, Any]:
    listed = await rows(crew.town, CaseAllegation, case_id)
    return {"allegation_id": data.draw(st.sampled_from(listed)).id, "answer": "so it is"}


async def _other(crew: Crew, case_id: UUID, _data: st.DataObject) -> dict[str, Any]:
    return {"other_case_id": await crew.twin(case_id)}


async def _nothing(_crew: Crew, _case_id: UUID, _data: st.DataObject) -> dict[str, Any]:
    return {}


async def _visit(_crew: Crew, _case_id: UUID, data: st.DataObject) -> dict[str, Any]:
    return {"effect": data.draw(st.sampled_from(VisitEffect)), "text": "asked"}


async def _score(_crew: Crew, _case_id: UUID, data: st.DataObject) -> dict[str, Any]:
    return {"score": data.draw(st.integers(1, 5)), "remark": None}


BESIDE: dict[Action, tuple[UseCase, Words, dict[str, Any]]] = {
    Action.ASSIGN_TASKS: (tasks.assign_tasks, _departments, {}),
    Action.COMPLETE_TASK: (tasks.complete_task, _task, {"result": "done"}),
    Action.CANCEL_TASK: (tasks.cancel_task, _task, {"reason": "not needed"}),
    Action.ANSWER_ALLEGATION: (allegations.answer_allegation, _allegation, {}),
    Action.SCORE: (appraisal.score_case, _score, {}),
    Action.VISIT: (appraisal.record_return_visit, _visit, {}),
    Action.LINK: (bundles.link_cases, _other, {}),
    Action.UNLINK: (bundles.unlink_case, _nothing, {}),
}


async def somebody_does(crew: Crew, case_id: UUID, action: Action, data: st.DataObject) -> Actor | None:
    """The first of the crew, in any order, who may; or nobody."""
    if action in BESIDE:
        use_case, find, words = BESIDE[action]
        words = words | await find(crew, case_id, data)
    else:
        use_case, words = STEPS[action]
    for actor in data.draw(st.permutations([crew.resident, *crew.staff])):
        try:
            await do(crew.town, use_case, case_id, actor, **words)
        except AppError:
            continue
        return actor
    return None


async def walk(crew: Crew, data: st.DataObject, most: int) -> None:
    town = crew.town
    points = ("one", "two")[: data.draw(st.integers(0, 2))]
    case_id = await report(town, crew.resident, crew.grid_id, "AID", track=Track.SERVICE_ORDER, allegations=points)
    chief, worker = crew.staff[:2]
    await do(town, dispatch.dispatch_case, case_id, chief, handler_id=worker.member_id)
    await do(town, dispatch.start_case, case_id, worker)
    if data.draw(st.booleans()):
        await _conclude(town, case_id, worker)
    template = town.policy.template((await replayed(town, case_id)).track)
    for _ in range(data.draw(st.integers(most // 2, most))):
        before = await replayed(town, case_id)
        possible = [
            action
            for action in rules.possible_actions(before, template, now=now())
            if action in {*BESIDE, *AMONG, *ENDS} and not (action is Action.LINK and before.bundle_id)
        ]
        if not possible:
            break
        action = data.draw(st.sampled_from(possible))
        if action in ENDS:
            action = data.draw(st.sampled_from(possible))
        await somebody_does(crew, case_id, action, data)
        after = await replayed(town, case_id)
        await _is_stored(town, case_id, after)
        newest = (await town.log(case_id))[-1]
        if after.version > before.version and newest.kind in JUDGES:
            assert newest.actor_member_id not in {*before.worked, before.handler_id}
        _keeps_the_rules(before, after)


async def _conclude(town: Town, case_id: UUID, worker: Actor) -> None:
    await do(town, closing.resolve_case, case_id, worker, result="done")
    for each in await rows(town, CaseAllegation, case_id):
        await do(town, allegations.answer_allegation, case_id, worker, allegation_id=each.id, answer="so it is")
    await do(town, closing.give_feedback, case_id, worker, feedback="told")


def _keeps_the_rules(before: CaseFacts, after: CaseFacts) -> None:
    if before.status is CaseStatus.IN_PROGRESS and after.status is CaseStatus.RESOLVED:
        assert before.tasks_open == frozenset()
    if after.status in MAIN_LINE[MAIN_LINE.index(CaseStatus.RESOLVED) :]:
        assert after.tasks_open == frozenset()
    if after.status in {CaseStatus.FEEDBACK_GIVEN, CaseStatus.ARCHIVED}:
        assert after.answered == set(range(1, after.allegations + 1))
    if after.reopen_count > before.reopen_count:
        assert (after.answered, after.score, after.visit_effect) == (frozenset(), None, None)
    assert before.worked <= after.worked


async def _is_stored(town: Town, case_id: UUID, state: CaseFacts) -> None:
    row = await town.case(case_id)
    assert [getattr(row, name) for name in STATE_COLUMNS] == [getattr(state, name) for name in STATE_COLUMNS]
    shared = await rows(town, CaseTask, case_id)
    assert {task.id for task in shared if task.status == "OPEN"} == state.tasks_open
    assert all(task.closed_at is None for task in shared if task.status == "OPEN")
    over = state.status in TERMINAL
    assert [task.shares for task in shared] == [not over and task.status != "CANCELED" for task in shared]
    listed = await rows(town, CaseAllegation, case_id)
    assert len(listed) == state.allegations
    assert {each.number for each in listed if each.answered_at is not None} == state.answered


_SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.mark.timeout(300)
@given(data=st.data())
@settings(_SETTINGS, max_examples=8)
async def test_the_log_of_any_walk_beside_the_states_replays_to_what_is_stored(crew: Crew, data: st.DataObject) -> None:
    await walk(crew, data, 20)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(data=st.data())
@settings(_SETTINGS, max_examples=60)
async def test_the_log_of_any_walk_beside_the_states_replays_at_length(crew: Crew, data: st.DataObject) -> None:
    await walk(crew, data, 60)
