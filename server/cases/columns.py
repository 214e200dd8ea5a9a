"""What follows from a case's row without being stored in it, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, false, func, select, true
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.telling import taken_by_resident
from tenants.db import rows_of
from tenants.viewer import Viewer

_DROPPED = ("REJECTED", "WITHDRAWN", "MERGED")


def remaining_seconds(row: FromClause, _viewer: Viewer) -> ColumnElement[int]:
    """Seconds until the deadline, negative after it; null without one."""
    return cast(func.extract("epoch", row.c.due_at - func.now()), Integer)


def overdue(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether the deadline has passed before the case was concluded, or now if it is not."""
    late = and_(row.c.due_at.is_not(None), row.c.due_at < func.coalesce(row.c.resolved_at, func.now()))
    return case((late, true()), else_=false())


def is_open(row: FromClause) -> ColumnElement[bool]:
    """Not yet concluded, rejected, withdrawn or merged into another."""
    return and_(row.c.resolved_at.is_(None), *(row.c.status != status for status in _DROPPED))


def listed_in(other: FromClause, grid: FromClause) -> ColumnElement[bool]:
    """Of a grid: the cases that are not struck off its list yet (一单清, JM-10)."""
    return and_(
        other.c.grid_id == grid.c.id,
        other.c.status != "ARCHIVED",
        *(other.c.status != status for status in _DROPPED),
    )


def is_awaiting_explanation(row: FromClause) -> ColumnElement[bool]:
    """Complex or major, open, and without an explanation for as long as its template allows (AQ-05)."""
    return and_(row.c.explanation_due_at.is_not(None), row.c.explanation_due_at <= func.now())


def awaits_explanation(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """The same, of one row."""
    return case((is_awaiting_explanation(row), true()), else_=false())


def steps_of(event: FromClause, row: FromClause) -> ColumnElement[bool]:
    """Of a case's history: what stamps a mandatory step (JM-09)."""
    return and_(event.c.case_id == row.c.id, event.c.step.is_not(None))


def of_survivor(name: str) -> Callable[[FromClause, Viewer], ColumnElement[Any]]:
    """A column of the case into which a case was merged, for whoever sees the merged one; null without one (T4).

    Only what tells how the matter stands: the other reporter's words are not for this one (P-03).
    """

    def column(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
        other = rows_of(Case)
        found = select(other.c[name]).where(other.c.tenant_id == viewer.tenant, other.c.id == row.c.merged_into_id)
        return found.correlate(row).scalar_subquery()

    return column


def acting_resident(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """Of a row of history: the case's reporter, where none but the reporter can have taken the step; null otherwise."""
    reported = rows_of(Case)
    reporter = select(reported.c.reporter_id).where(
        reported.c.tenant_id == viewer.tenant,
        reported.c.id == row.c.case_id,
        taken_by_resident(row),
    )
    return reporter.correlate(row).scalar_subquery()


def is_reopened(row: FromClause) -> ColumnElement[bool]:
    """Whether the reporter had it opened again."""
    return row.c.reopen_count > 0


def is_handled_by(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether it is in the viewer's own hands; it is in nobody's when there is no handler."""
    return and_(row.c.handler_id.is_not(None), viewer.is_me(member_id=row.c.handler_id))
