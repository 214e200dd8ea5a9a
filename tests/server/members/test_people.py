"""Entering members, naming chiefs, filling teams, posting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from server.errors import AppError
from server.events.models import Event
from server.grids.models import Grid, GridAssignment
from server.members.models import Member, Posting
from server.members.service.appointments import appoint_member
from server.members.service.people import create_member
from server.members.service.postings import post_member
from server.members.service.teams import assign_to_grid, set_grid_chief
from tenants.context import Actor
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town

DAY = date(2026, 3, 2)


async def do(town: Town, use_case: Callable[..., Awaitable[Any]], actor: Actor, **given: Any) -> Any:
    """One use case in one transaction."""
    async with town.services.transactions.open(actor) as session:
        return await use_case(session, **given, actor=actor)


async def code_of(town: Town, use_case: Callable[..., Awaitable[Any]], actor: Actor, **given: Any) -> str:
    """The code of its refusal."""
    with pytest.raises(AppError) as error:
        await do(town, use_case, actor, **given)
    return error.value.code


async def test_a_member_is_at_home_in_an_organization(town: Town) -> None:
    home = town.organizations[EAST]
    member_id = await do(town, create_member, town.system, organization_id=home, name="Invented", phone="+86 1380")
    (row,) = await town.rows(Member)
    assert (row.id, row.path, row.phone, row.status) == (member_id, town.paths[EAST], "+86 1380", "ACTIVE")
    assert [event.type for event in await town.rows(Event, subject_id=member_id)] == ["MemberCreated"]
    for given, code in (
        ({"organization_id": uuid7(), "name": "Invented"}, "NOT_FOUND"),
        ({"organization_id": home, "name": ""}, "TEXT_REQUIRED"),
        ({"organization_id": home, "name": "Invented", "phone": "x"}, "PHONE_INVALID"),
    ):
        assert await code_of(town, create_member, town.system, **given) == code
    await town.member("secretary", "first_secretary")
    secretary = await town.actor("secretary")
    assert await code_of(town, create_member, secretary, organization_id=home, name="Invented") == "FORBIDDEN"


async def test_a_grid_has_a_chief_or_nobody(town: Town) -> None:
    chief = await town.member("chief")
    grid_id = town.grids[EAST]
    await do(town, set_grid_chief, town.system, grid_id=grid_id, member_id=chief)
    assert [grid.chief_id for grid in await town.rows(Grid, id=grid_id)] == [chief]
    await do(town, set_grid_chief, town.system, grid_id=grid_id, member_id=None)
    assert [grid.chief_id for grid in await town.rows(Grid, id=grid_id)] == [None]
    assert [event.type for event in await town.rows(Event, subject_id=grid_id)] == ["GridChiefSet", "GridChiefSet"]
    assert await code_of(town, set_grid_chief, town.system, grid_id=grid_id, member_id=uuid7()) == "NOT_FOUND"
    assert await code_of(town, set_grid_chief, town.system, grid_id=uuid7(), member_id=chief) == "NOT_FOUND"


async def test_a_secretary_names_chiefs_in_the_own_community_only(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    neighbor = await town.member("neighbor", place=WEST)
    own = await town.member("own")
    secretary = await town.actor("secretary")
    await do(town, set_grid_chief, secretary, grid_id=town.grids[EAST], member_id=own)
    east, west = town.grids[EAST], town.grids[WEST]
    # A member of the other community is not even there for this secretary; the other grid is, but out of reach.
    assert await code_of(town, set_grid_chief, secretary, grid_id=east, member_id=neighbor) == "NOT_FOUND"
    assert await code_of(town, set_grid_chief, secretary, grid_id=west, member_id=own) == "FORBIDDEN"


async def test_a_place_in_a_team_is_by_the_staffing_formula_and_taken_once(town: Town) -> None:
    officer = await town.member("officer")
    given = {"grid_id": town.grids[EAST], "member_id": officer, "manifest": await town.manifest()}
    place = await do(town, assign_to_grid, town.system, capacity="COMMUNITY_POLICE", **given)
    assert [row.id for row in await town.rows(GridAssignment)] == [place]
    assert await code_of(town, assign_to_grid, town.system, capacity="COMMUNITY_POLICE", **given) == "ALREADY_ASSIGNED"
    assert await code_of(town, assign_to_grid, town.system, capacity="SWEEPER", **given) == "CAPACITY_NOT_LISTED"
    assert len(await town.rows(GridAssignment)) == 1


async def test_who_has_left_is_given_nothing_to_do(town: Town) -> None:
    gone = uuid7()
    await town.add(
        Member(
            tenant_id=town.tenant_id,
            id=gone,
            organization_id=town.organizations[EAST],
            path=town.paths[EAST],
            name="Invented",
            status="LEFT",
        ),
    )
    manifest = await town.manifest()
    assert await code_of(town, set_grid_chief, town.system, grid_id=town.grids[EAST], member_id=gone) == "MEMBER_LEFT"
    posting = {"member_id": gone, "organization_id": town.organizations[WEST], "manifest": manifest}
    assert await code_of(town, post_member, town.system, **posting) == "MEMBER_LEFT"


async def test_a_posting_has_a_term_and_does_not_overlap_itself(town: Town) -> None:
    member = await town.member("posted")
    given = {
        "member_id": member,
        "organization_id": town.organizations[WEST],
        "manifest": await town.manifest(),
    }
    await do(
        town, post_member, town.system, home_unit="Invented bureau", starts_on=DAY, ends_on=date(2026, 9, 1), **given
    )
    (row,) = await town.rows(Posting)
    assert (row.home_unit, row.starts_on, row.ends_on, row.ended_at) == ("Invented bureau", DAY, date(2026, 9, 1), None)
    last_day, next_day = date(2026, 9, 1), date(2026, 9, 2)
    assert await code_of(town, post_member, town.system, starts_on=last_day, **given) == "ALREADY_POSTED"
    assert await code_of(town, post_member, town.system, starts_on=DAY, ends_on=DAY, **given) == "TERM_REVERSED"
    assert await code_of(town, post_member, town.system, starts_on=date(9999, 1, 1), **given) == "DATE_OUT_OF_RANGE"
    await do(town, post_member, town.system, starts_on=next_day, **given)
    assert [posting.ends_on for posting in await town.rows(Posting)] == [last_day, None]


@pytest.mark.parametrize(
    ("use_case", "place", "refusal"),
    [
        (post_member, {"organization": WEST}, "ALREADY_POSTED"),
        (appoint_member, {"role": "community_secretary", "organization": EAST}, "ALREADY_APPOINTED"),
        (appoint_member, {"role": "analyst"}, "ALREADY_APPOINTED"),
        (assign_to_grid, {"capacity": "COMMUNITY_POLICE", "grid": EAST}, "ALREADY_ASSIGNED"),
    ],
)
async def test_of_many_alike_at_once_one_is_done(
    town: Town, use_case: Callable[..., Awaitable[Any]], place: dict[str, str], refusal: str
) -> None:
    given: dict[str, Any] = dict(place) | {"member_id": await town.member("wanted"), "manifest": await town.manifest()}
    if "organization" in place:
        given["organization_id"] = town.organizations[given.pop("organization")]
    if "grid" in place:
        given["grid_id"] = town.grids[given.pop("grid")]
    answers = await asyncio.gather(
        *(do(town, use_case, town.system, **given) for _ in range(6)),
        return_exceptions=True,
    )
    assert len([each for each in answers if isinstance(each, UUID)]) == 1
    assert [each.code for each in answers if isinstance(each, AppError)] == [refusal] * 5
