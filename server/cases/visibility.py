"""Which cases a viewer may see: by place of the case, own reports, and what was given to oneself."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.sql.elements import True_
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def cases(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases at places the permission reaches; for own reach, cases one reported, claimed or handles.

    The place of a case never changes, so whoever saw it keeps seeing it after it was escalated (T12).
    """
    return either(
        viewer.within(Permission.CASE_READ, path=row.c.path, grid_id=row.c.grid_id),
        viewer.mine(Permission.CASE_READ, resident_id=row.c.reporter_id),
        viewer.my_account(Permission.CASE_READ, row.c.reporter_account_id),
        viewer.is_me(member_id=row.c.claimant_id),
        viewer.is_me(member_id=row.c.handler_id),
    )


def case_events(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The history of visible cases."""
    case = rows_of(Case)
    seen = cases(case, viewer)
    if isinstance(seen, True_):
        return seen
    return viewer.through(case, seen, case.c.id == row.c.case_id)


def categories(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The city's categories, for everybody who may report or read cases."""
    return either(viewer.anywhere(Permission.CASE_READ), viewer.anywhere(Permission.CASE_REPORT))
