"""Who may see sealed matters: the leads of the discipline offices, and the very organizations that have them (FD-01).

Unlike with ordinary cases an appointment reaches its own organization only, not what is below. Whoever belongs to the
organization complained of, or below it, sees nothing of the matter, whatever the role (FD-03); only where nobody would be
left, those keep their sight who came to belong there after the matter did (``conflicts``).
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    exists,
    false,
    not_,
    or_,
)
from sqlalchemy.sql.selectable import FromClause

from server.sealed.conflicts import concerned, somebody_apart
from server.sealed.models import CooperationZone, SealedCase, ZoneMember
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def cases(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Matters the viewer may read."""
    return within_reach(row, viewer, Permission.SEALED_READ)


def within_reach(row: FromClause, viewer: Viewer, permission: Permission) -> ColumnElement[bool]:
    """Matters that the permission reaches: of one's organization, of its zones; every one for a lead."""
    if not viewer.serves or not viewer.may(permission):
        return false()
    me = viewer.value(lambda actor: actor.member_id, Uuid())
    zone_member = rows_of(ZoneMember)
    in_zone = exists().where(
        zone_member.c.tenant_id == viewer.tenant,
        zone_member.c.zone_id == row.c.zone_id,
        _at_mine(zone_member.c.path, viewer, permission),
    )
    reached = either(
        viewer.within(Permission.SEALED_LEAD, path=row.c.about_path),
        _at_mine(row.c.owner_path, viewer, permission),
        in_zone,
    )
    bound = concerned(me, row.c.about_path, viewer.tenant)
    long_bound = concerned(me, row.c.about_path, viewer.tenant, before=row.c.id)
    last = and_(not_(long_bound), not_(somebody_apart(row, viewer.tenant)))
    return and_(reached, or_(not_(bound), last))


def of_case(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """What hangs on readable matters: allegations, steps."""
    case = rows_of(SealedCase)
    return viewer.through(case, cases(case, viewer), case.c.id == row.c.case_id)


def accesses(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Who read a matter, for the leads that may read it themselves."""
    case = rows_of(SealedCase)
    return viewer.through(case, within_reach(case, viewer, Permission.SEALED_LEAD), case.c.id == row.c.case_id)


def zones(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Every zone for whoever assigns matters or leads; one's own zones for their members."""
    if not viewer.serves or not viewer.may(Permission.SEALED_READ):
        return false()
    member = rows_of(ZoneMember)
    own = exists().where(
        member.c.tenant_id == viewer.tenant,
        member.c.zone_id == row.c.id,
        _at_mine(member.c.path, viewer, Permission.SEALED_READ),
    )
    return either(viewer.anywhere(Permission.SEALED_ASSIGN), viewer.anywhere(Permission.SEALED_LEAD), own)


def of_zone(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Members and rule documents of visible zones."""
    zone = rows_of(CooperationZone)
    return viewer.through(zone, zones(zone, viewer), zone.c.id == row.c.zone_id)


def _at_mine(path: ColumnElement[str], viewer: Viewer, permission: Permission) -> ColumnElement[bool]:
    """Exactly at an organization of an appointment with the permission."""
    paths = viewer.value(lambda actor: list(actor.reach(permission).paths), ARRAY(Text()))
    return path == any_(paths)
