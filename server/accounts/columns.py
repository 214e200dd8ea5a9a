"""What follows from the rows of sessions, invitations and members without being stored in them, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, func, select
from sqlalchemy.sql.selectable import FromClause

from server.accounts.models import Account
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer


def is_current(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether it is the session that asks."""
    current: ColumnElement[bool] = row.c.id == viewer.value(lambda actor: actor.session_id, Uuid())
    return current


def is_open(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether an invitation can still be accepted."""
    return and_(row.c.accepted_at.is_(None), row.c.revoked_at.is_(None), row.c.expires_at > func.now())


def username_of(member: FromClause, viewer: Viewer) -> ColumnElement[str | None]:
    """The user name of a member's account, where the viewer may disable it."""
    return _of_account("username", member, viewer)


def status_of(member: FromClause, viewer: Viewer) -> ColumnElement[str | None]:
    """The status of the same account."""
    return _of_account("status", member, viewer)


def _of_account(column: str, member: FromClause, viewer: Viewer) -> ColumnElement[str | None]:
    """Of several accounts, which only the command line opens, one that may sign in goes first."""
    account = rows_of(Account)
    found: ColumnElement[str | None] = (
        select(account.c[column])
        .where(
            account.c.tenant_id == viewer.tenant,
            account.c.member_id == member.c.id,
            viewer.within(Permission.USER_UPDATE, path=member.c.path),
        )
        .order_by(account.c.status, account.c.id)
        .limit(1)
        .scalar_subquery()
    )
    return found
