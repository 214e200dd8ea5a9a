"""Two reports of one matter, and a refusal that is appealed against (T3, T4)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from server.cases.service import dispatch, intake, merging
from server.cases.states import Track
from server.errors import AppError
from tenants.context import Actor
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

BECAUSE = {"reason": "The same bins"}


async def twins(town: Town) -> tuple[UUID, UUID, Actor, Actor, Actor]:
    """Two reports of one matter by two residents, these, and who dispatches there."""
    grid = await town.grid(town.home, "grid-1")
    resident, neighbor = await town.resident(grid), await town.resident(grid)
    secretary = await town.staff("first_secretary", at=town.home)
    first, second = await report(town, resident, grid.id), await report(town, neighbor, grid.id)
    return first, second, resident, neighbor, secretary


async def test_a_merged_case_ends_and_the_one_that_stays_remains_its_reporters_alone(daye: Town) -> None:
    first, second, resident, neighbor, secretary = await twins(daye)
    words = {"reason": None}
    assert await refused(daye, intake.withdraw_case, first, neighbor, **words) == "NOT_FOUND"
    assert await refused(daye, merging.merge_case, second, neighbor, into_case_id=first, **BECAUSE) == "NOT_FOUND"
    await do(daye, merging.merge_case, second, secretary, into_case_id=first, **BECAUSE)

    merged = await daye.case(second)
    assert (merged.status, merged.merged_into_id, merged.version) == ("MERGED", first, 2)
    assert [work.outcome for work in await daye.due_work(second)] == ["CANCELED"]
    assert [(event.kind, event.note) for event in await daye.log(second)] == [
        ("REPORTED", None),
        ("MERGED", "The same bins"),
    ]
    assert await refused(daye, intake.withdraw_case, first, neighbor, **words) == "NOT_FOUND"
    assert await refused(daye, intake.withdraw_case, second, resident, **words) == "NOT_FOUND"
    assert await refused(daye, intake.withdraw_case, second, neighbor, **words) == "CASE_WRONG_STATUS"


async def test_only_what_is_alike_and_open_is_merged(daye: Town) -> None:
    first, second, resident, _, secretary = await twins(daye)
    grid_id = (await daye.case(first)).grid_id
    elsewhere = await daye.grid(daye.home, "grid-2")
    other_matter = await report(daye, resident, grid_id, "PARKING")
    other_place = await report(daye, resident, elsewhere.id)
    river = await daye.organization("community", "river", daye.branch["subdistrict"])
    unseen = await report(daye, resident, (await daye.grid(river, "grid-3")).id)
    refusals = {
        other_matter: "CASE_NOT_ALIKE",
        other_place: "CASE_NOT_ALIKE",
        unseen: "NOT_FOUND",
        first: "CASE_NOT_ALIKE",
    }
    for into, code in refusals.items():
        assert await refused(daye, merging.merge_case, first, secretary, into_case_id=into, **BECAUSE) == code
    await do(daye, merging.merge_case, second, secretary, into_case_id=first, **BECAUSE)
    third = await report(daye, resident, grid_id)
    assert await refused(daye, merging.merge_case, third, secretary, into_case_id=second, **BECAUSE) == "CASE_NOT_OPEN"
    assert await refused(daye, merging.merge_case, first, secretary, into_case_id=third, **BECAUSE) == "CASE_HAS_MERGED"
    await do(daye, dispatch.dispatch_case, third, secretary, handler_id=None)
    refusal = await refused(daye, merging.merge_case, third, secretary, into_case_id=first, **BECAUSE)
    assert refusal == "CASE_WRONG_STATUS"


async def test_of_two_that_are_merged_into_each_other_one_stays(daye: Town) -> None:
    first, second, _, _, secretary = await twins(daye)
    results = await asyncio.gather(
        do(daye, merging.merge_case, first, secretary, into_case_id=second, expected_version=1, **BECAUSE),
        do(daye, merging.merge_case, second, secretary, into_case_id=first, expected_version=1, **BECAUSE),
        return_exceptions=True,
    )
    codes = [error.code for error in results if isinstance(error, AppError)]
    assert (results.count(None), codes) in [(1, ["CASE_NOT_OPEN"]), (1, ["CASE_HAS_MERGED"])]
    assert sorted([(await daye.case(case_id)).status for case_id in (first, second)]) == ["MERGED", "REPORTED"]


async def test_a_refusal_is_appealed_against_once_by_the_reporter(daye: Town) -> None:
    first, _, resident, neighbor, secretary = await twins(daye)
    because = {"reason": "It is the city's own land"}
    await do(daye, intake.reject_case, first, secretary, reason="Not ours", turn_to="Water company, 96137")
    case = await daye.case(first)
    assert (case.status, case.turn_to) == ("REJECTED", "Water company, 96137")
    assert await refused(daye, intake.appeal_case, first, neighbor, **because) == "NOT_FOUND"
    assert await refused(daye, intake.appeal_case, first, secretary, **because) == "FORBIDDEN"
    assert await refused(daye, intake.appeal_case, first, resident, reason=" ") == "REASON_REQUIRED"
    await do(daye, intake.appeal_case, first, resident, **because)
    case, appeal = await daye.case(first), (await daye.log(first))[-1]
    assert (case.status, case.appealed_at, appeal.actor_role) == ("REPORTED", appeal.at, "resident")
    assert case.due_at is not None
    assert (case.due_at - appeal.at).days == 10
    assert [(work.step, work.outcome) for work in await daye.due_work(first)] == [("0.1", "CANCELED"), ("1.1", None)]
    await do(daye, intake.reject_case, first, secretary, reason="Still not ours", turn_to=None)
    assert await refused(daye, intake.appeal_case, first, resident, **because) == "CASE_ALREADY_APPEALED"


@pytest.mark.parametrize("track", [Track.SERVICE_ORDER, Track.COMPLAINT])
async def test_whoever_reports_by_an_account_alone_may_take_the_report_back(daye: Town, track: Track) -> None:
    """The account that reported sees its report, in reads as in changes."""
    grid = await daye.grid(daye.home, "grid-1")
    volunteer = await daye.staff("volunteer", home=daye.home)
    case_id = await report(daye, volunteer, grid.id, track=track)
    assert (await daye.case(case_id)).reporter_id is None
    stranger = await daye.staff("volunteer", home=daye.home)
    assert await refused(daye, intake.withdraw_case, case_id, stranger, reason=None) == "NOT_FOUND"
    await do(daye, intake.withdraw_case, case_id, volunteer, reason=None)
    assert (await daye.case(case_id)).status == "WITHDRAWN"
