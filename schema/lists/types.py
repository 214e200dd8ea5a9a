"""The four lists in the graph: problems, measures, responsibilities, results."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Connection, Count, Node
from schema.lists.inputs import (
    ListEventFilter,
    ListEventOrder,
    ListMeasureFilter,
    ListMeasureKey,
    ListMeasureOrder,
    ListProblemKey,
    ListProblemOrder,
    ListResponsibilityFilter,
    ListResponsibilityKey,
    ListResponsibilityOrder,
)
from schema.planner.declare import (
    Nulls,
    column,
    entity,
    in_order,
    newest_first,
    oldest_first,
    rising,
    to_any,
    to_one,
)
from schema.planner.fields import to_many
from schema.planner.groups import by_column, by_month, by_reference, count_by
from server.lists import columns, models, visibility
from server.lists.rules import ListGap

if TYPE_CHECKING:
    from schema.cases.types import Case
    from schema.grids.types import Grid
    from schema.lists.history import ListEvent
    from schema.lists.owners import ListOwner
    from schema.members.types import Member

_COUNTED = "on all pages; the largest groups first. Costs a count."


@entity(
    models.ListProblem,
    prefix="problem",
    visible=visibility.problems,
    orders={
        ListProblemOrder.ADDED_DESC: newest_first("added_at"),
        ListProblemOrder.ADDED_ASC: oldest_first("added_at"),
        ListProblemOrder.DUE_ASC: in_order(rising("next_due_on", nulls=Nulls.LAST)),
    },
)
class ListProblem(Node):
    """A problem of a grid, the first of its four lists."""

    category: str = column("Code of its category in the city's manifest.")
    text: str = column("What the problem is.")
    version: int = column(
        "How often it, or something that hangs on it, was changed: pass it as expectedVersion to close or revise it."
    )
    added_at: datetime = column("When it was listed.")
    changed_at: datetime = column("When it, or something that hangs on it, was last changed.")
    closed_at: datetime | None = column("When it was closed; null while it is open.")
    next_due_on: date | None = column(
        "The first day by which something without a result is due, of the city's calendar; null without any."
    )
    overdue: bool = column(
        "Whether that day is over, so that somebody should have had a result.", expression=columns.is_past_due
    )
    gaps: list[ListGap] = column(
        "What is missing on the way to its results; empty when each measure has somebody who answers for it in time.",
        expression=columns.gaps,
    )
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("The grid.", by="grid_id")
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one(
        "The case it was listed from, if the viewer may see it.", by="case_id"
    )
    added_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who listed it, if the viewer may see that member.", by="added_by_id"
    )
    closed_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who closed it, if the viewer may see that member.", by="closed_by_id"
    )
    measures: Annotated[ListMeasureConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "What is to be done about it, in the order it was planned.",
        by="problem_id",
        filter=ListMeasureFilter,
        order=ListMeasureOrder,
    )
    events: Connection[Annotated[ListEvent, strawberry.lazy("schema.lists.history")]] = to_many(
        "What happened to it and to what hangs on it, oldest first.",
        by="problem_id",
        filter=ListEventFilter,
        order=ListEventOrder,
    )


@strawberry.type(description="A page of problems in a stable order.")
class ListProblemConnection(Connection[ListProblem]):
    """Problems, and how many there are by what."""

    count_by: list[Count] = count_by(
        f"How many of these problems share a key, {_COUNTED}",
        ListProblemKey,
        {
            ListProblemKey.CATEGORY: by_column("category"),
            ListProblemKey.GRID: by_reference("grid_id", "Grid"),
            ListProblemKey.MONTH_ADDED: by_month("added_at"),
        },
    )


@entity(
    models.ListMeasure,
    prefix="measure",
    visible=visibility.of_problem,
    orders={
        ListMeasureOrder.ADDED_ASC: oldest_first("added_at"),
        ListMeasureOrder.ADDED_DESC: newest_first("added_at"),
    },
)
class ListMeasure(Node):
    """What is to be done about a problem, the second list."""

    text: str = column("What is to be done.")
    version: int = column("How often it was put right: pass it as expectedVersion to revise it.")
    owned: bool = column("Whether somebody answers for it.")
    added_at: datetime = column("When it was planned.")
    added_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who planned it, if the viewer may see that member.", by="added_by_id"
    )
    problem: ListProblem | None = to_one("The problem.", by="problem_id")
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("The grid.", by="grid_id")
    responsibilities: Annotated[ListResponsibilityConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "Who answers for it until when, the first due first.",
        by="measure_id",
        filter=ListResponsibilityFilter,
        order=ListResponsibilityOrder,
    )


@strawberry.type(description="A page of measures in a stable order.")
class ListMeasureConnection(Connection[ListMeasure]):
    """Measures, and how many there are by what."""

    count_by: list[Count] = count_by(
        f"How many of these measures share a key, {_COUNTED}",
        ListMeasureKey,
        {ListMeasureKey.GRID: by_reference("grid_id", "Grid")},
    )


@entity(
    models.ListResponsibility,
    prefix="responsibility",
    visible=visibility.of_problem,
    orders={
        ListResponsibilityOrder.DUE_ASC: oldest_first("due_on"),
        ListResponsibilityOrder.DUE_DESC: newest_first("due_on"),
    },
)
class ListResponsibility(Node):
    """Who answers for a measure and until when, the third list."""

    owner: Annotated[ListOwner, strawberry.lazy("schema.lists.owners")] | None = to_any(
        "The member or organization that answers for it; null for a member whom the viewer may not see.",
        {"Member": "member_id", "Organization": "organization_id"},
    )
    owner_name: str = column("Its name, for all who see the list.", expression=columns.owner_name)
    due_on: date = column("The last day in time, of the city's calendar.")
    done: bool = column("Whether there is a result.")
    overdue: bool = column("Whether the day is over and there is no result.", expression=columns.is_late)
    version: int = column("How often it was put right: pass it as expectedVersion to revise it.")
    added_at: datetime = column("When it was assigned.")
    added_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who assigned it, if the viewer may see that member.", by="added_by_id"
    )
    problem: ListProblem | None = to_one("The problem.", by="problem_id")
    measure: ListMeasure | None = to_one("The measure.", by="measure_id")
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("The grid.", by="grid_id")
    result: Annotated[ListResult, strawberry.lazy("schema.lists.types")] | None = to_one(
        "What came of it; null while there is nothing.", back="responsibility_id"
    )


@strawberry.type(description="A page of responsibilities in a stable order.")
class ListResponsibilityConnection(Connection[ListResponsibility]):
    """Responsibilities, and how many there are by what."""

    count_by: list[Count] = count_by(
        f"How many of these responsibilities share a key, {_COUNTED}",
        ListResponsibilityKey,
        {
            ListResponsibilityKey.GRID: by_reference("grid_id", "Grid"),
            ListResponsibilityKey.ORGANIZATION: by_reference("organization_id", "Organization"),
        },
    )


@entity(models.ListResult, prefix="result", visible=visibility.of_problem)
class ListResult(Node):
    """What came of a responsibility, the fourth list."""

    text: str = column("What came of it.")
    version: int = column("How often it was put right: pass it as expectedVersion to revise it.")
    added_at: datetime = column("When it was recorded.")
    added_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who recorded it, if the viewer may see that member.", by="added_by_id"
    )
    problem: ListProblem | None = to_one("The problem.", by="problem_id")
    responsibility: ListResponsibility | None = to_one("The responsibility.", by="responsibility_id")
