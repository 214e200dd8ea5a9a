"""Which residents a viewer may see: need to know, by place, and oneself."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def residents(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Residents of places where the viewer may read residents, and oneself."""
    return either(
        viewer.within(Permission.RESIDENT_READ, path=row.c.path, grid_id=row.c.grid_id),
        viewer.is_me(resident_id=row.c.id),
    )
