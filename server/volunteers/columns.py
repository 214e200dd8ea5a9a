"""What follows from the rows of volunteers and activities without being stored in them, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def skills(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """The words a volunteer registered with, as a JSON array."""
    return func.coalesce(row.c.skills["words"], literal_column("'[]'::jsonb"))


def places_left(row: FromClause, _viewer: Viewer) -> ColumnElement[int]:
    """Free places of an activity."""
    return row.c.capacity - row.c.signed_up


def phase(row: FromClause, _viewer: Viewer) -> ColumnElement[str]:
    """Where an activity stands now: ``rules.activity_phase`` in SQL, to which a test holds it."""
    return case(
        (row.c.status == "CANCELED", "CANCELED"),
        (row.c.ends_at <= func.now(), "ENDED"),
        (row.c.starts_at <= func.now(), "RUNNING"),
        (row.c.signed_up >= row.c.capacity, "FULL"),
        else_="OPEN",
    )


def is_upcoming(row: FromClause) -> ColumnElement[bool]:
    """Whether an activity has not started yet."""
    return row.c.starts_at > func.now()


def has_places(row: FromClause) -> ColumnElement[bool]:
    """Whether an activity has free places."""
    return row.c.signed_up < row.c.capacity
