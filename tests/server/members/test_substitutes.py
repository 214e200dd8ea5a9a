"""Substitutes: the same role and place for some days, within the term, ending by themselves, never of a substitute."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.errors import AppError
from server.events.models import AuditEntry, Event
from server.members.models import Appointment, Posting
from server.members.rules import Lapse
from server.members.service.appointments import end_appointment
from server.members.service.holding import held_by
from server.members.service.substitutes import appoint_substitute
from tenants.clock import now
from tenants.context import Reach
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.fixtures.town import EAST, WEST, Town


def today() -> date:
    return now().astimezone(ZoneInfo("Asia/Shanghai")).date()


async def substitute(town: Town, appointment_id: UUID, member_id: UUID, **given: Any) -> Appointment:
    manifest = await town.manifest()
    actor = given.pop("actor", town.system)
    asked = {"starts_on": None, "ends_on": today() + timedelta(days=7), "reason": "On leave"} | given
    async with town.services.transactions.open(actor) as session:
        found = await appoint_substitute(
            session, appointment_id=appointment_id, member_id=member_id, manifest=manifest, actor=actor, **asked
        )
    (row,) = await town.rows(Appointment, id=found)
    assert isinstance(row, Appointment)
    return row


async def refusal(town: Town, appointment_id: UUID, member_id: UUID, **given: Any) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(AppError) as error:
        await substitute(town, appointment_id, member_id, **given)
    return error.value.code, error.value.field


async def appointed(town: Town, username: str = "secretary", role: str = "community_secretary") -> Appointment:
    member_id = await town.member(username, role)
    (row,) = await town.rows(Appointment, member_id=member_id)
    assert isinstance(row, Appointment)
    return row


async def test_a_substitute_has_the_role_at_the_place_while_the_holder_keeps_it(town: Town) -> None:
    original = await appointed(town)
    deputy = await town.member("deputy")
    assert not (await town.actor("deputy")).may(Permission.CASE_ACCEPT)
    row = await substitute(town, original.id, deputy)
    assert (row.role, row.scope, row.organization_id, row.substitutes_id, row.substitution_reason) == (
        "community_secretary",
        "ORGANIZATION",
        town.organizations[EAST],
        original.id,
        "On leave",
    )
    assert (await town.actor("deputy")).reach(Permission.CASE_ACCEPT) == Reach(paths=(town.paths[EAST],))
    assert (await town.actor("secretary")).reach(Permission.CASE_ACCEPT) == Reach(paths=(town.paths[EAST],))
    (entry,) = await town.rows(AuditEntry, object_id=row.id)
    assert (entry.action, entry.detail["substitutes"]) == ("appointment:create", str(original.id))
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == ["SubstituteAppointed"]


async def test_what_gives_rights_is_not_delegated(town: Town) -> None:
    original = await appointed(town, "admin", "tenant_admin")
    await substitute(town, original.id, await town.member("deputy"))
    admin, deputy = await town.actor("admin"), await town.actor("deputy")
    assert (admin.roles, deputy.roles) == (("tenant_admin",), ("tenant_admin",))
    assert set(admin.access) - set(deputy.access) == {
        Permission.APPLICATION_MANAGE,
        Permission.APPOINTMENT_CREATE,
        Permission.APPOINTMENT_END,
        Permission.SUPPORT_DECIDE,
        Permission.USER_CREATE,
        Permission.USER_UPDATE,
    }


async def test_before_and_after_the_days_a_substitute_has_nothing(town: Town) -> None:
    original = await appointed(town)
    deputy, first, last = await town.member("deputy"), today() + timedelta(days=2), today() + timedelta(days=4)
    await substitute(town, original.id, deputy, starts_on=first, ends_on=last)
    lapses = {}
    for day in (first - timedelta(days=1), first, last, last + timedelta(days=1)):
        async with town.services.database.lookup(town.tenant_id) as session:
            (held,) = await held_by(
                session, tenant_id=town.tenant_id, member_id=deputy, today=day, posted=frozenset(), past=True
            )
        lapses[day] = held.lapse
    assert list(lapses.values()) == [Lapse.NOT_BEGUN, None, None, Lapse.ENDED]


async def test_a_substitute_ends_with_whom_it_stands_in_for(town: Town) -> None:
    original = await appointed(town)
    row = await substitute(town, original.id, await town.member("deputy"))
    manifest = await town.manifest()
    async with town.services.transactions.open(town.system) as session:
        await end_appointment(session, appointment_id=original.id, manifest=manifest, actor=town.system)
    (after,) = await town.rows(Appointment, id=row.id)
    assert after.ended_at is not None
    assert (await town.actor("deputy")).grants == ()
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == [
        "SubstituteAppointed",
        "AppointmentEnded",
    ]


async def test_there_is_no_chain_of_substitutes(town: Town) -> None:
    original = await appointed(town)
    row = await substitute(town, original.id, await town.member("deputy"))
    third = await town.member("third")
    assert await refusal(town, row.id, third) == ("SUBSTITUTE_CHAIN", ("appointmentId",))


async def test_a_substitute_is_refused(town: Town) -> None:
    original = await appointed(town)
    deputy = await town.member("deputy")
    await town.member("admin", "tenant_admin")
    admin = await town.actor("admin")
    assert admin.member_id is not None
    assert await refusal(town, original.id, admin.member_id, actor=admin) == ("SELF_APPOINTMENT", ("memberId",))
    assert await refusal(town, original.id, original.member_id) == ("ALREADY_APPOINTED", ("memberId",))
    assert await refusal(town, uuid7(), deputy) == ("NOT_FOUND", ("appointmentId",))
    assert await refusal(town, original.id, uuid7()) == ("NOT_FOUND", ("memberId",))
    assert await refusal(town, original.id, deputy, ends_on=today() - timedelta(days=1)) == (
        "SUBSTITUTION_BEYOND_TERM",
        ("endsOn",),
    )
    assert await refusal(town, original.id, deputy, reason=" ") == ("TEXT_REQUIRED", ("reason",))
    secretary = await town.actor("secretary")
    assert (await refusal(town, original.id, deputy, actor=secretary))[0] == "FORBIDDEN"
    west = replace(admin, access={right: Reach(paths=(town.paths[WEST],)) for right in admin.access})
    assert await refusal(town, original.id, deputy, actor=west) == ("NOT_FOUND", ("appointmentId",))


async def test_a_role_that_needs_a_posting_ends_with_the_posting(town: Town) -> None:
    member_id = await town.member("posted", "posted_member", posted=False)
    assert (await town.actor("posted")).grants == ()
    posting = Posting(
        tenant_id=town.tenant_id,
        id=uuid7(),
        member_id=member_id,
        organization_id=town.organizations[EAST],
        starts_on=date(2020, 1, 1),
        ends_on=today(),
    )
    await town.add(posting)
    actor = await town.actor("posted")
    assert actor.roles == ("posted_member",)
    (grant,) = actor.grants
    assert grant.ends_at is not None
    assert grant.ends_at.astimezone(ZoneInfo("Asia/Shanghai")).date() == today() + timedelta(days=1)
    async with town.services.database.write(town.tenant_id) as session:
        row = await session.get_one(Posting, (town.tenant_id, posting.id))
        row.ended_at = now()
    assert (await town.actor("posted")).grants == ()
