"""Reporting: once per key, by the city's words, in order, in the right hands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import date

import pytest
from sqlalchemy import update

from server.cases.states import Track
from server.errors import AppError
from server.grids.models import Grid
from tenants.ids import uuid7
from tests.server.cases.steps import report
from tests.server.cases.towns import Town


async def code_of(awaitable: Awaitable[object]) -> str:
    with pytest.raises(AppError) as caught:
        await awaitable
    return caught.value.code


async def test_the_same_report_under_the_same_key_is_one_case(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident, neighbor = await daye.resident(grid), await daye.resident(grid)
    first = await report(daye, resident, grid.id, key="k1")
    assert await report(daye, resident, grid.id, key="k1") == first
    assert await code_of(report(daye, resident, grid.id, key="k1", title="Other")) == "IDEMPOTENCY_KEY_REUSED"
    assert await report(daye, neighbor, grid.id, key="k1") != first
    assert await report(daye, resident, grid.id, key="k2") != first


async def test_concurrent_retries_make_one_case_and_waste_no_number(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    ids = await asyncio.gather(*[report(daye, resident, grid.id, key="once") for _ in range(12)])
    assert len(set(ids)) == 1
    assert [event for _, event in await daye.events(ids[0])] == ["CaseReported"]
    after = await daye.case(await report(daye, resident, grid.id, key="twice"))
    assert after.number.endswith("-000002")


async def test_concurrent_reports_are_numbered_without_a_gap(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    ids = await asyncio.gather(*[report(daye, resident, grid.id, key=f"k{n}") for n in range(8)])
    numbers = sorted([(await daye.case(case_id)).number[-6:] for case_id in ids])
    assert numbers == [f"{n:06d}" for n in range(1, 9)]
    seqs = sorted([(await daye.log(case_id))[0].seq for case_id in ids])
    assert seqs == list(range(seqs[0], seqs[0] + 8))


async def test_a_complaint_is_accepted_at_once_by_nobody(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    case = await daye.case(await report(daye, resident, grid.id, track=Track.COMPLAINT))
    assert (case.status, case.version, case.accepted_at) == ("ACCEPTED", 2, case.reported_at)
    assert [(event.kind, event.actor_role) for event in await daye.log(case.id)] == [
        ("REPORTED", "resident"),
        ("ACCEPTED", "system"),
    ]
    assert [event for _, event in await daye.events(case.id)] == ["CaseReported", "CaseAccepted"]


async def test_the_category_decides_severity_and_the_usual_track(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    resident = await daye.resident(grid)
    dispute = await daye.case(await report(daye, resident, grid.id, "NEIGHBOR_DISPUTE"))
    assert (dispute.track, dispute.severity) == ("DISPUTE", "GENERAL")
    building = await daye.case(await report(daye, resident, grid.id, "ILLEGAL_BUILDING"))
    assert (building.track, building.severity, building.due_at) == ("SERVICE_ORDER", "COMPLEX", None)
    assert await daye.due_work(building.id) == []


async def test_a_grid_below_the_chain_is_in_the_hands_of_the_level_above_it(daye: Town) -> None:
    """Daye's compounds have grids, but orders begin at the community (DY-08)."""
    compound = await daye.organization("compound", "willow", daye.home)
    grid = await daye.grid(compound, "grid-1")
    case = await daye.case(await report(daye, await daye.resident(grid), grid.id))
    assert (case.path, case.custody_path) == (compound.path, daye.home.path)
    assert (case.organization_id, case.level) == (daye.home.id, "community")


async def test_staff_report_at_their_place_without_a_reporter(daye: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    other = await daye.grid(await daye.organization("community", "river", daye.branch["subdistrict"]), "grid-2")
    worker = await daye.staff("grid_worker", grid=grid)
    case = await daye.case(await report(daye, worker, grid.id))
    assert (case.reporter_id, case.reporter_account_id) == (None, worker.account_id)
    assert await code_of(report(daye, worker, other.id)) == "FORBIDDEN"


async def test_what_cannot_be_reported(daye: Town, jiamusi: Town) -> None:
    grid = await daye.grid(daye.home, "grid-1")
    closed = await daye.grid(daye.home, "grid-2")
    foreign = await jiamusi.grid(jiamusi.home, "grid-3")
    async with daye.database.write(daye.tenant_id) as session:
        await session.execute(
            update(Grid)
            .where(Grid.tenant_id == daye.tenant_id, Grid.id == closed.id)
            .values(valid_to=date(2021, 1, 1)),
        )
    resident = await daye.resident(grid)
    assert await code_of(report(daye, resident, uuid7())) == "NOT_FOUND"
    assert await code_of(report(daye, resident, foreign.id)) == "NOT_FOUND"
    assert await code_of(report(daye, resident, closed.id)) == "NOT_FOUND"
    assert await code_of(report(daye, resident, grid.id, "WEATHER")) == "CATEGORY_NOT_LISTED"
    assert await code_of(report(daye, resident, grid.id, title=" ")) == "TEXT_REQUIRED"
    assert await code_of(report(daye, resident, grid.id, title="x" * 201)) == "TEXT_TOO_LONG"
    assert await code_of(report(daye, resident, grid.id, description="a\x00b")) == "TEXT_INVALID"
    assert await code_of(report(daye, await daye.staff("analyst", at=daye.home), grid.id)) == "FORBIDDEN"
    case = await daye.case(await report(daye, resident, grid.id, title="x" * 200, description="y" * 4000))
    assert case.number.endswith("-000001")
