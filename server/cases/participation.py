"""Who takes part in what is written and sent about a case, beside its course.

One place decides it for messages and for files: to take part is more than to see a case, and less than to change it.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, Uuid, and_, false, func, not_
from sqlalchemy import literal_column as literal
from sqlalchemy.sql.selectable import FromClause

from server.cases.visibility import cases, shared
from tenants.permissions import Permission
from tenants.viewer import Viewer, either


class Thread(StrEnum):
    """PRIVATE: between the reporter and who has the case. INTERNAL: among staff, never for the reporter."""

    PRIVATE = "PRIVATE"
    INTERNAL = "INTERNAL"


def reporters(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases the viewer has reported; where no resident is named as the reporter, with the account (``CaseFacts``).

    Whoever holds the tracking code of a case stands for its reporter; who wrote it down for somebody else does not.
    """
    account = viewer.value(lambda actor: actor.account_id, Uuid())
    return either(
        viewer.mine(Permission.CASE_READ, resident_id=row.c.reporter_id),
        and_(row.c.reporter_id.is_(None), row.c.reporter_account_id == account, not_(row.c.on_behalf)),
        viewer.holds_code(row.c.id),
    )


def taking_part(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Visible cases the viewer has reported or holds, or whose custody, grid or queue ``case:message`` reaches.

    Custody climbs with the case: the level that handed it over sees the case (T12), and no longer what is written in
    private (P-10). A department with a share of the work (T9) writes among staff: it does not have the case.
    """
    part = either(
        reporters(row, viewer),
        viewer.is_me(member_id=row.c.claimant_id),
        viewer.is_me(member_id=row.c.handler_id),
        viewer.within(Permission.CASE_MESSAGE, path=row.c.custody_path, grid_id=row.c.grid_id),
        viewer.within(Permission.CASE_MESSAGE, path=row.c.queue_path),
    )
    return and_(cases(row, viewer), part)


def among_staff(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases that a member sees by office, and has not reported as a resident."""
    if not viewer.serves:
        return false()
    office = either(
        viewer.within(Permission.CASE_READ, path=row.c.path, grid_id=row.c.grid_id),
        viewer.within(Permission.CASE_READ, path=row.c.queue_path),
        shared(row, viewer, Permission.CASE_READ),
        viewer.is_me(member_id=row.c.claimant_id),
        viewer.is_me(member_id=row.c.handler_id),
    )
    own = func.coalesce(viewer.is_me(resident_id=row.c.reporter_id), literal("false"))
    return and_(cases(row, viewer), office, not_(own))


def in_thread(thread: ColumnElement[str], row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Cases of which the viewer may read the thread that the column names."""
    return either(
        and_(thread == literal(f"'{Thread.PRIVATE}'"), taking_part(row, viewer)),
        and_(thread == literal(f"'{Thread.INTERNAL}'"), among_staff(row, viewer)),
    )
