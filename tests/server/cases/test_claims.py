"""The pool: of many who claim at once exactly one gets the case (T8)."""

from __future__ import annotations

import asyncio

import pytest

from server.cases.service import dispatch
from server.errors import AppError, Conflict
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town


async def test_of_twenty_who_claim_at_once_one_gets_the_case(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    members = [await daye.staff("posted_member", at=daye.home) for _ in range(20)]
    case_id = await report(daye, secretary, grid.id)
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    results = await asyncio.gather(
        *[do(daye, dispatch.claim_case, case_id, member, expected_version=2) for member in members],
        return_exceptions=True,
    )
    winners = [member for member, result in zip(members, results, strict=True) if result is None]
    assert len(winners) == 1
    assert {error.code for error in results if isinstance(error, AppError)} == {"CASE_ALREADY_CLAIMED"}
    case = await daye.case(case_id)
    assert (case.status, case.version, case.claimant_id) == ("CLAIMED", 3, winners[0].member_id)
    assert [event.kind for event in await daye.log(case_id)] == ["REPORTED", "DISPATCHED", "CLAIMED"]


async def test_only_members_who_serve_at_the_place_claim_from_the_pool(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    secretary = await daye.staff("first_secretary", at=daye.home)
    river = await daye.organization("community", "river", daye.branch["subdistrict"])
    case_id = await report(daye, secretary, grid.id)
    posted, elsewhere = await daye.staff("posted_member", at=daye.home), await daye.staff("posted_member", at=river)
    assert await refused(daye, dispatch.claim_case, case_id, posted) == "CASE_WRONG_STATUS"
    await do(daye, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    assert await refused(daye, dispatch.claim_case, case_id, elsewhere) == "NOT_FOUND"
    assert await refused(daye, dispatch.claim_case, case_id, secretary) == "FORBIDDEN"
    with pytest.raises(Conflict) as caught:
        await do(daye, dispatch.claim_case, case_id, posted, expected_version=1)
    assert caught.value.code == "VERSION_CONFLICT"
