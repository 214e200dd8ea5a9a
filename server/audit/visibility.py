"""Who may read the audit trail: whoever holds the right over the whole city, and everybody what is about themselves."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, any_, false, func, not_, or_, select
from sqlalchemy.sql.elements import False_
from sqlalchemy.sql.selectable import FromClause

from server.health_checks.models import HealthCheck
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer

OF_RESIDENTS = ("Resident", "resident", "health_check")


def entries(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """All of the city, for whoever may read the trail everywhere; entries have no place that a smaller reach could cover.

    Not that somebody's health data were read or written (P-01), which the resident sees, nor who was given a role in sealed
    matters (T26); attempts on health data that were refused, however, are shown.
    """
    there = viewer.within(Permission.AUDIT_READ)
    if isinstance(there, False_):
        return there
    health = or_(
        row.c.action == Permission.HEALTH_CHECK_RECORD.value,
        row.c.action == Permission.HEALTH_RECORD_READ.value,
    )
    return and_(there, or_(not_(health), row.c.outcome == "REFUSED"), row.c.action.not_like("sealed:%"))


def about_me(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """What was done to the viewer's own entry among the residents, and to their own health data."""
    check = rows_of(HealthCheck)
    mine = viewer.is_me(resident_id=check.c.resident_id)
    if isinstance(mine, False_):
        return false()
    checks = select(check.c.id).where(check.c.tenant_id == viewer.tenant, mine)
    me = select(viewer.value(lambda actor: actor.resident_id, Uuid()))
    ids = checks.union_all(me).scalar_subquery()
    kinds = or_(*(row.c.object_type == kind for kind in OF_RESIDENTS))
    return and_(kinds, row.c.object_id == any_(func.array(ids)))
