"""Who sees drafts: whoever publishes at the place of the case. The copies are everybody's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.visibility import cases
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer


def publications(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Drafts of visible cases at places that ``case:publish`` reaches."""
    case = rows_of(Case)
    within = viewer.within(Permission.CASE_PUBLISH, path=case.c.path, grid_id=case.c.grid_id)
    return viewer.through(case, and_(cases(case, viewer), within), case.c.id == row.c.case_id)


def published_cases(_row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """All of a city: what is public is public."""
    return true()
