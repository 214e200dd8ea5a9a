"""What follows from the rows of sessions and invitations without being stored in them, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, func
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def is_current(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether it is the session that asks."""
    current: ColumnElement[bool] = row.c.id == viewer.value(lambda actor: actor.session_id, Uuid())
    return current


def is_open(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether an invitation can still be accepted."""
    return and_(row.c.accepted_at.is_(None), row.c.revoked_at.is_(None), row.c.expires_at > func.now())
