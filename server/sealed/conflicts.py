"""Who of discipline is bound to whom a sealed matter is about (FD-03), and what follows when that came after the matter.

Whoever may post and appoint can bind an officer to the organization complained of, and so end the officer's sight of the
matter. That is right, a conflict of interest is one whoever made it, but it shows: the matter is in conflict and says whose.
And it goes only as far as somebody is left: those bound last of all keep their sight until the matter is assigned anew.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, cast, func, literal_column, not_, or_, select
from sqlalchemy.sql.selectable import FromClause

from server.accounts.models import Account
from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.organizations.models import Organization
from server.sealed.models import ZoneMember
from tenants.db import rows_of
from tenants.models import PolicyRule, Tenant
from tenants.permissions import Permission
from tenants.viewer import Viewer, tenant_of_reader


def somebody_apart(row: FromClause, tenant: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether anybody who has a matter, or leads, is not bound to whom it is about."""
    held = rows_of(Appointment)
    apart = not_(concerned(held.c.member_id, row.c.about_path, tenant))
    return _exists(held, where=and_(_has(held, row, tenant), apart))


def bound_since(member: FromClause, row: FromClause) -> ColumnElement[bool]:
    """Of a member and a matter: who would have it, but was bound to whom it is about since it came."""
    held = rows_of(Appointment)
    tenant = tenant_of_reader()
    has = and_(_has(held, row, tenant), held.c.member_id == member.c.id)
    return and_(_exists(held, where=has), _bound_since(member.c.id, row, tenant))


def in_conflict(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether there is anybody of that kind."""
    held = rows_of(Appointment)
    tenant = viewer.tenant
    return _exists(held, where=and_(_has(held, row, tenant), _bound_since(held.c.member_id, row, tenant)))


def _bound_since(member_id: ColumnElement[Any], row: FromClause, tenant: ColumnElement[Any]) -> ColumnElement[bool]:
    about = row.c.about_path
    return and_(concerned(member_id, about, tenant), not_(concerned(member_id, about, tenant, before=row.c.id)))


def _has(held: FromClause, row: FromClause, tenant: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an appointment in force gives a matter to an active member who can sign in: as ``visibility.within_reach``."""
    member, place, zone_member, account = rows_of(Member), rows_of(Organization), rows_of(ZoneMember), rows_of(Account)
    leads = _may(held, Permission.SEALED_LEAD, tenant)
    in_zone = and_(
        zone_member.c.tenant_id == tenant,
        zone_member.c.zone_id == row.c.zone_id,
        zone_member.c.path == place.c.path,
    )
    at_place = and_(
        place.c.tenant_id == tenant,
        place.c.id == held.c.organization_id,
        or_(
            place.c.path == row.c.owner_path,
            _exists(zone_member, where=in_zone),
            and_(leads, func.starts_with(row.c.about_path, place.c.path)),
        ),
    )
    signs_in = and_(
        account.c.tenant_id == tenant,
        account.c.member_id == held.c.member_id,
        account.c.status == literal_column("'ACTIVE'"),
    )
    active = and_(
        member.c.tenant_id == tenant,
        member.c.id == held.c.member_id,
        member.c.status == literal_column("'ACTIVE'"),
        _exists(account, where=signs_in),
    )
    today = _today(tenant)
    return and_(
        held.c.tenant_id == tenant,
        held.c.ended_at.is_(None),
        held.c.starts_on <= today,
        or_(held.c.ends_on.is_(None), held.c.ends_on >= today),
        _may(held, Permission.SEALED_READ, tenant),
        or_(_exists(place, where=at_place), and_(held.c.scope == literal_column("'TENANT'"), leads)),
        _exists(member, where=active),
    )


def _may(held: FromClause, permission: Permission, tenant: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the role of an appointment holds a permission in its city."""
    rule = rows_of(PolicyRule)
    area, verb = permission.value.split(":")
    found = and_(
        rule.c.tenant_id == tenant,
        rule.c.role == held.c.role,
        rule.c.object == literal_column(f"'{area}'"),
        rule.c.action == literal_column(f"'{verb}'"),
    )
    return _exists(rule, where=found)


def concerned(
    member_id: ColumnElement[Any],
    about_path: ColumnElement[str],
    tenant: ColumnElement[Any],
    *,
    before: ColumnElement[Any] | None = None,
) -> ColumnElement[bool]:
    """Whether a member is at home, appointed or posted at an organization or below it, now or soon, in any role.

    before: an id; only appointments and postings made before it count. Ids are UUIDv7 and rise with time.
    """
    member, posting = rows_of(Member), rows_of(Posting)
    at_office, at_grid = rows_of(Appointment), rows_of(Appointment)
    office, grid, community = rows_of(Organization), rows_of(Grid), rows_of(Organization)
    end: ColumnElement[str] = func.left(about_path, -1).op("||")(literal_column("'0'"))

    def below(path: ColumnElement[str]) -> ColumnElement[bool]:
        return and_(path >= about_path, path < end)

    def lasting(row: FromClause) -> ColumnElement[bool]:
        until = or_(row.c.ends_on.is_(None), row.c.ends_on >= _today(tenant))
        bound = and_(row.c.tenant_id == tenant, row.c.member_id == member_id, row.c.ended_at.is_(None), until)
        return bound if before is None else and_(bound, row.c.id < before)

    at_home = and_(member.c.tenant_id == tenant, member.c.id == member_id, below(member.c.path))
    in_office = and_(
        lasting(at_office),
        office.c.tenant_id == tenant,
        office.c.id == at_office.c.organization_id,
        below(office.c.path),
    )
    in_grid = and_(lasting(at_grid), grid.c.tenant_id == tenant, grid.c.id == at_grid.c.grid_id, below(grid.c.path))
    posted = and_(
        lasting(posting),
        community.c.tenant_id == tenant,
        community.c.id == posting.c.organization_id,
        below(community.c.path),
    )
    return or_(
        _exists(member, where=at_home),
        _exists(at_office, office, where=in_office),
        _exists(at_grid, grid, where=in_grid),
        _exists(posting, community, where=posted),
    )


def _exists(*own: FromClause, where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there are such rows; whatever else is named is of the statements around, however far out."""
    return select(literal_column("1")).where(where).correlate_except(*own).exists()


def _today(tenant: ColumnElement[Any]) -> ColumnElement[date]:
    """The city's present day."""
    day = cast(func.timezone(Tenant.time_zone, func.now()), Date)
    return select(day).where(Tenant.id == tenant).correlate_except(Tenant).scalar_subquery()
