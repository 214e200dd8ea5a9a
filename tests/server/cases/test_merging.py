"""Two reports of one matter, and a refusal that is appealed against (T3, T4)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Integer, bindparam, select

from server.cases.replay import replay
from server.cases.service import closing, dispatch, intake, merging, progress
from server.cases.service.changes import read_log
from server.cases.states import Track
from server.cases.stream import visible_after
from server.errors import AppError
from tenants.context import Actor
from tenants.viewer import Viewer
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

BECAUSE = {"reason": "The same bins"}
PROGRESS = {"text": "On our way", "handling": None, "parties_consented": None, "field_check": None}


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


async def test_what_others_were_merged_into_is_not_withdrawn(daye: Town) -> None:
    """It goes on for their reporters, who have no other case (T4, T5)."""
    first, second, resident, _, secretary = await twins(daye)
    await do(daye, merging.merge_case, second, secretary, into_case_id=first, **BECAUSE)
    assert await refused(daye, intake.withdraw_case, first, resident, reason=None) == "CASE_HAS_MERGED"
    assert (await daye.case(first)).status == "REPORTED"


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


async def test_the_reporter_of_a_merged_case_hears_of_each_state_of_the_other_and_of_nothing_else(daye: Town) -> None:
    """T4, WH-16: an event of the merged case itself, in the same transaction; the other's own events stay unseen."""
    first, second, resident, neighbor, secretary = await twins(daye)
    posted = await daye.staff("posted_member", at=daye.home, posted=True)
    await do(daye, merging.merge_case, second, secretary, into_case_id=first, **BECAUSE)
    start = (await daye.log(second))[-1].seq
    await do(daye, dispatch.dispatch_case, first, secretary, handler_id=None)
    await do(daye, dispatch.claim_case, first, posted)
    await do(daye, dispatch.start_case, first, posted)
    await do(daye, progress.progress_case, first, posted, **PROGRESS)
    await do(daye, closing.resolve_case, first, posted, result="Emptied")
    await do(daye, closing.give_feedback, first, posted, feedback="They were emptied")
    await do(daye, closing.reopen_case, first, resident, reason="Full again")

    states = ["DISPATCHED", "CLAIMED", "IN_PROGRESS", "RESOLVED", "FEEDBACK_GIVEN", "IN_PROGRESS"]
    moves = [event for event in await daye.log(first) if event.from_status != event.to_status][-len(states) :]
    heard = [event for event in await daye.log(second) if event.seq > start]
    assert [event.to_status for event in moves] == states
    assert [(event.seq, event.at) for event in heard] == [(event.seq + 1, event.at) for event in moves]
    assert {
        (event.kind, event.from_status, event.to_status, event.actor_role, event.actor_member_id, event.note)
        for event in heard
    } == {("SURVIVOR_MOVED", "MERGED", "MERGED", "system", None, None)}
    assert [event.change for event in heard] == [{"dueAt": event.change["dueAt"]} for event in heard]
    merged = await daye.case(second)
    assert (merged.version, merged.status, merged.changed_at) == (2 + len(heard), "MERGED", heard[-1].at)
    async with daye.database.write(daye.tenant_id) as session:
        assert replay(await read_log(session, second, tenant_id=daye.tenant_id)).version == merged.version
    assert await streamed(daye, neighbor, start) == [second] * len(heard)
    assert first in await streamed(daye, resident, start)
    assert second not in await streamed(daye, resident, start)


async def streamed(town: Town, actor: Actor, after: int) -> list[UUID]:
    """The cases of the events above a number that the actor's stream brings, in order."""
    viewer = Viewer(actor)
    page = visible_after(viewer, bindparam("seq", after, BigInteger()), bindparam("limit", 100, Integer()))
    async with town.database.write(town.tenant_id) as session:
        found: Any = await session.scalar(select(page), viewer.values())
    return [UUID(row[2]) for row in found["rows"]]
