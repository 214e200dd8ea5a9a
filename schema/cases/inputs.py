"""Filters and orders of cases, and the enumerations they share with the rules."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.planner.conditions import at_least, before, below, equals, holds, is_set, one_of
from schema.planner.declare import where
from server.cases import columns
from server.cases.states import CaseStatus, Containment, EventKind, Rating, Severity, Track

strawberry.enum(CaseStatus, description="Where a case stands.")
strawberry.enum(Track, description="The kind of course a case takes.")
strawberry.enum(Severity, description="How hard a case is; decides its deadline.")
strawberry.enum(Containment, description="How far up a case should have to go: an aim, no bar.")
strawberry.enum(Rating, description="The reporter's verdict.")
strawberry.enum(EventKind, name="CaseEventKind", description="What happened to a case.")


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

    status: list[CaseStatus] | None = where("In one of these states.", one_of("status"))
    track: list[Track] | None = where("On one of these tracks.", one_of("track"))
    category: list[str] | None = where(
        "In one of these categories (codes).",
        one_of("category"),
    )
    severity: list[Severity] | None = where(
        "Of one of these severities.",
        one_of("severity"),
    )
    grid_id: strawberry.ID | None = where("In this grid.", equals("grid_id"), prefix="grid")
    within_organization_id: strawberry.ID | None = where(
        "At a place at or below this organization.",
        below(),
        prefix="org",
    )
    number: str | None = where("With exactly this number.", equals("number"))
    overdue: bool | None = where(
        "true: the deadline has been missed; false: it has not.",
        flag=is_set("overdue_at"),
    )
    open: bool | None = where(
        "true: not yet concluded, rejected or withdrawn; false: the others.",
        flag=holds(columns.is_open),
    )
    reported_since: datetime | None = where("Reported at or after.", at_least("reported_at"))
    reported_until: datetime | None = where("Reported before.", before("reported_at"))
