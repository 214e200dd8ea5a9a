"""Appointments: scope from the role, term, limits, who may give them, and that access follows at once (DY-02)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.errors import AppError
from server.events.models import AuditEntry, Event
from server.members.models import Appointment
from server.members.service.appointments import appoint_member, end_appointment
from server.members.service.postings import post_member
from tenants.clock import now
from tenants.context import Actor, Reach, signature_of
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.fixtures.town import EAST, WEST, Town


async def appoint(town: Town, actor: Actor, member_id: UUID, role: str, **given: Any) -> Appointment:
    manifest = await town.manifest()
    async with town.services.transactions.open(actor) as session:
        found = await appoint_member(session, member_id=member_id, role=role, manifest=manifest, actor=actor, **given)
    (row,) = await town.rows(Appointment, id=found)
    assert isinstance(row, Appointment)
    return row


async def end(town: Town, actor: Actor, appointment_id: UUID) -> None:
    manifest = await town.manifest()
    async with town.services.transactions.open(actor) as session:
        await end_appointment(session, appointment_id=appointment_id, manifest=manifest, actor=actor)


async def refusal(town: Town, actor: Actor, member_id: UUID, role: str, **given: Any) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(AppError) as error:
        await appoint(town, actor, member_id, role, **given)
    return error.value.code, error.value.field


def today() -> date:
    return now().astimezone(ZoneInfo("Asia/Shanghai")).date()


async def test_a_first_secretary_serves_one_year_in_one_community(town: Town) -> None:
    member = await town.member("new")
    row = await appoint(
        town,
        town.system,
        member,
        "first_secretary",
        organization_id=town.organizations[EAST],
        starts_on=date(2026, 3, 2),
    )
    assert (row.scope, row.organization_id, row.grid_id) == ("ORGANIZATION", town.organizations[EAST], None)
    assert (row.starts_on, row.ends_on, row.ended_at) == (date(2026, 3, 2), date(2027, 3, 2), None)
    (entry,) = await town.rows(AuditEntry, object_id=row.id)
    assert (entry.action, entry.detail) == (
        "appointment:create",
        {"member": str(member), "role": "first_secretary", "scope": "ORGANIZATION"},
    )
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == ["MemberAppointed"]


async def test_there_is_one_first_secretary_per_community(town: Town) -> None:
    first, second = await town.member("first"), await town.member("second")
    east, west = town.organizations[EAST], town.organizations[WEST]
    held = await appoint(town, town.system, first, "first_secretary", organization_id=east)
    assert await refusal(town, town.system, second, "first_secretary", organization_id=east) == (
        "APPOINTMENT_LIMIT",
        ("startsOn",),
    )
    await appoint(town, town.system, second, "first_secretary", organization_id=west)
    assert held.ends_on is not None
    successor = {"organization_id": east, "starts_on": held.ends_on + timedelta(days=1)}
    assert (await appoint(town, town.system, second, "first_secretary", **successor)).starts_on == successor[
        "starts_on"
    ]


async def test_of_two_appointed_at_once_one_is(town: Town) -> None:
    members = [await town.member("first"), await town.member("second")]
    east = town.organizations[EAST]
    answers = await asyncio.gather(
        *(appoint(town, town.system, member, "first_secretary", organization_id=east) for member in members),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Appointment", "RuleViolation"]
    assert len(await town.rows(Appointment)) == 1


async def test_a_successor_may_start_on_the_day_the_predecessor_is_ended(town: Town) -> None:
    first, second = await town.member("first"), await town.member("second")
    east = town.organizations[EAST]
    held = await appoint(town, town.system, first, "first_secretary", organization_id=east)
    await end(town, town.system, held.id)
    await appoint(town, town.system, second, "first_secretary", organization_id=east)
    with pytest.raises(AppError) as error:
        await end(town, town.system, held.id)
    assert error.value.code == "ALREADY_ENDED"
    assert [row.ended_at is None for row in await town.rows(Appointment)] == [False, True]


async def test_nobody_holds_the_same_role_twice_in_one_place(town: Town) -> None:
    member = await town.member("worker")
    east, west = town.grids[EAST], town.grids[WEST]
    await appoint(town, town.system, member, "grid_worker", grid_id=east)
    assert (await refusal(town, town.system, member, "grid_worker", grid_id=east))[0] == "ALREADY_APPOINTED"
    assert (await appoint(town, town.system, member, "grid_worker", grid_id=west)).ends_on is None


@pytest.mark.parametrize(
    ("role", "places", "expected"),
    [
        ("mayor", (), ("ROLE_NOT_LISTED", ("role",))),
        ("dispatcher", ("organization",), ("ROLE_NOT_LISTED", ("role",))),
        ("first_secretary", (), ("SCOPE_MISMATCH", ("organizationId",))),
        ("first_secretary", ("organization", "grid"), ("SCOPE_MISMATCH", ("gridId",))),
        ("grid_worker", ("organization",), ("SCOPE_MISMATCH", ("organizationId",))),
        ("grid_worker", (), ("SCOPE_MISMATCH", ("gridId",))),
        ("analyst", ("grid",), ("SCOPE_MISMATCH", ("gridId",))),
        ("police", ("organization",), ("SCOPE_MISMATCH", ("organizationId",))),
    ],
)
async def test_the_role_says_for_what_it_is_given(
    town: Town,
    role: str,
    places: tuple[str, ...],
    expected: tuple[str, tuple[str, ...]],
) -> None:
    member = await town.member("new")
    given = {
        "organization_id": town.organizations[EAST] if "organization" in places else None,
        "grid_id": town.grids[EAST] if "grid" in places else None,
    }
    assert await refusal(town, town.system, member, role, **given) == expected


async def test_terms_out_of_order_or_range_are_refused(town: Town) -> None:
    member = await town.member("new")
    start = date(2026, 3, 2)
    assert (await refusal(town, town.system, member, "police", starts_on=start, ends_on=start))[0] == "TERM_REVERSED"
    assert (await refusal(town, town.system, member, "police", starts_on=date(9999, 12, 1)))[0] == "DATE_OUT_OF_RANGE"


async def test_a_posted_member_must_be_posted_there(town: Town) -> None:
    member = await town.member("posted")
    west = town.organizations[WEST]
    assert await refusal(town, town.system, member, "posted_member", organization_id=west) == (
        "POSTING_REQUIRED",
        ("memberId",),
    )
    manifest = await town.manifest()
    async with town.services.transactions.open(town.system) as session:
        await post_member(session, member_id=member, organization_id=west, manifest=manifest, actor=town.system)
    row = await appoint(town, town.system, member, "posted_member", organization_id=west)
    assert row.organization_id == west
    east = town.organizations[EAST]
    assert (await refusal(town, town.system, member, "posted_member", organization_id=east))[0] == "POSTING_REQUIRED"


async def test_nobody_appoints_themselves(town: Town) -> None:
    admin_id = await town.member("admin", "tenant_admin")
    admin = await town.actor("admin")
    east = town.organizations[EAST]
    assert await refusal(town, admin, admin_id, "health_worker", organization_id=east) == (
        "SELF_APPOINTMENT",
        ("memberId",),
    )


async def test_an_appointer_gives_no_role_that_reaches_further_than_the_own_right(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    member = await town.member("new")
    secretary = await town.actor("secretary")
    access = dict(secretary.access) | {Permission.APPOINTMENT_CREATE: Reach(paths=(town.paths[EAST],))}
    local = replace(secretary, access=access, signature=signature_of(access))
    assert (await refusal(town, local, member, "analyst"))[0] == "FORBIDDEN"
    assert (await refusal(town, local, member, "grid_worker", grid_id=town.grids[WEST]))[0] == "FORBIDDEN"
    assert (await appoint(town, local, member, "grid_worker", grid_id=town.grids[EAST])).scope == "GRID"
    assert (await appoint(town, local, member, "police")).scope == "OWN"


async def test_unseen_members_and_appointments_do_not_exist(town: Town) -> None:
    await town.member("worker", "grid_worker")
    other = await town.member("other", "grid_worker", place=WEST)
    (appointment,) = await town.rows(Appointment, member_id=other)
    worker = await town.actor("worker")
    assert (await refusal(town, worker, other, "police"))[0] == "NOT_FOUND"
    for id_ in (appointment.id, uuid7()):
        with pytest.raises(AppError) as error:
            await end(town, worker, id_)
        assert (error.value.code, error.value.field) == ("NOT_FOUND", ("appointmentId",))


async def test_access_begins_and_ends_with_the_appointment(town: Town) -> None:
    member = await town.member("new")
    assert (await town.actor("new")).roles == ()
    tomorrow = await appoint(town, town.system, member, "police", starts_on=today() + timedelta(days=1))
    assert (await town.actor("new")).roles == ()
    row = await appoint(town, town.system, member, "grid_worker", grid_id=town.grids[EAST])
    actor = await town.actor("new")
    assert (actor.roles, actor.reach(Permission.CASE_START).grids) == (("grid_worker",), (town.grids[EAST],))
    await end(town, town.system, row.id)
    assert (await town.actor("new")).roles == ()
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == [
        "MemberAppointed",
        "AppointmentEnded",
    ]
    assert tomorrow.starts_on > today()
