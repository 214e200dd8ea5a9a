"""Which organizations a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from tenants.permissions import Permission
from tenants.viewer import Viewer


def organizations(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The tree is public within the city: all of it, for whoever may read organizations at all."""
    return viewer.anywhere(Permission.ORGANIZATION_READ)
