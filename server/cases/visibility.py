"""Which cases a viewer may see: by place of the case, own reports, and what was given to oneself."""

from __future__ import annotations

from sqlalchemy import ColumnElement, any_, func, select
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.parts import CaseTask
from tenants.db import rows_of
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


def cases(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases at places the permission reaches or in queues there; for own reach, those one reported, claimed or handles.

    The place of a case never changes, so whoever saw it keeps seeing it after it was escalated (T12). A department sees
    the cases of which it has a share, wherever they are (T9). Whose report was merged into another does not see that one:
    it is somebody else's words; ``columns.survivor`` tells how it stands (T4, P-03).
    """
    return either(
        in_office(row, viewer),
        viewer.mine(Permission.CASE_READ, resident_id=row.c.reporter_id),
        viewer.my_account(Permission.CASE_READ, row.c.reporter_account_id),
        viewer.holds_code(row.c.id),
    )


def in_office(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases one sees by office: at places the permission reaches or in queues there, in one's hands, or with a share."""
    return either(
        viewer.within(Permission.CASE_READ, path=row.c.path, grid_id=row.c.grid_id),
        viewer.within(Permission.CASE_READ, path=row.c.queue_path),
        viewer.is_me(member_id=row.c.claimant_id),
        viewer.is_me(member_id=row.c.handler_id),
        shared(row, viewer, Permission.CASE_READ),
    )


def shared(row: FromClause, viewer: Viewer, permission: Permission) -> ColumnElement[bool]:
    """Cases of which an organization that the permission reaches has a share.

    Their ids are looked up first and once: asked of each case, it would keep the others' indexes from being used.
    """
    task = rows_of(CaseTask)
    reached = viewer.within(permission, path=task.c.path)
    if isinstance(reached, True_ | False_):
        return reached
    ids = select(task.c.case_id).where(task.c.tenant_id == viewer.tenant, task.c.shares, reached)
    return row.c.id == any_(func.array(ids.scalar_subquery()))


def case_events(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The history of visible cases."""
    case = rows_of(Case)
    seen = cases(case, viewer)
    if isinstance(seen, True_):
        return seen
    return viewer.through(case, seen, case.c.id == row.c.case_id)


def case_parts(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The tasks of visible cases, and what is alleged in them."""
    return case_events(row, viewer)


def categories(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """The city's categories, for everybody who may report or read cases."""
    return either(viewer.anywhere(Permission.CASE_READ), viewer.anywhere(Permission.CASE_REPORT))


def deadline_runs(_row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Runs over the city's deadlines, for whoever may read its configuration."""
    return viewer.anywhere(Permission.MANIFEST_READ)
