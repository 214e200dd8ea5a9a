"""Jiamusi's eight steps, and what goes up and down on the way (JM-09, JM-23, T12, T13, T16)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from server.cases.service import closing, dispatch, escalation, hops, intake, progress, supervision
from server.cases.states import Rating, Severity, Track
from server.publications.service import publishing
from server.publications.service.drafting import Desk
from tenants.context import Actor
from tenants.keys import Keyring
from tests.conftest import SECRET
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

TRIAGE = {"category": "FIRE_HAZARD", "severity": Severity.GENERAL, "containment": None, "reason": None}
BECAUSE = {"reason": "Beyond our means"}


@dataclass(frozen=True, slots=True)
class Crew:
    """A grid's resident and chief, and those above; the chief holds a case that is in progress."""

    town: Town
    case_id: UUID
    resident: Actor
    chief: Actor
    secretary: Actor
    officer: Actor


@pytest.fixture
async def crew(jiamusi: Town) -> Crew:
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    resident = await jiamusi.resident(grid)
    chief = await jiamusi.staff("grid_chief", grid=grid)
    secretary = await jiamusi.staff("community_secretary", at=jiamusi.branch["community"])
    officer = await jiamusi.staff("subdistrict_officer", at=jiamusi.branch["subdistrict"])
    case_id = await report(jiamusi, resident, grid.id, "HAZARD", track=Track.GRID_EVENT)
    await do(jiamusi, intake.accept_case, case_id, chief)
    await do(jiamusi, intake.triage_case, case_id, chief, **TRIAGE)
    await do(jiamusi, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    await do(jiamusi, dispatch.start_case, case_id, chief)
    return Crew(jiamusi, case_id, resident, chief, secretary, officer)


async def steps_of(town: Town, case_id: UUID) -> list[tuple[str | None, str]]:
    return [(event.step, event.actor_role) for event in await town.log(case_id) if event.step]


async def test_the_steps_are_stamped_in_order_by_whom_and_when(crew: Crew) -> None:
    town, case_id = crew.town, crew.case_id
    urge = {"text": "When will it be done?"}
    assert await refused(town, supervision.urge_case, case_id, crew.secretary, **urge) == "CASE_NOT_TRACKED"
    assert await refused(town, supervision.track_case, case_id, crew.chief, text=None) == "FORBIDDEN"
    await do(town, progress.progress_case, case_id, crew.chief, text="Ordered", **nothing_more())
    assert (await town.case(case_id)).supervision == "TRACKED"
    await do(town, supervision.urge_case, case_id, crew.secretary, **urge)
    case = await town.case(case_id)
    assert (case.supervision, case.urged_at) == ("URGED", (await town.log(case_id))[-1].at)
    assert await refused(town, supervision.urge_case, case_id, crew.officer, **urge) == "CASE_URGE_OPEN"
    await do(town, closing.resolve_case, case_id, crew.chief, result="Cleared")
    told = {"feedback": "It is cleared"}
    assert await refused(town, closing.give_feedback, case_id, crew.chief, **told) == "CASE_URGE_OPEN"
    assert await refused(town, supervision.answer_urge, case_id, crew.secretary, text="Soon") == "CASE_NOT_HANDLER"
    await do(town, supervision.answer_urge, case_id, crew.chief, text="Done yesterday")
    case = await town.case(case_id)
    assert (case.supervision, case.urged_at) == ("TRACKED", None)
    await do(town, closing.give_feedback, case_id, crew.chief, **told)
    assert await refused(town, closing.archive_case, case_id, crew.chief) == "CASE_STEPS_MISSING"
    await do(town, closing.rate_case, case_id, crew.resident, rating=Rating.SATISFIED, comment=None)
    await waive_publication(crew)
    await do(town, closing.archive_case, case_id, crew.chief)
    assert await steps_of(town, case_id) == [
        ("ACCEPTED", "grid_chief"),
        ("TRIAGED", "grid_chief"),
        ("TRACKED", "grid_chief"),
        ("URGED", "community_secretary"),
        ("FEEDBACK_GIVEN", "grid_chief"),
        ("RATED", "resident"),
        ("PUBLISHED", "community_secretary"),
        ("ARCHIVED", "grid_chief"),
    ]


async def test_what_is_solved_at_once_needs_no_urge_but_says_so(crew: Crew) -> None:
    """A-23."""
    town, case_id = crew.town, crew.case_id
    await do(town, closing.resolve_case, case_id, crew.chief, result="Cleared at once")
    assert await refused(town, closing.give_feedback, case_id, crew.chief, feedback="Done") == "CASE_STEPS_MISSING"
    assert await refused(town, supervision.waive_urge, case_id, crew.secretary, reason=" ") == "REASON_REQUIRED"
    await do(town, supervision.waive_urge, case_id, crew.secretary, reason="Solved at once")
    assert await refused(town, supervision.waive_urge, case_id, crew.officer, reason="Again") == "CASE_ALREADY_URGED"
    await do(town, closing.give_feedback, case_id, crew.chief, feedback="Done")
    assert [step for step, _ in await steps_of(town, case_id)][2:] == ["TRACKED", "URGED", "FEEDBACK_GIVEN"]


async def test_a_case_climbs_and_comes_back_one_level_at_a_time(crew: Crew) -> None:
    town, case_id = crew.town, crew.case_id
    assert await refused(town, hops.send_back_case, case_id, crew.chief, **BECAUSE) == "FORBIDDEN"
    assert await refused(town, hops.send_back_case, case_id, crew.secretary, **BECAUSE) == "CASE_NOT_CLIMBED"
    await do(town, escalation.escalate_case, case_id, crew.chief, **BECAUSE)
    await do(town, escalation.escalate_case, case_id, crew.secretary, **BECAUSE)
    assert (await town.case(case_id)).level == "subdistrict"
    assert await refused(town, hops.send_back_case, case_id, crew.secretary, **BECAUSE) == "FORBIDDEN"
    assert await refused(town, hops.send_back_case, case_id, crew.officer, reason="") == "REASON_REQUIRED"
    await do(town, hops.send_back_case, case_id, crew.officer, reason="Yours after all")
    case = await town.case(case_id)
    community = town.branch["community"]
    assert (case.level, case.organization_id, case.custody_path) == ("community", community.id, community.path)
    assert await refused(town, closing.resolve_case, case_id, crew.chief, result="Done") == "FORBIDDEN"
    await do(town, hops.send_back_case, case_id, crew.secretary, reason="Yours after all")
    case = await town.case(case_id)
    assert (case.level, case.organization_id, case.handler_id) == ("grid", town.home.id, None)
    assert await refused(town, hops.send_back_case, case_id, crew.secretary, **BECAUSE) == "CASE_NOT_CLIMBED"
    await do(town, closing.resolve_case, case_id, crew.chief, result="Done")
    levels = [event.level for event in await town.log(case_id)]
    assert levels == [*["grid"] * 5, "community", "subdistrict", "community", "grid", "grid"]


async def test_the_result_comes_back_through_every_level_that_handed_the_case_up(crew: Crew) -> None:
    """JM-23."""
    town, case_id = crew.town, crew.case_id
    await do(town, escalation.escalate_case, case_id, crew.chief, **BECAUSE)
    await do(town, escalation.escalate_case, case_id, crew.secretary, **BECAUSE)
    await do(town, closing.resolve_case, case_id, crew.officer, result="Cleared")
    waiver = {"reason": "Solved at once"}
    assert await refused(town, supervision.waive_urge, case_id, crew.secretary, **waiver) == "FORBIDDEN"
    assert await refused(town, supervision.waive_urge, case_id, crew.officer, **waiver) == "CASE_OWN_SERVICE"
    above = await town.staff("dispatcher", at=town.branch["city"])
    await do(town, supervision.waive_urge, case_id, above, **waiver)
    passed_on = {"feedback": "Cleared by the subdistrict"}
    assert await refused(town, closing.give_feedback, case_id, crew.chief, **passed_on) == "CASE_NOT_RELAYED"
    assert await refused(town, hops.relay_feedback, case_id, crew.chief, **passed_on) == "FORBIDDEN"
    await do(town, hops.relay_feedback, case_id, crew.secretary, **passed_on)
    await do(town, hops.relay_feedback, case_id, crew.chief, **passed_on)
    refusal = await refused(town, hops.relay_feedback, case_id, crew.chief, **passed_on)
    assert refusal == "CASE_NOTHING_TO_RELAY"
    await do(town, closing.give_feedback, case_id, crew.chief, **passed_on)
    assert [event.kind for event in (await town.log(case_id))[-3:]] == [
        "FEEDBACK_RELAYED",
        "FEEDBACK_RELAYED",
        "FEEDBACK_GIVEN",
    ]


async def waive_publication(crew: Crew) -> None:
    """The seventh step, without a copy; how there is one: tests/server/publications."""
    town = crew.town
    version = await town.version(crew.case_id)
    async with town.database.write(town.tenant_id) as session:
        await publishing.waive_publication(
            session,
            case_id=crew.case_id,
            expected_version=version,
            reason="Nothing of interest to others",
            desk=Desk(town.manifest, Keyring(SECRET, town.database)),
            actor=crew.secretary,
        )


def nothing_more() -> dict[str, None]:
    """What a word of progress can leave out."""
    return {"handling": None, "parties_consented": None, "field_check": None}
