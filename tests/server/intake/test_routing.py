"""Routing to a department's queue (HS-03, AQ-02): the nearest office, who sees it, who acts, and for how long."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.cases.service import dispatch, escalation, intake
from server.cases.service.access import locked_case
from server.cases.states import Track
from server.errors import AppError
from server.organizations.models import Organization
from tenants.context import Actor
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

ANSWERS = {"shop": "Willow Noodles"}


async def market(daye: Town) -> tuple[Organization, Actor]:
    """A market office beside the community, and its dispatcher."""
    found = await daye.organization("community", "market", daye.branch["subdistrict"], kind="market_office")
    return found, await daye.staff("first_secretary", at=found)


async def shown(daye: Town, actor: Actor, case_id: UUID) -> bool:
    """Whether the case exists for the actor."""
    async with daye.database.write(daye.tenant_id) as session:
        return await locked_case(session, case_id, actor=actor) is not None


async def test_a_case_waits_in_the_queue_of_the_nearest_office(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    assert (await daye.case(await report(daye, resident, grid.id, "MARKET", answers=ANSWERS))).queue_id is None
    far = await daye.organization("subdistrict", "city-market", daye.branch["city"], kind="market_office")
    case = await daye.case(await report(daye, resident, grid.id, "MARKET", answers=ANSWERS))
    assert (case.queue_id, case.queue_path) == (far.id, far.path)
    near = await daye.organization("community", "market", daye.branch["subdistrict"], kind="market_office")
    await daye.organization("community", "other-market", far, kind="market_office")
    case = await daye.case(await report(daye, resident, grid.id, "FOOD", answers=ANSWERS))
    assert (case.queue_id, case.queue_path) == (near.id, near.path)
    assert (await daye.case(await report(daye, resident, grid.id, "SANITATION"))).queue_id is None


async def test_the_office_sees_and_dispatches_what_waits_for_it_and_nothing_else(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    _office, clerk = await market(daye)
    stranger = await daye.staff(
        "first_secretary", at=await daye.organization("community", "far", daye.branch["subdistrict"])
    )
    waiting = await report(daye, resident, grid.id, "MARKET", answers=ANSWERS)
    other = await report(daye, resident, grid.id)
    for actor, case_id, expected in (
        (clerk, waiting, True),
        (clerk, other, False),
        (stranger, waiting, False),
        (await daye.staff("first_secretary", at=daye.home), waiting, True),
    ):
        assert await shown(daye, actor, case_id) is expected
    assert await refused(daye, dispatch.dispatch_case, other, clerk, handler_id=None) == "NOT_FOUND"
    await do(daye, intake.accept_case, waiting, clerk)
    await do(daye, dispatch.dispatch_case, waiting, clerk, handler_id=None)
    (reported, accepted, dispatched) = await daye.log(waiting)
    assert [event.actor_role for event in (reported, accepted, dispatched)] == [
        "resident",
        "first_secretary",
        "first_secretary",
    ]


async def test_a_member_of_the_office_claims_from_its_queue(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    office, clerk = await market(daye)
    place = await daye.organization("community", "far", daye.branch["subdistrict"])
    case_id = await report(daye, await daye.resident(grid), grid.id, "MARKET", answers=ANSWERS)
    await do(daye, dispatch.dispatch_case, case_id, clerk, handler_id=None)
    member = await daye.staff("posted_member", at=office, posted=True)
    assert await refused(daye, dispatch.claim_case, case_id, await daye.staff("posted_member", at=place)) == "NOT_FOUND"
    await do(daye, dispatch.claim_case, case_id, member)
    assert (await daye.case(case_id)).claimant_id == member.member_id


async def test_a_complaint_is_with_the_office_at_once(daye: Town) -> None:
    """AQ-02: no gatekeeper; the submission appears in the handler's queue at once."""
    grid = await daye.grid(daye.home, "grid-1")
    office, clerk = await market(daye)
    case = await daye.case(
        await report(daye, await daye.resident(grid), grid.id, "MARKET", track=Track.COMPLAINT, answers=ANSWERS)
    )
    assert (case.status, case.queue_path) == ("ACCEPTED", office.path)
    await do(daye, dispatch.dispatch_case, case.id, clerk, handler_id=clerk.member_id)


async def test_another_category_is_another_queue(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident, secretary = await daye.resident(grid), await daye.staff("first_secretary", at=daye.home)
    office, clerk = await market(daye)
    case_id = await report(daye, resident, grid.id, track=Track.GRID_EVENT)
    await do(daye, intake.accept_case, case_id, secretary)
    severity = (await daye.case(case_id)).severity
    words = {"severity": severity, "containment": None, "reason": None}
    await do(daye, intake.triage_case, case_id, secretary, category="FOOD", **words)
    assert (await daye.case(case_id)).queue_path == office.path
    assert await shown(daye, clerk, case_id)
    other = {"category": "SANITATION", "severity": None, "reason": "Rubbish, not food"}
    await do(daye, intake.reclassify_case, case_id, secretary, **other)
    assert (await daye.case(case_id)).queue_id is None


async def test_a_case_handed_up_is_no_longer_the_offices_to_act_on(daye: Town) -> None:
    """T12: whoever asks for help hands it over; who saw it goes on seeing it."""
    grid = await daye.grid(daye.home, "grid-1")
    _office, clerk = await market(daye)
    case_id = await report(daye, await daye.resident(grid), grid.id, "MARKET", track=Track.COMPLAINT, answers=ANSWERS)
    handler = await daye.staff("grid_worker", grid=grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=handler.member_id)
    await do(daye, dispatch.start_case, case_id, handler)
    await do(daye, escalation.escalate_case, case_id, clerk, reason="Beyond us")
    assert await refused(daye, escalation.escalate_case, case_id, clerk, reason="Again") == "FORBIDDEN"
    assert await shown(daye, clerk, case_id)


async def test_answers_are_checked_and_kept(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    case = await daye.case(await report(daye, resident, grid.id, "FOOD", answers={"seenOn": "2026-11-01", **ANSWERS}))
    assert case.answers == {"shop": "Willow Noodles", "seenOn": "2026-11-01"}
    for answers, field in ((None, "shop"), ({"shop": 7}, "shop"), ({**ANSWERS, "seenOn": "soon"}, "seenOn")):
        with pytest.raises(AppError) as caught:
            await report(daye, resident, grid.id, "FOOD", answers=answers)
        assert caught.value.field == ("answers", field)
    assert (await daye.case(await report(daye, resident, grid.id, answers={}))).answers is None
