"""Who sees which operators of the platform may look, or have looked, into the city."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from tenants.permissions import Permission
from tenants.viewer import Viewer


def support_accesses(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """All of the city's, for whoever decides about them."""
    return viewer.anywhere(Permission.SUPPORT_DECIDE)
