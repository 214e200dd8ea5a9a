"""Filters and orders of the four lists, and the enumerations they share with the rules."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry

from schema.planner.conditions import at_least, before, equals, holds, holds_for, one_of
from schema.planner.declare import where
from server.lists import columns
from server.lists.rules import ItemKind, ListEventKind, ListGap

strawberry.enum(ItemKind, name="ListItemKind", description="The list an item stands in.")
strawberry.enum(ListEventKind, description="What happened in the lists of a grid.")
strawberry.enum(ListGap, description="What is missing on the way from a problem to its results.")


@strawberry.enum(description="Orders of problems.")
class ListProblemOrder(Enum):
    """What problems can be ordered by."""

    ADDED_DESC = "ADDED_DESC"
    ADDED_ASC = "ADDED_ASC"
    DUE_ASC = "DUE_ASC"


@strawberry.enum(description="What problems can be counted by.")
class ListProblemKey(Enum):
    """Keys of charts of problems."""

    CATEGORY = "CATEGORY"
    GRID = "GRID"
    MONTH_ADDED = "MONTH_ADDED"


@strawberry.enum(description="Orders of measures.")
class ListMeasureOrder(Enum):
    """What measures can be ordered by."""

    ADDED_ASC = "ADDED_ASC"
    ADDED_DESC = "ADDED_DESC"


@strawberry.enum(description="What measures can be counted by.")
class ListMeasureKey(Enum):
    """Keys of charts of measures."""

    GRID = "GRID"


@strawberry.enum(description="Orders of responsibilities.")
class ListResponsibilityOrder(Enum):
    """What responsibilities can be ordered by."""

    DUE_ASC = "DUE_ASC"
    DUE_DESC = "DUE_DESC"


@strawberry.enum(description="What responsibilities can be counted by.")
class ListResponsibilityKey(Enum):
    """Keys of charts of responsibilities."""

    GRID = "GRID"
    ORGANIZATION = "ORGANIZATION"


@strawberry.enum(description="Orders of a problem's history.")
class ListEventOrder(Enum):
    """What events of the lists can be ordered by."""

    SEQ_ASC = "SEQ_ASC"
    SEQ_DESC = "SEQ_DESC"


@strawberry.input(description="Which problems; all conditions given must hold.")
class ListProblemFilter:
    """Conditions on the problems of one grid, or below one organization."""

    category: list[str] | None = where("In one of these categories (codes).", one_of("category"))
    open: bool | None = where("true: not yet closed; false: closed.", flag=holds(columns.is_open))
    overdue: bool | None = where(
        "true: with something past its day that has no result; false: without.",
        flag=holds_for(columns.is_past_due),
    )
    gap: list[ListGap] | None = where("With one of these gaps.", columns.has_gap)
    owner_id: strawberry.ID | None = where(
        "For some measure of which this member answers, if the viewer may see that member.",
        columns.is_owned_by,
        prefix="member",
    )
    owner_organization_id: strawberry.ID | None = where(
        "For some measure of which this very organization answers.",
        columns.is_owned_by_organization,
        prefix="org",
    )
    case_id: strawberry.ID | None = where("Listed from this case.", equals("case_id"), prefix="case")
    added_since: datetime | None = where("Listed at or after.", at_least("added_at"))
    added_until: datetime | None = where("Listed before.", before("added_at"))


@strawberry.input(description="Which measures; all conditions given must hold.")
class ListMeasureFilter:
    """Conditions on measures: few rows, found by their problem or as a gap."""

    owned: bool | None = where("true: somebody answers for it; false: nobody.", flag=holds(columns.is_owned))


@strawberry.input(description="Which responsibilities; all conditions given must hold.")
class ListResponsibilityFilter:
    """Conditions on responsibilities: few rows, found by their measure or as a gap."""

    done: bool | None = where("true: with its result; false: without.", flag=holds(columns.is_done))
    overdue: bool | None = where("true: past its day without a result; false: not.", flag=holds_for(columns.is_late))
    due_since: date | None = where("Due on or after.", at_least("due_on"))
    due_until: date | None = where("Due before.", before("due_on"))


@strawberry.input(description="Which steps; all conditions given must hold.")
class ListEventFilter:
    """Conditions on the history of one problem: few rows, found by the problem."""

    kind: list[ListEventKind] | None = where("Of one of these kinds.", one_of("kind"))
    item: list[ItemKind] | None = where("About items of one of these kinds.", one_of("item_kind"))
    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))
