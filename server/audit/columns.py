"""What follows from an audit entry without being stored in it, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Uuid, and_, case, cast, false, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from server.accounts.models import Account
from server.audit.models import AuditSeal
from server.health_checks.models import AccessLog
from server.members.models import Member
from tenants.db import rows_of
from tenants.viewer import Viewer

_ONE = literal_column("1", Integer())


def times(row: FromClause, _viewer: Viewer) -> ColumnElement[int]:
    """How often it happened: refusals of one minute are one entry."""
    return case((row.c.outcome == "REFUSED", cast(row.c.detail["times"].astext, Integer())), else_=_ONE)


def sealed_as(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """The entry's place in the chain; null while it has none."""
    sealed = rows_of(AuditSeal)
    here = sealed.c.tenant_id == viewer.tenant, sealed.c.entry_id == row.c.id
    return select(sealed.c.seq).where(*here).scalar_subquery()


def who(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """The name of the member behind the account that acted, or what the account or the part of the platform is called."""
    account, member = rows_of(Account), rows_of(Member)
    behind = and_(member.c.tenant_id == viewer.tenant, member.c.id == account.c.member_id)
    name = (
        select(member.c.name)
        .select_from(account.join(member, behind))
        .where(account.c.tenant_id == viewer.tenant, account.c.id == row.c.actor_id)
    )
    return func.coalesce(name.scalar_subquery(), row.c.actor_name, row.c.actor_kind)


def by_viewer(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer's own account acted."""
    mine = row.c.actor_id == viewer.value(lambda actor: actor.account_id, Uuid())
    return func.coalesce(mine, false())


def purpose(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """Why health data were read, as the reader stated it; null for everything else."""
    log = rows_of(AccessLog)
    stated = (
        select(log.c.purpose)
        .where(
            log.c.tenant_id == viewer.tenant,
            log.c.resident_id == row.c.object_id,
            log.c.request_id == row.c.request_id,
        )
        .order_by(log.c.at.desc())
        .limit(1)
    )
    return case((row.c.outcome == "DONE", stated.scalar_subquery()), else_=None)


def what(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """Action and outcome, which ``schema.audit.words`` puts into words."""
    return func.json_build_array(row.c.action, row.c.outcome)
