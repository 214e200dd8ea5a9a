"""Whose figures a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from tenants.permissions import Permission
from tenants.viewer import Viewer


def scopes(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Organizations within reach of dashboard:read; their figures include everything below them."""
    return viewer.within(Permission.DASHBOARD_READ, path=row.c.path)
