"""Which applications and keys a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from server.applications.models import Application
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer


def applications(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Applications that reach no further than the viewer may manage them."""
    return viewer.within(Permission.APPLICATION_MANAGE, path=row.c.path, grid_id=row.c.grid_id)


def keys(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Keys: visible with their application."""
    application = rows_of(Application)
    return viewer.through(application, applications(application, viewer), application.c.id == row.c.application_id)
