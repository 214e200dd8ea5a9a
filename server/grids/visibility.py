"""Which grids, and which places in their teams, a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from server.grids.models import Grid
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def grids(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Grids are public within the city: all of them, for whoever may read grids at all."""
    return viewer.anywhere(Permission.GRID_READ)


def assignments(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Teams of grids at places where the viewer may read members, and the viewer's own places."""
    grid = rows_of(Grid)
    place = viewer.within(Permission.MEMBER_READ, path=grid.c.path, grid_id=grid.c.id)
    return either(viewer.through(grid, place, grid.c.id == row.c.grid_id), viewer.is_me(member_id=row.c.member_id))
