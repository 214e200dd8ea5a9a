"""Appointments: the only source of staff roles (DY-02). They change what a member may do from the next second on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from server.errors import Conflict, NotFound, NotPermitted, RuleViolation
from server.events.record import record
from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.members.rules import Term, check_places, term_from
from server.members.service.people import find_member, serving_member
from server.members.service.places import Place, path_of_appointment, place_for
from server.members.service.terms import first_day, stored_term, today_in
from server.organizations.models import Organization
from server.organizations.rules import is_within
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.manifest.people import Role
from tenants.permissions import SEALED_MATTERS, Permission
from tenants.sessions import WriteSession


async def appoint_member(
    session: WriteSession,
    *,
    member_id: UUID,
    role: str,
    organization_id: UUID | None = None,
    grid_id: UUID | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Give a member a role from a day of the city on (None: today) for a term (None: the role's); the id is returned.

    The scope is copied from the role: ORGANIZATION needs organization_id, GRID grid_id, TENANT and OWN neither.
    Errors: NotFound, NotPermitted (SELF_APPOINTMENT), MEMBER_LEFT, ROLE_NOT_LISTED, SCOPE_MISMATCH, TERM_REVERSED,
    DATE_OUT_OF_RANGE, POSTING_REQUIRED, APPOINTMENT_LIMIT, Conflict ALREADY_APPOINTED.
    """
    member = await serving_member(session, member_id, actor=actor, lock=True)
    found = _role(manifest, role)
    place = await place_for(
        session,
        found,
        member,
        organization_id=organization_id,
        grid_id=grid_id,
        actor=actor,
    )
    right = right_over(found, Permission.APPOINTMENT_CREATE)
    authorize(actor, right, path=place.path, grid_id=place.grid_id)
    if member.id == actor.member_id:
        raise NotPermitted("Nobody appoints themselves.", code="SELF_APPOINTMENT", field=("memberId",))
    term = term_from(first_day(starts_on, manifest), ends_on, found.term_months)
    if found.requires_posting:
        await require_posting(session, member, place.path, term)
    await _check_others(session, found, member, place, term, manifest)
    appointment = Appointment(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        member_id=member.id,
        role=found.slug,
        scope=found.scope.value,
        organization_id=place.organization_id,
        grid_id=place.grid_id,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
    )
    session.add(appointment)
    await session.flush()
    await record_appointment(session, "MemberAppointed", appointment, right, actor=actor)
    return appointment.id


async def end_appointment(session: WriteSession, *, appointment_id: UUID, manifest: Manifest, actor: Actor) -> UUID:
    """End an appointment now, before its term, and with it whoever stands in for its holder; its id is returned.

    Errors: NotFound, NotPermitted, Conflict ALREADY_ENDED.
    """
    appointment = await locked_appointment(session, appointment_id, actor=actor)
    path = await path_of_appointment(session, appointment)
    right = right_over(manifest.find_role(appointment.role), Permission.APPOINTMENT_END)
    authorize(actor, right, path=path, grid_id=appointment.grid_id)
    require_unended(appointment, manifest)
    ended = [appointment, *await _substitutes(session, appointment)]
    at = now()
    for row in ended:
        row.ended_at = at
    await session.flush()
    for row in ended:
        await record_appointment(session, "AppointmentEnded", row, right, actor=actor)
    return appointment.id


async def locked_appointment(session: WriteSession, appointment_id: UUID, *, actor: Actor) -> Appointment:
    """An appointment of a member whom the actor may see, locked for a change. Raises NotFound."""
    appointment = await session.scalar(
        select(Appointment)
        .where(Appointment.tenant_id == actor.tenant_id, Appointment.id == appointment_id)
        .with_for_update(key_share=True),
    )
    if appointment is None:
        raise _unknown()
    try:
        await find_member(session, appointment.member_id, actor=actor)
    except NotFound as error:
        raise _unknown() from error
    return appointment


def require_unended(appointment: Appointment, manifest: Manifest) -> None:
    """Raise Conflict ALREADY_ENDED when the term is over, or was ended early."""
    over = appointment.ends_on is not None and appointment.ends_on < today_in(manifest)
    if over or appointment.ended_at is not None:
        raise Conflict("The appointment has ended already.", code="ALREADY_ENDED", field=("appointmentId",))


def right_over(role: Role | None, ordinary: Permission) -> Permission:
    """What one needs to give or end a role: roles of sealed matters are the leads of discipline's alone (T26)."""
    sealed = role is not None and not SEALED_MATTERS.isdisjoint(role.permissions)
    return Permission.SEALED_APPOINT if sealed else ordinary


async def _substitutes(session: WriteSession, appointment: Appointment) -> list[Appointment]:
    rows = await session.scalars(
        select(Appointment)
        .where(
            Appointment.tenant_id == appointment.tenant_id,
            Appointment.substitutes_id == appointment.id,
            Appointment.ended_at.is_(None),
        )
        .order_by(Appointment.id)
        .with_for_update(key_share=True),
    )
    return list(rows)


def _role(manifest: Manifest, slug: str) -> Role:
    role = manifest.find_role(slug)
    if role is not None:
        return role
    raise RuleViolation(
        "This city has no role {role}; it has {listed}.",
        code="ROLE_NOT_LISTED",
        field=("role",),
        role=slug,
        listed=", ".join(known.slug for known in manifest.roles),
    )


async def require_posting(session: WriteSession, member: Member, place: str, term: Term) -> None:
    """Raise POSTING_REQUIRED unless the member is posted at or above the place on the first day of the term (DY-25)."""
    paths = await session.scalars(
        select(Organization.path)
        .join(Posting, and_(Posting.tenant_id == member.tenant_id, Posting.organization_id == Organization.id))
        .where(
            Organization.tenant_id == member.tenant_id,
            Posting.member_id == member.id,
            Posting.ended_at.is_(None),
            Posting.starts_on <= term.starts_on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= term.starts_on),
        ),
    )
    if not any(is_within(place, path) for path in paths):
        raise RuleViolation(
            "This role is for members posted there: post the member first.",
            code="POSTING_REQUIRED",
            field=("memberId",),
        )


async def _check_others(
    session: WriteSession,
    role: Role,
    member: Member,
    place: Place,
    term: Term,
    manifest: Manifest,
) -> None:
    """Raise ALREADY_APPOINTED or APPOINTMENT_LIMIT by the role's other appointments in the same organization.

    Appointments there come one after the other: the organization's row is locked until this transaction ends.
    """
    tenant_id = member.tenant_id
    await session.execute(
        select(Organization.id)
        .where(Organization.tenant_id == tenant_id, Organization.id == place.counted_in)
        .with_for_update(key_share=True),
    )
    counted_in = func.coalesce(Appointment.organization_id, Grid.organization_id, Member.organization_id)
    rows = await session.scalars(
        select(Appointment)
        .join(Member, and_(Member.tenant_id == tenant_id, Member.id == Appointment.member_id))
        .outerjoin(Grid, and_(Grid.tenant_id == tenant_id, Grid.id == Appointment.grid_id))
        .where(
            Appointment.tenant_id == tenant_id,
            Appointment.role == role.slug,
            Appointment.substitutes_id.is_(None),
            Member.status == "ACTIVE",
            counted_in == place.counted_in,
        ),
    )
    terms = [(row, stored_term(row.starts_on, row.ends_on, row.ended_at, manifest)) for row in rows]
    for row, other in terms:
        same = (row.member_id, row.organization_id, row.grid_id) == (member.id, place.organization_id, place.grid_id)
        if same and other.starts_on <= term.last_day and term.starts_on <= other.last_day:
            raise Conflict("The member holds this role there already.", code="ALREADY_APPOINTED", field=("memberId",))
    check_places(term, (other for _row, other in terms), limit=role.max_active_per_organization)


def _unknown() -> NotFound:
    return NotFound("No such appointment.", field=("appointmentId",))


async def record_appointment(
    session: WriteSession,
    type_: str,
    appointment: Appointment,
    permission: Permission,
    *,
    actor: Actor,
) -> None:
    """Record what became of an appointment."""
    detail = {"member": str(appointment.member_id), "role": appointment.role, "scope": appointment.scope}
    if appointment.substitutes_id is not None:
        detail["substitutes"] = str(appointment.substitutes_id)
    await record(
        session,
        type=type_,
        subject_type="Appointment",
        subject_id=appointment.id,
        action=permission.value,
        actor=actor,
        detail=detail,
    )
