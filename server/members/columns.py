"""What follows from the rows of appointments and postings without being stored in them, as SQL."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Date, and_, any_, cast, exists, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from server.members.models import Appointment
from tenants.db import rows_of
from tenants.models import Tenant
from tenants.viewer import Viewer


def in_force(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether the term holds on the city's present day (``server.accounts.actors`` grants roles by the same rule)."""
    day = _today(viewer)
    begun = and_(row.c.starts_on <= day, row.c.ended_at.is_(None))
    return and_(begun, or_(row.c.ends_on.is_(None), row.c.ends_on >= day))


def has_role(row: FromClause, roles: ColumnElement[str], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a member holds one of the roles now. roles: an array, or a single one."""
    appointment = rows_of(Appointment)
    return exists().where(
        appointment.c.tenant_id == viewer.tenant,
        appointment.c.member_id == row.c.id,
        appointment.c.role == (any_(roles) if hasattr(roles.type, "item_type") else roles),
        in_force(appointment, viewer),
    )


def held_now(member: FromClause, appointment: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether an appointment is the member's, and in force."""
    return and_(appointment.c.member_id == member.c.id, in_force(appointment, viewer))


def _today(viewer: Viewer) -> ColumnElement[date]:
    day = cast(func.timezone(Tenant.time_zone, func.now()), Date)
    return select(day).where(Tenant.id == viewer.tenant).scalar_subquery()
