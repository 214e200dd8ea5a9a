"""Which sessions and invitations a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, func
from sqlalchemy.sql.selectable import FromClause

from server.members.models import Member
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer


def own_sessions(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Sessions of the viewer's own account that go on."""
    return and_(
        row.c.account_id == viewer.value(lambda actor: actor.account_id, Uuid()),
        row.c.revoked_at.is_(None),
        row.c.expires_at > func.now(),
    )


def invitations(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Invitations of members for whom the viewer may open accounts."""
    member = rows_of(Member)
    reached = viewer.within(Permission.USER_CREATE, path=member.c.path)
    return viewer.through(member, reached, member.c.id == row.c.member_id)
