"""Substitutes: somebody else has an appointment's role and scope for some days of its term, and no longer."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from server.errors import Conflict, NotPermitted, RuleViolation
from server.members.models import Appointment
from server.members.rules import Term, check_substitution
from server.members.service.appointments import (
    locked_appointment,
    record_appointment,
    require_posting,
    require_unended,
    right_over,
)
from server.members.service.people import serving_member
from server.members.service.places import path_of_appointment
from server.members.service.terms import first_day
from server.texts import required_line
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def appoint_substitute(
    session: WriteSession,
    *,
    appointment_id: UUID,
    member_id: UUID,
    starts_on: date | None,
    ends_on: date,
    reason: str,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Have a member stand in for the holder of an appointment; the id of the substitute's own appointment is returned.

    The holder keeps the role meanwhile. The days are of the city, both inclusive (starts_on None: today). The substitute's
    appointment ends by itself, at the latest with the one it stands in for.
    Errors: NotFound, NotPermitted (SELF_APPOINTMENT), ALREADY_ENDED, SUBSTITUTE_CHAIN, SUBSTITUTION_BEYOND_TERM, MEMBER_LEFT,
    POSTING_REQUIRED, DATE_OUT_OF_RANGE, TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID, Conflict ALREADY_APPOINTED.
    """
    original = await locked_appointment(session, appointment_id, actor=actor)
    role = manifest.find_role(original.role)
    right = right_over(role, Permission.APPOINTMENT_CREATE)
    path = await path_of_appointment(session, original)
    authorize(actor, right, path=path, grid_id=original.grid_id)
    member = await serving_member(session, member_id, actor=actor, lock=True)
    if member.id == actor.member_id:
        raise NotPermitted("Nobody appoints themselves.", code="SELF_APPOINTMENT", field=("memberId",))
    require_unended(original, manifest)
    if original.substitutes_id is not None:
        raise RuleViolation(
            "Nobody stands in for a substitute: name one for the appointment itself.",
            code="SUBSTITUTE_CHAIN",
            field=("appointmentId",),
        )
    period = Term(first_day(starts_on, manifest), ends_on)
    check_substitution(period, Term(original.starts_on, original.ends_on))
    if role is not None and role.requires_posting:
        await require_posting(session, member, path, period)
    await _check_free(session, original, member.id, period)
    row = Appointment(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        member_id=member.id,
        role=original.role,
        scope=original.scope,
        organization_id=original.organization_id,
        grid_id=original.grid_id,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        substitutes_id=original.id,
        substitution_reason=required_line(reason, field="reason"),
    )
    session.add(row)
    await session.flush()
    await record_appointment(session, "SubstituteAppointed", row, right, actor=actor)
    return row.id


async def _check_free(session: WriteSession, original: Appointment, member_id: UUID, period: Term) -> None:
    """Raise ALREADY_APPOINTED when the member holds the role there on one of the days; the original is locked."""
    held = await session.scalar(
        select(Appointment.id).where(
            Appointment.tenant_id == original.tenant_id,
            Appointment.member_id == member_id,
            Appointment.role == original.role,
            Appointment.organization_id.is_not_distinct_from(original.organization_id),
            Appointment.grid_id.is_not_distinct_from(original.grid_id),
            Appointment.ended_at.is_(None),
            Appointment.starts_on <= period.last_day,
            or_(Appointment.ends_on.is_(None), Appointment.ends_on >= period.starts_on),
        ),
    )
    if held is not None:
        raise Conflict("The member holds this role there already.", code="ALREADY_APPOINTED", field=("memberId",))
