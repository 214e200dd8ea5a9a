"""Who may see sealed matters: the leads of the discipline offices, and the very organizations that have them (FD-01).

Unlike with ordinary cases an appointment reaches its own organization only, not what is below. Whoever belongs to the
organization complained of, or below it, sees nothing of the matter, whatever the role (FD-03).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.selectable import FromClause

from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.organizations.models import Organization
from server.sealed.models import CooperationZone, SealedCase, ZoneMember
from tenants.db import rows_of
from tenants.models import Tenant
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
    return and_(reached, not_(concerned(me, row.c.about_path, viewer.tenant)))


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


def concerned(
    member_id: ColumnElement[Any], about_path: ColumnElement[str], tenant: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether a member is at home, appointed or posted at an organization or below it, now or soon, in any role."""
    member, posting = rows_of(Member), rows_of(Posting)
    at_office, at_grid = rows_of(Appointment), rows_of(Appointment)
    office, grid, community = rows_of(Organization), rows_of(Grid), rows_of(Organization)
    end: ColumnElement[str] = func.left(about_path, -1).op("||")(literal_column("'0'"))

    def below(path: ColumnElement[str]) -> ColumnElement[bool]:
        return and_(path >= about_path, path < end)

    def lasting(row: FromClause) -> ColumnElement[bool]:
        until = or_(row.c.ends_on.is_(None), row.c.ends_on >= _today(tenant))
        return and_(row.c.tenant_id == tenant, row.c.member_id == member_id, row.c.ended_at.is_(None), until)

    return or_(
        exists().where(member.c.tenant_id == tenant, member.c.id == member_id, below(member.c.path)),
        exists().where(
            lasting(at_office),
            office.c.tenant_id == tenant,
            office.c.id == at_office.c.organization_id,
            below(office.c.path),
        ),
        exists().where(
            lasting(at_grid),
            grid.c.tenant_id == tenant,
            grid.c.id == at_grid.c.grid_id,
            below(grid.c.path),
        ),
        exists().where(
            lasting(posting),
            community.c.tenant_id == tenant,
            community.c.id == posting.c.organization_id,
            below(community.c.path),
        ),
    )


def _at_mine(path: ColumnElement[str], viewer: Viewer, permission: Permission) -> ColumnElement[bool]:
    """Exactly at an organization of an appointment with the permission."""
    paths = viewer.value(lambda actor: list(actor.reach(permission).paths), ARRAY(Text()))
    return path == any_(paths)


def _today(tenant: ColumnElement[Any]) -> ColumnElement[date]:
    """The city's present day."""
    day = cast(func.timezone(Tenant.time_zone, func.now()), Date)
    return select(day).where(Tenant.id == tenant).scalar_subquery()
