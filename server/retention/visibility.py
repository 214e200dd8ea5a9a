"""Who sees holds: whoever may hold cases at the place. A reporter is told of none."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.visibility import cases
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer


def holds(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Holds of visible cases at places that ``case:hold`` reaches."""
    case = rows_of(Case)
    within = viewer.within(Permission.CASE_HOLD, path=case.c.path, grid_id=case.c.grid_id)
    return viewer.through(case, and_(cases(case, viewer), within), case.c.id == row.c.case_id)
