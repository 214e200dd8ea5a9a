"""What follows from a case's row without being stored in it, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, and_, case, cast, false, func, true
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def remaining_seconds(row: FromClause, _viewer: Viewer) -> ColumnElement[int]:
    """Seconds until the deadline, negative after it; null without one."""
    return cast(func.extract("epoch", row.c.due_at - func.now()), Integer)


def overdue(row: FromClause, _viewer: Viewer) -> ColumnElement[bool]:
    """Whether the deadline has passed before the case was concluded, or now if it is not."""
    late = and_(row.c.due_at.is_not(None), row.c.due_at < func.coalesce(row.c.resolved_at, func.now()))
    return case((late, true()), else_=false())


def is_open(row: FromClause) -> ColumnElement[bool]:
    """Not yet concluded, rejected or withdrawn."""
    return and_(row.c.resolved_at.is_(None), row.c.status != "REJECTED", row.c.status != "WITHDRAWN")
