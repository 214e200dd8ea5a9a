"""Several departments on one case, what is alleged answered one by one, and who judges the result."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.cases.outcomes import VisitEffect
from server.cases.parts import CaseAllegation, CaseTask
from server.cases.replay import replay
from server.cases.service import allegations, appraisal, bundles, closing, dispatch, escalation, intake, tasks
from server.cases.service.changes import read_log
from server.cases.states import CaseFacts, Rating
from server.errors import AppError
from server.organizations.models import Organization
from tenants.context import Actor
from tenants.ids import uuid7
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

ASKED = {"text": "Look at the pipes"}


@dataclass(frozen=True, slots=True)
class Crew:
    """Daye with a case in progress, two departments beyond the community, and officers there."""

    town: Town
    grid_id: UUID
    case_id: UUID
    resident: Actor
    secretary: Actor
    posted: Actor
    departments: tuple[Organization, Organization]
    officers: tuple[Actor, Actor]

    async def facts(self, case_id: UUID | None = None) -> CaseFacts:
        async with self.town.database.write(self.town.tenant_id) as session:
            return replay(await read_log(session, case_id or self.case_id, tenant_id=self.town.tenant_id))

    async def tasks(self) -> list[CaseTask]:
        """The case's tasks in the order of their departments."""
        async with self.town.database.write(self.town.tenant_id) as session:
            rows = select(CaseTask).where(CaseTask.tenant_id == self.town.tenant_id, CaseTask.case_id == self.case_id)
            return list(await session.scalars(rows.order_by(CaseTask.path, CaseTask.assigned_at)))

    async def allegations(self, case_id: UUID) -> list[CaseAllegation]:
        async with self.town.database.write(self.town.tenant_id) as session:
            rows = select(CaseAllegation).where(
                CaseAllegation.tenant_id == self.town.tenant_id,
                CaseAllegation.case_id == case_id,
            )
            return list(await session.scalars(rows.order_by(CaseAllegation.number)))

    async def begun(self, **values: Any) -> UUID:
        """Another case of the resident, in the posted member's hands."""
        case_id = await report(self.town, self.resident, self.grid_id, **values)
        await do(self.town, dispatch.dispatch_case, case_id, self.secretary, handler_id=None)
        await do(self.town, dispatch.claim_case, case_id, self.posted)
        await do(self.town, dispatch.start_case, case_id, self.posted)
        return case_id

    async def share(self) -> list[CaseTask]:
        """Ask both departments."""
        ids = [department.id for department in self.departments]
        await do(self.town, tasks.assign_tasks, self.case_id, self.secretary, organization_ids=ids, **ASKED)
        return await self.tasks()

    async def conclude(self, case_id: UUID) -> None:
        """Resolve a case and tell the reporter."""
        await do(self.town, closing.resolve_case, case_id, self.posted, result="Done")
        await do(self.town, closing.give_feedback, case_id, self.posted, feedback="It is done")


@pytest.fixture
async def crew(daye: Town) -> Crew:
    grid = await daye.grid(daye.home, "grid-1")
    departments = [await daye.organization("subdistrict", code, daye.branch["city"]) for code in ("fire", "water")]
    crew = Crew(
        town=daye,
        grid_id=grid.id,
        case_id=UUID(int=0),
        resident=await daye.resident(grid),
        secretary=await daye.staff("first_secretary", at=daye.home),
        posted=await daye.staff("posted_member", at=daye.home),
        departments=(departments[0], departments[1]),
        officers=(
            await daye.staff("subdistrict_officer", at=departments[0]),
            await daye.staff("subdistrict_officer", at=departments[1]),
        ),
    )
    return replace(crew, case_id=await crew.begun())


async def test_a_case_with_two_departments_is_concluded_when_both_have_done_their_share(crew: Crew) -> None:
    """HS-06."""
    town, (fire, water) = crew.town, crew.officers
    result = {"result": "Checked"}
    assert await refused(town, tasks.complete_task, crew.case_id, fire, task_id=uuid7(), **result) == "NOT_FOUND"
    first, second = await crew.share()
    assert (first.status, first.asked, first.organization_id) == ("OPEN", "Look at the pipes", crew.departments[0].id)
    assert (first.assigned_by_id, first.closed_at) == (crew.secretary.member_id, None)
    assert await refused(town, closing.resolve_case, crew.case_id, crew.posted, result="Done") == "CASE_TASKS_OPEN"
    others = {"task_id": second.id, **result}
    assert await refused(town, tasks.complete_task, crew.case_id, fire, **others) == "FORBIDDEN"
    assert await refused(town, tasks.complete_task, crew.case_id, crew.posted, **others) == "FORBIDDEN"
    assert await refused(town, tasks.complete_task, crew.case_id, water, task_id=uuid7(), **result) == "NOT_FOUND"
    await do(town, tasks.complete_task, crew.case_id, fire, task_id=first.id, **result)
    assert await refused(town, closing.resolve_case, crew.case_id, crew.posted, result="Done") == "CASE_TASKS_OPEN"
    again = {"task_id": first.id, **result}
    assert await refused(town, tasks.complete_task, crew.case_id, fire, **again) == "CASE_TASK_CLOSED"
    await do(town, tasks.complete_task, crew.case_id, water, **others)
    await do(town, closing.resolve_case, crew.case_id, crew.posted, result="Done")
    done = await crew.tasks()
    assert [(task.status, task.result, task.closed_by_id) for task in done] == [
        ("DONE", "Checked", fire.member_id),
        ("DONE", "Checked", water.member_id),
    ]
    log = await town.log(crew.case_id)
    assert [(event.kind, event.note, event.actor_role) for event in log[4:7]] == [
        ("TASKS_ASSIGNED", "Look at the pipes", "first_secretary"),
        ("TASK_COMPLETED", "Checked", "subdistrict_officer"),
        ("TASK_COMPLETED", "Checked", "subdistrict_officer"),
    ]
    assert [task.closed_at for task in done] == [event.at for event in log[5:7]]
    assert (await crew.facts()).tasks_open == frozenset()


async def test_a_department_acts_on_nothing_but_its_share(crew: Crew) -> None:
    town, fire = crew.town, crew.officers[0]
    (task, _other) = await crew.share()
    assert await refused(town, closing.resolve_case, crew.case_id, fire, result="Done") == "FORBIDDEN"
    assert await refused(town, dispatch.release_case, crew.case_id, fire, reason="Ours") == "FORBIDDEN"
    canceled = {"task_id": task.id, "reason": "Not ours"}
    assert await refused(town, tasks.cancel_task, crew.case_id, fire, **canceled) == "FORBIDDEN"
    assert await refused(town, intake.reject_case, crew.case_id, fire, reason="Ours") == "FORBIDDEN"


async def test_a_canceled_task_is_waited_for_no_longer_and_shows_the_case_no_longer(crew: Crew) -> None:
    town, fire = crew.town, crew.officers[0]
    (task, other) = await crew.share()
    assert await refused(town, tasks.cancel_task, crew.case_id, crew.secretary, task_id=task.id, reason="") == (
        "REASON_REQUIRED"
    )
    await do(town, tasks.cancel_task, crew.case_id, crew.secretary, task_id=task.id, reason="No pipes there")
    assert await refused(town, tasks.complete_task, crew.case_id, fire, task_id=task.id, result="Done") == "NOT_FOUND"
    await do(town, tasks.complete_task, crew.case_id, crew.officers[1], task_id=other.id, result="Checked")
    await do(town, closing.resolve_case, crew.case_id, crew.posted, result="Done")
    (canceled, _done) = await crew.tasks()
    assert (canceled.status, canceled.result, canceled.closed_by_id) == (
        "CANCELED",
        "No pipes there",
        crew.secretary.member_id,
    )


async def test_what_cannot_be_assigned(crew: Crew, jiamusi: Town) -> None:
    town, home = crew.town, crew.town.home

    async def code(actor: Actor, *organizations: UUID, text: str = "Look") -> str:
        given = {"organization_ids": organizations, "text": text}
        return await refused(town, tasks.assign_tasks, crew.case_id, actor, **given)

    assert await code(crew.posted, home.id) == "FORBIDDEN"
    assert await code(crew.officers[0], crew.departments[0].id) == "NOT_FOUND"
    assert await code(crew.secretary) == "CASE_TASK_LIMIT"
    assert await code(crew.secretary, uuid7()) == "NOT_FOUND"
    assert await code(crew.secretary, home.id, jiamusi.home.id) == "NOT_FOUND"
    assert await code(crew.secretary, home.id, text=" ") == "TEXT_REQUIRED"
    await crew.share()
    assert await code(crew.secretary, home.id, crew.departments[1].id) == "CASE_TASK_EXISTS"
    await do(town, intake.withdraw_case, crew.case_id, crew.resident, reason=None)
    assert await code(crew.secretary, home.id) == "CASE_WRONG_STATUS"


async def test_a_case_that_is_withdrawn_takes_its_tasks_with_it(crew: Crew) -> None:
    town, fire = crew.town, crew.officers[0]
    (task, other) = await crew.share()
    await do(town, tasks.complete_task, crew.case_id, fire, task_id=task.id, result="Checked")
    await do(town, intake.withdraw_case, crew.case_id, crew.resident, reason=None)
    withdrawn = (await town.log(crew.case_id))[-1]
    (done, canceled) = await crew.tasks()
    assert (done.status, done.shares, done.closed_by_id) == ("DONE", False, fire.member_id)
    assert (canceled.id, canceled.status, canceled.shares) == (other.id, "CANCELED", False)
    assert (canceled.closed_by_id, canceled.closed_at) == (None, withdrawn.at)
    assert (await crew.facts()).tasks_open == frozenset()
    given = {"task_id": other.id, "result": "Too late"}
    assert await refused(town, tasks.complete_task, crew.case_id, crew.officers[1], **given) == "NOT_FOUND"


async def test_of_many_departments_that_finish_at_once_each_gets_through_by_trying_again(crew: Crew) -> None:
    """The case's version lets one through at a time; nobody's share is lost or done twice."""
    town = crew.town
    city = town.branch["city"]
    departments = [await town.organization("subdistrict", f"d{n}", city) for n in range(12)]
    officers = [await town.staff("subdistrict_officer", at=department) for department in departments]
    ids = [department.id for department in departments]
    await do(town, tasks.assign_tasks, crew.case_id, crew.secretary, organization_ids=ids, **ASKED)
    by_department = {task.organization_id: task.id for task in await crew.tasks()}
    before = await town.version(crew.case_id)

    async def finish(officer: Actor, department: Organization, seen: int) -> int:
        """How often it was tried."""
        tries, version = 1, seen
        while True:
            given = {"task_id": by_department[department.id], "result": f"Done by {department.code}"}
            try:
                await do(town, tasks.complete_task, crew.case_id, officer, expected_version=version, **given)
            except AppError as error:
                assert error.code == "VERSION_CONFLICT"  # noqa: PT017 - whoever is refused tries again
                tries, version = tries + 1, await town.version(crew.case_id)
            else:
                return tries

    tries = await asyncio.gather(
        *[finish(officer, department, before) for officer, department in zip(officers, departments, strict=True)]
    )
    assert tries.count(1) == 1
    assert await town.version(crew.case_id) == before + 12
    assert {task.result for task in await crew.tasks()} == {f"Done by d{n}" for n in range(12)}
    kinds = [event.kind for event in await town.log(crew.case_id)]
    assert kinds[before:] == ["TASK_COMPLETED"] * 12
    assert (await crew.facts()).tasks_open == frozenset()


async def test_three_allegations_need_three_answers(crew: Crew) -> None:
    """FD-04: one by one."""
    town = crew.town
    points = ("Noise at night", "Who pays?", "A blocked stair")
    case_id = await crew.begun(allegations=points)
    await do(town, closing.resolve_case, case_id, crew.posted, result="Done")
    listed = await crew.allegations(case_id)
    assert [(each.number, each.text, each.answer) for each in listed] == [
        (1, points[0], None),
        (2, points[1], None),
        (3, points[2], None),
    ]
    answers = ["Quiet since", "Nobody", "Cleared"]
    for each, answer in zip(listed[1:], answers[1:], strict=True):
        assert await refused(town, closing.give_feedback, case_id, crew.posted, feedback="Done") == (
            "CASE_ALLEGATIONS_UNANSWERED"
        )
        given = {"allegation_id": each.id, "answer": answer}
        assert await refused(town, allegations.answer_allegation, case_id, crew.resident, **given) == "FORBIDDEN"
        await do(town, allegations.answer_allegation, case_id, crew.posted, **given)
        assert await refused(town, allegations.answer_allegation, case_id, crew.posted, **given) == (
            "CASE_ALLEGATION_ANSWERED"
        )
    assert await refused(town, closing.archive_case, case_id, crew.secretary) == "CASE_STEPS_MISSING"
    given = {"allegation_id": listed[0].id, "answer": answers[0]}
    assert await refused(town, allegations.answer_allegation, crew.case_id, crew.posted, **given) == "NOT_FOUND"
    await do(town, allegations.answer_allegation, case_id, crew.posted, **given)
    await do(town, closing.give_feedback, case_id, crew.posted, feedback="All done")
    assert [(each.answer, each.answered_by_id) for each in await crew.allegations(case_id)] == [
        (answer, crew.posted.member_id) for answer in answers
    ]
    await do(town, closing.reopen_case, case_id, crew.resident, reason="Still noisy")
    assert [(each.answer, each.answered_at) for each in await crew.allegations(case_id)] == [
        (answer, None) for answer in answers
    ]
    assert (await crew.facts(case_id)).answered == frozenset()


async def test_what_is_alleged_is_part_of_the_report(crew: Crew) -> None:
    town = crew.town

    async def code(*points: str) -> str:
        with pytest.raises(AppError) as caught:
            await report(town, crew.resident, crew.grid_id, allegations=points, key="points")
        return caught.value.code

    assert await code(*["x"] * 21) == "CASE_ALLEGATION_LIMIT"
    assert await code("x", " ") == "TEXT_REQUIRED"
    assert await code("x" * 1001) == "TEXT_TOO_LONG"
    first = await report(town, crew.resident, crew.grid_id, allegations=("one", "two"), key="points")
    assert await report(town, crew.resident, crew.grid_id, allegations=("one", "two"), key="points") == first
    assert await code("one") == "IDEMPOTENCY_KEY_REUSED"
    assert len(await crew.allegations(first)) == 2


async def test_a_supervisor_who_did_not_handle_the_case_scores_it_once(crew: Crew) -> None:
    """A-10: apart from the reporter's rating."""
    town = crew.town
    chief = await town.staff("community_secretary", at=town.home)
    elsewhere = crew.officers[0]
    score = {"score": 4, "remark": "Quick"}
    assert await refused(town, appraisal.score_case, crew.case_id, chief, **score) == "CASE_WRONG_STATUS"
    await crew.conclude(crew.case_id)
    assert await refused(town, appraisal.score_case, crew.case_id, crew.secretary, **score) == "FORBIDDEN"
    assert await refused(town, appraisal.score_case, crew.case_id, elsewhere, **score) == "NOT_FOUND"
    assert await refused(town, appraisal.score_case, crew.case_id, crew.resident, **score) == "FORBIDDEN"
    assert await refused(town, appraisal.score_case, crew.case_id, chief, score=6, remark=None) == (
        "CASE_SCORE_NOT_ON_SCALE"
    )
    await do(town, appraisal.score_case, crew.case_id, chief, **score)
    assert await refused(town, appraisal.score_case, crew.case_id, chief, **score) == "CASE_ALREADY_SCORED"
    case = await town.case(crew.case_id)
    assert (case.score, case.score_remark, case.rating, case.status) == (4, "Quick", None, "FEEDBACK_GIVEN")
    await do(town, closing.rate_case, crew.case_id, crew.resident, rating=Rating.NEUTRAL, comment=None)
    await do(town, closing.reopen_case, crew.case_id, crew.resident, reason="Not yet")
    case = await town.case(crew.case_id)
    assert (case.score, case.score_remark) == (None, None)


async def test_who_concluded_a_case_does_not_score_it_even_when_it_was_handed_up(crew: Crew) -> None:
    town = crew.town
    officer = await town.staff("subdistrict_officer", at=town.branch["subdistrict"])
    await do(town, escalation.escalate_case, crew.case_id, crew.posted, reason="Too big")
    await do(town, closing.resolve_case, crew.case_id, officer, result="Done")
    assert await refused(town, appraisal.score_case, crew.case_id, officer, score=5, remark=None) == "CASE_OWN_SERVICE"


async def test_a_return_visit_that_finds_nothing_solved_lets_the_visitor_reopen(crew: Crew) -> None:
    """HS-06, T22."""
    town, visitor = crew.town, crew.secretary
    await crew.conclude(crew.case_id)
    reason = {"reason": "The reporter is not helped"}
    assert await refused(town, closing.reopen_case, crew.case_id, visitor, **reason) == "CASE_NOT_VISITED"
    found = {"effect": VisitEffect.PARTLY, "text": "Half of it"}
    assert await refused(town, appraisal.record_return_visit, crew.case_id, crew.posted, **found) == "FORBIDDEN"
    await do(town, appraisal.record_return_visit, crew.case_id, visitor, **found)
    assert await refused(town, closing.reopen_case, crew.case_id, visitor, **reason) == "CASE_NOT_VISITED"
    await do(
        town,
        appraisal.record_return_visit,
        crew.case_id,
        visitor,
        effect=VisitEffect.NOT_SOLVED,
        text="Full again",
    )
    case = await town.case(crew.case_id)
    visited = (await town.log(crew.case_id))[-1]
    assert (case.visit_effect, case.visit_text, case.visited_at) == ("NOT_SOLVED", "Full again", visited.at)
    await do(town, closing.reopen_case, crew.case_id, visitor, **reason)
    case = await town.case(crew.case_id)
    assert (case.status, case.visit_effect, case.visit_text, case.visited_at) == ("IN_PROGRESS", None, None, None)


async def test_cases_are_linked_with_those_one_sees_and_unlinked_again(crew: Crew) -> None:
    """HH-15."""
    town, secretary = crew.town, crew.secretary
    river = await town.organization("community", "river", town.branch["subdistrict"])
    far = await report(town, await town.resident(await town.grid(river, "far")), (await town.grid(river, "far-2")).id)
    second, third, fourth = [await report(town, crew.resident, crew.grid_id) for _ in range(3)]
    link = bundles.link_cases
    assert await refused(town, link, crew.case_id, secretary, other_case_id=far) == "NOT_FOUND"
    assert await refused(town, link, crew.case_id, secretary, other_case_id=crew.case_id) == "CASE_LINKED_ALREADY"
    assert await refused(town, link, crew.case_id, crew.resident, other_case_id=second) == "FORBIDDEN"
    await do(town, link, crew.case_id, secretary, other_case_id=second)
    bundle = (await town.case(crew.case_id)).bundle_id
    assert bundle is not None
    assert (await town.case(second)).bundle_id == bundle
    assert [(await town.log(case_id))[-1].kind for case_id in (crew.case_id, second)] == ["LINKED", "LINKED"]
    assert await refused(town, link, second, secretary, other_case_id=crew.case_id) == "CASE_LINKED_ALREADY"
    await do(town, link, third, secretary, other_case_id=second)
    assert (await town.case(third)).bundle_id == bundle
    await do(town, link, fourth, secretary, other_case_id=await report(town, crew.resident, crew.grid_id))
    assert await refused(town, link, third, secretary, other_case_id=fourth) == "CASE_LINKED_ELSEWHERE"
    await do(town, bundles.unlink_case, second, secretary)
    assert [(await town.case(case_id)).bundle_id for case_id in (crew.case_id, second, third)] == [bundle, None, bundle]
    assert await refused(town, bundles.unlink_case, second, secretary) == "CASE_NOT_LINKED"


async def test_two_who_link_the_same_cases_crosswise_do_not_wait_for_each_other(crew: Crew) -> None:
    town = crew.town
    other = await report(town, crew.resident, crew.grid_id)
    versions = {case_id: await town.version(case_id) for case_id in (crew.case_id, other)}
    pairs = [(crew.case_id, other), (other, crew.case_id)] * 4
    results = await asyncio.gather(
        *[
            do(
                town,
                bundles.link_cases,
                one,
                crew.secretary,
                other_case_id=two,
                expected_version=versions[one],
            )
            for one, two in pairs
        ],
        return_exceptions=True,
    )
    assert [result for result in results if result is None] == [None]
    assert {error.code for error in results if isinstance(error, AppError)} == {"VERSION_CONFLICT"}
    assert [await town.version(case_id) for case_id in (crew.case_id, other)] == [
        versions[crew.case_id] + 1,
        versions[other] + 1,
    ]
