"""The whole way of a case through the services, and who is kept off it."""

from __future__ import annotations

import pytest

from server.cases.service import closing, dispatch, escalation, hops, intake
from server.cases.states import CaseStatus, EventKind, Rating, Severity, Track
from server.errors import AppError
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town


async def test_daye_orders_dispatches_claims_serves_and_rates(daye: Town) -> None:
    """DY-08: residents order, the community dispatches, members claim, residents rate."""
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    posted = await daye.staff("posted_member", at=daye.home, home=daye.branch["city"], posted=True)

    case_id = await report(daye, resident, grid.id)
    case = await daye.case(case_id)
    assert (case.number, case.track, case.status) == (
        f"DAYE-{case.reported_at.year}-000001",
        "SERVICE_ORDER",
        "REPORTED",
    )
    assert (case.reporter_id, case.organization_id, case.level) == (resident.resident_id, daye.home.id, "community")
    assert case.due_at is not None
    assert (case.due_at - case.reported_at).days == 10

    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, case_id, posted)
    await do(daye, dispatch.start_case, case_id, posted)
    await do(daye, closing.resolve_case, case_id, posted, result="Emptied")
    await do(daye, closing.give_feedback, case_id, posted, feedback="They are empty now")
    await do(daye, closing.rate_case, case_id, resident, rating=Rating.VERY_SATISFIED, comment="Thank you")
    await do(daye, closing.archive_case, case_id, secretary)

    case = await daye.case(case_id)
    assert (case.status, case.version, case.rating) == ("ARCHIVED", 8, "VERY_SATISFIED")
    assert (case.result, case.rating_comment) == ("Emptied", "Thank you")
    assert (case.claimant_id, case.handler_id) == (posted.member_id, posted.member_id)
    assert case.strike_off_number == f"DAYE-X{case.reported_at.year}-000001"
    log = await daye.log(case_id)
    assert [(event.kind, event.actor_role) for event in log] == [
        ("REPORTED", "resident"),
        ("DISPATCHED", "first_secretary"),
        ("CLAIMED", "posted_member"),
        ("STARTED", "posted_member"),
        ("RESOLVED", "posted_member"),
        ("FEEDBACK_GIVEN", "posted_member"),
        ("RATED", "resident"),
        ("ARCHIVED", "first_secretary"),
    ]
    assert [event.note for event in log] == [None, None, None, None, "Emptied", "They are empty now", "Thank you", None]
    assert [(event.seq, f"Case{''.join(word.title() for word in event.kind.split('_'))}") for event in log] == (
        await daye.events(case_id)
    )
    assert [(work.step, work.outcome) for work in await daye.due_work(case_id)] == [("0.1", "CANCELED")]


async def test_daye_only_the_first_secretary_of_the_community_dispatches(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    neighbors = await daye.organization("community", "river", daye.branch["subdistrict"])
    resident = await daye.resident(grid)
    posted = await daye.staff("posted_member", at=daye.home)
    case_id = await report(daye, resident, grid.id)

    assert await refused(daye, dispatch.dispatch_case, case_id, posted, handler_id=None) == "FORBIDDEN"
    assert await refused(daye, dispatch.dispatch_case, case_id, resident, handler_id=None) == "FORBIDDEN"
    officer = await daye.staff("subdistrict_officer", at=daye.branch["subdistrict"])
    assert await refused(daye, dispatch.dispatch_case, case_id, officer, handler_id=None) == "FORBIDDEN"
    elsewhere = await daye.staff("first_secretary", at=neighbors)
    assert await refused(daye, dispatch.dispatch_case, case_id, elsewhere, handler_id=None) == "NOT_FOUND"


async def test_only_the_reporter_rates_and_only_once(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    other = await daye.grid(await daye.organization("community", "river", daye.branch["subdistrict"]), "grid-2")
    resident, stranger, neighbor = await daye.resident(grid), await daye.resident(other), await daye.resident(grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    posted = await daye.staff("posted_member", at=daye.home)
    case_id = await report(daye, resident, grid.id)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, case_id, posted)
    await do(daye, dispatch.start_case, case_id, posted)
    await do(daye, closing.resolve_case, case_id, posted, result="Done")

    words = {"rating": Rating.SATISFIED, "comment": None}
    assert await refused(daye, closing.rate_case, case_id, stranger, **words) == "NOT_FOUND"
    assert await refused(daye, closing.rate_case, case_id, neighbor, **words) == "NOT_FOUND"
    assert await refused(daye, closing.rate_case, case_id, posted, **words) == "FORBIDDEN"
    assert await refused(daye, closing.archive_case, case_id, secretary) == "CASE_STEPS_MISSING"
    await do(daye, closing.rate_case, case_id, resident, **words)
    assert await refused(daye, closing.rate_case, case_id, resident, **words) == "CASE_ALREADY_RATED"


async def test_another_citys_actor_finds_nothing(daye: Town, jiamusi: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    case_id = await report(daye, await daye.resident(grid), grid.id)
    stranger = await jiamusi.staff("dispatcher", at=jiamusi.branch["city"])
    with pytest.raises(AppError) as caught:
        async with jiamusi.database.write(jiamusi.tenant_id) as session:
            await intake.accept_case(
                session, case_id=case_id, expected_version=1, policy=jiamusi.policy, actor=stranger
            )
    assert caught.value.code == "NOT_FOUND"


async def test_a_change_names_the_version_it_is_based_on(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    case_id = await report(daye, secretary, grid.id)
    await do(daye, intake.accept_case, case_id, secretary)
    with pytest.raises(AppError) as caught:
        await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None, expected_version=1)
    assert (caught.value.code, caught.value.field) == ("VERSION_CONFLICT", ("expectedVersion",))
    assert caught.value.params == {"version": 2, "expected": 1}
    assert (await daye.case(case_id)).version == 2


async def test_a_case_is_classified_and_sent_to_a_member_by_name(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    river = await daye.organization("community", "river", daye.branch["subdistrict"])
    resident = await daye.resident(grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    police = await daye.staff("police", home=daye.home)
    colleague = await daye.staff("police", home=daye.home)
    stranger = await daye.staff("police", home=river)
    case_id = await report(daye, resident, grid.id, "PARKING", track=Track.GRID_EVENT)
    triage = {"category": "ILLEGAL_BUILDING", "severity": Severity.COMPLEX, "containment": None, "reason": "Measured"}

    assert await refused(daye, intake.triage_case, case_id, secretary, **triage) == "CASE_WRONG_STATUS"
    await do(daye, intake.accept_case, case_id, secretary)
    unlisted = triage | {"category": "WEATHER"}
    assert await refused(daye, intake.triage_case, case_id, secretary, **unlisted) == "CATEGORY_NOT_LISTED"
    await do(daye, intake.triage_case, case_id, secretary, **triage)
    case = await daye.case(case_id)
    assert (case.category, case.severity, case.due_at) == ("ILLEGAL_BUILDING", "COMPLEX", None)
    assert [(work.step, work.outcome) for work in await daye.due_work(case_id)] == [("0.1", "CANCELED")]

    refusal = await refused(daye, dispatch.dispatch_case, case_id, secretary, handler_id=stranger.member_id)
    assert refusal == "NOT_FOUND"
    assert await refused(daye, dispatch.start_case, case_id, police) == "NOT_FOUND"
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=police.member_id)
    assert await refused(daye, dispatch.start_case, case_id, colleague) == "NOT_FOUND"
    await do(daye, dispatch.start_case, case_id, police)
    assert await refused(daye, closing.resolve_case, case_id, police, result=" ") == "RESULT_REQUIRED"
    await do(daye, closing.resolve_case, case_id, police, result="Removed")
    assert (await daye.case(case_id)).claimant_id is None


async def test_a_member_posted_to_the_community_can_be_named_though_at_home_elsewhere(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    posted = await daye.staff("posted_member", at=daye.home, home=daye.branch["city"], posted=True)
    case_id = await report(daye, secretary, grid.id, "PARKING", track=Track.COMPLAINT)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=posted.member_id)
    assert (await daye.case(case_id)).handler_id == posted.member_id


async def test_a_handler_gives_back_and_a_dispatcher_takes_back(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    posted, colleague = [await daye.staff("posted_member", at=daye.home) for _ in range(2)]
    case_id = await report(daye, secretary, grid.id)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, case_id, posted)
    reason = {"reason": "No ladder"}
    assert await refused(daye, dispatch.release_case, case_id, colleague, **reason) == "CASE_NOT_CLAIMANT"
    assert await refused(daye, dispatch.release_case, case_id, posted, reason="") == "REASON_REQUIRED"
    await do(daye, dispatch.release_case, case_id, posted, **reason)
    await do(daye, dispatch.claim_case, case_id, colleague)
    await do(daye, dispatch.release_case, case_id, secretary, reason="Needed elsewhere")
    assert [event.kind for event in (await daye.log(case_id))[3:]] == ["RELEASED", "CLAIMED", "TAKEN_BACK"]
    case = await daye.case(case_id)
    assert (case.status, case.claimant_id, case.handler_id) == ("DISPATCHED", None, None)


async def test_a_report_is_withdrawn_by_its_reporter_or_rejected_with_a_reason(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    first, second = await report(daye, resident, grid.id), await report(daye, resident, grid.id)
    assert await refused(daye, intake.withdraw_case, first, secretary, reason=None) == "FORBIDDEN"
    await do(daye, intake.withdraw_case, first, resident, reason=None)
    assert await refused(daye, intake.reject_case, second, secretary, reason=" ") == "REASON_REQUIRED"
    await do(daye, intake.reject_case, second, secretary, reason="Ask the water company")
    assert [(await daye.case(case_id)).status for case_id in (first, second)] == ["WITHDRAWN", "REJECTED"]
    for case_id in (first, second):
        assert [work.outcome for work in await daye.due_work(case_id)] == ["CANCELED"]
        assert await refused(daye, intake.accept_case, case_id, secretary) == "CASE_WRONG_STATUS"


async def test_a_reopened_case_has_a_whole_deadline_again(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    secretary = await daye.staff("first_secretary", at=daye.home)
    posted = await daye.staff("posted_member", at=daye.home)
    case_id = await report(daye, resident, grid.id)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, case_id, posted)
    await do(daye, dispatch.start_case, case_id, posted)
    await do(daye, closing.resolve_case, case_id, posted, result="Done")
    await do(daye, closing.rate_case, case_id, resident, rating=Rating.DISSATISFIED, comment="Not done")
    await do(daye, closing.reopen_case, case_id, resident, reason="Still full")
    case = await daye.case(case_id)
    assert (case.status, case.reopen_count, case.rating, case.rating_comment) == ("IN_PROGRESS", 1, None, None)
    reopened = (await daye.log(case_id))[-1]
    assert (reopened.kind, reopened.note) == (EventKind.REOPENED, "Still full")
    assert case.due_at is not None
    assert (case.due_at - reopened.at).days == 10
    assert [(work.step, work.outcome, work.due_at == case.due_at) for work in await daye.due_work(case_id)] == [
        ("0.1", "CANCELED", False),
        ("1.1", None, True),
    ]


async def test_a_grid_chief_acts_in_the_own_grid_only_and_not_after_it_was_handed_up(jiamusi: Town) -> None:
    grid, other = await jiamusi.grid(jiamusi.home, "grid-1"), await jiamusi.grid(jiamusi.home, "grid-2")
    chief, colleague = await jiamusi.staff("grid_chief", grid=grid), await jiamusi.staff("grid_chief", grid=other)
    case_id = await report(jiamusi, chief, grid.id, "AID", track=Track.DISPUTE)
    assert await refused(jiamusi, intake.accept_case, case_id, colleague) == "NOT_FOUND"
    await do(jiamusi, intake.accept_case, case_id, chief)
    await do(jiamusi, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    await do(jiamusi, dispatch.start_case, case_id, chief)
    await do(jiamusi, escalation.escalate_case, case_id, chief, reason="Two grids are part of it")
    assert (await jiamusi.case(case_id)).status == CaseStatus.IN_PROGRESS
    assert await refused(jiamusi, closing.resolve_case, case_id, chief, result="Settled") == "FORBIDDEN"
    secretary = await jiamusi.staff("community_secretary", at=jiamusi.branch["community"])
    await do(jiamusi, closing.resolve_case, case_id, secretary, result="Settled")
    assert await refused(jiamusi, closing.give_feedback, case_id, chief, feedback="Settled") == "CASE_NOT_RELAYED"
    await do(jiamusi, hops.relay_feedback, case_id, chief, feedback="Settled above")
    await do(jiamusi, closing.give_feedback, case_id, chief, feedback="Settled")
