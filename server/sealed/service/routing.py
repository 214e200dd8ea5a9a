"""Where a sealed report goes: at least one level above whom it is about, and never to one of theirs (FD-03)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, case, func, literal, not_, or_, select
from sqlalchemy.sql.selectable import FromClause

from server.errors import RuleViolation
from server.members.models import Appointment, Member
from server.members.service.terms import today_in
from server.organizations.models import Organization
from server.sealed.conflicts import concerned
from tenants.db import rows_of
from tenants.manifest.model import Manifest
from tenants.manifest.words import RoleScope
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.sets import texts_of


async def owner_above(session: WriteSession, about: Organization, *, manifest: Manifest) -> Organization | None:
    """The nearest organization with a discipline office in force, going up; None: the city's leads alone have it.

    Such an organization is on the way up from the one complained of, or stands directly below one that is.
    Errors: SEALED_NOT_TAKEN where no role handles such reports, SEALED_NOBODY_ABOVE where nobody who could is apart
    from the organization complained of.
    """
    offices = _roles(manifest, Permission.SEALED_ASSIGN, organizational=True)
    leads = _roles(manifest, Permission.SEALED_LEAD)
    if not offices and not leads:
        raise RuleViolation("This city takes no sealed reports.", code="SEALED_NOT_TAKEN")
    office, parent = rows_of(Organization), rows_of(Organization)
    on_the_way = and_(func.starts_with(literal(about.path), office.c.path), office.c.path != about.path)
    authority = case((on_the_way, office.c.path), else_=parent.c.path)
    today = today_in(manifest)
    nearest = await session.scalar(
        select(office.c.id)
        .select_from(
            office.outerjoin(parent, and_(parent.c.tenant_id == about.tenant_id, parent.c.id == office.c.parent_id))
        )
        .where(
            office.c.tenant_id == about.tenant_id,
            not_(func.starts_with(office.c.path, about.path)),
            func.starts_with(literal(about.path), authority),
            authority != about.path,
            _held_at(office, offices, about, today),
        )
        .order_by(func.length(authority).desc(), office.c.path)
        .limit(1),
    )
    if nearest is not None:
        found: Organization = (
            await session.scalars(
                select(Organization).where(Organization.tenant_id == about.tenant_id, Organization.id == nearest)
            )
        ).one()
        return found
    if not await session.scalar(select(_led(leads, about, today))):
        raise RuleViolation(
            "Nobody in this city stands above this organization and apart from it. Turn to the discipline commission of "
            "the level above the city.",
            code="SEALED_NOBODY_ABOVE",
            field=("organizationId",),
        )
    return None


def _roles(manifest: Manifest, permission: Permission, *, organizational: bool = False) -> list[str]:
    return [
        role.slug
        for role in manifest.roles
        if permission in role.permissions and (not organizational or role.scope is RoleScope.ORGANIZATION)
    ]


def _held_at(office: FromClause, roles: list[str], about: Organization, today: date) -> ColumnElement[bool]:
    """Whether somebody apart from whom it is about holds one of the roles at the organization."""
    appointment = rows_of(Appointment)
    held = and_(_holds(appointment, roles, about, today), appointment.c.organization_id == office.c.id)
    return select(literal(1)).where(held).correlate(office).exists()


def _led(roles: list[str], about: Organization, today: date) -> ColumnElement[bool]:
    """Whether somebody apart from whom it is about leads for the whole city, or for a place it is in."""
    appointment, place = rows_of(Appointment), rows_of(Organization)
    above = (
        select(literal(1))
        .where(
            place.c.tenant_id == about.tenant_id,
            place.c.id == appointment.c.organization_id,
            func.starts_with(literal(about.path), place.c.path),
        )
        .correlate(appointment)
        .exists()
    )
    reaches = or_(appointment.c.scope == RoleScope.TENANT.value, above)
    return select(literal(1)).where(_holds(appointment, roles, about, today), reaches).exists()


def _holds(appointment: FromClause, roles: list[str], about: Organization, today: date) -> ColumnElement[bool]:
    member = rows_of(Member)
    tenant: ColumnElement[UUID] = literal(about.tenant_id)
    active = (
        select(literal(1))
        .where(member.c.tenant_id == tenant, member.c.id == appointment.c.member_id, member.c.status == "ACTIVE")
        .correlate(appointment)
        .exists()
    )
    return and_(
        appointment.c.tenant_id == tenant,
        appointment.c.role == any_(texts_of(roles)),
        appointment.c.ended_at.is_(None),
        appointment.c.starts_on <= today,
        or_(appointment.c.ends_on.is_(None), appointment.c.ends_on >= today),
        active,
        not_(concerned(appointment.c.member_id, literal(about.path), tenant)),
    )
