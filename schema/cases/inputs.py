"""Filters and orders of cases, and the enumerations they share with the rules."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import and_, any_, not_

from schema.planner.declare import where
from schema.planner.places import below
from server.cases import states

CaseStatus = strawberry.enum(states.CaseStatus, description="Where a case stands.")
Track = strawberry.enum(states.Track, description="The kind of course a case takes.")
Severity = strawberry.enum(states.Severity, description="How hard a case is; decides its deadline.")
Containment = strawberry.enum(states.Containment, description="How far up a case should have to go: an aim, no bar.")
Rating = strawberry.enum(states.Rating, description="The reporter's verdict.")
CaseEventKind = strawberry.enum(states.EventKind, name="CaseEventKind", description="What happened to a case.")


@strawberry.enum(description="Orders of cases.")
class CaseOrder(Enum):
    """What cases can be ordered by."""

    REPORTED_DESC = "REPORTED_DESC"
    REPORTED_ASC = "REPORTED_ASC"
    CHANGED_DESC = "CHANGED_DESC"
    NUMBER_ASC = "NUMBER_ASC"


@strawberry.enum(description="Orders of a case's history.")
class CaseEventOrder(Enum):
    """What events can be ordered by."""

    SEQ_ASC = "SEQ_ASC"
    SEQ_DESC = "SEQ_DESC"


@strawberry.input(description="Which cases; all conditions given must hold.")
class CaseFilter:
    """Conditions on cases."""

    status: list[CaseStatus] | None = where("In one of these states.", lambda row, value, _v: row.c.status == any_(value))
    track: list[Track] | None = where("On one of these tracks.", lambda row, value, _v: row.c.track == any_(value))
    category: list[str] | None = where(
        "In one of these categories (codes).",
        lambda row, value, _v: row.c.category == any_(value),
    )
    severity: list[Severity] | None = where(
        "Of one of these severities.",
        lambda row, value, _v: row.c.severity == any_(value),
    )
    grid_id: strawberry.ID | None = where("In this grid.", lambda row, value, _v: row.c.grid_id == value, prefix="grid")
    within_organization_id: strawberry.ID | None = where(
        "At a place at or below this organization.",
        below(),
        prefix="org",
    )
    number: str | None = where("With exactly this number.", lambda row, value, _v: row.c.number == value)
    overdue: bool | None = where(
        "true: the deadline has been missed; false: it has not.",
        flag=lambda row, wanted, _v: row.c.overdue_at.is_not(None) if wanted else row.c.overdue_at.is_(None),
    )
    open: bool | None = where(
        "true: not yet concluded, rejected or withdrawn; false: the others.",
        flag=lambda row, wanted, _v: _open(row) if wanted else not_(_open(row)),
    )
    reported_since: datetime | None = where("Reported at or after.", lambda row, value, _v: row.c.reported_at >= value)
    reported_until: datetime | None = where("Reported before.", lambda row, value, _v: row.c.reported_at < value)


def _open(row):  # type: ignore[no-untyped-def]
    return and_(row.c.resolved_at.is_(None), row.c.status.not_in(("REJECTED", "WITHDRAWN")))
