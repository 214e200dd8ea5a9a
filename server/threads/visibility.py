"""Which messages a viewer may see: those of the threads it takes part in."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.participation import in_thread
from tenants.db import rows_of
from tenants.viewer import Viewer


def messages(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Messages of visible cases, by their thread."""
    case = rows_of(Case)
    return viewer.through(case, in_thread(row.c.thread, case, viewer), case.c.id == row.c.case_id)
