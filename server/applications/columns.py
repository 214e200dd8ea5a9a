"""What follows from the rows of keys without being stored in them, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def is_good(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether a key opens anything now, as far as it itself goes (``server.applications.rules.is_good``)."""
    return row.c.revoked_at.is_(None) & or_(row.c.expires_at.is_(None), row.c.expires_at > func.now())
