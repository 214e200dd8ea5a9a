"""The parts of a case in the graph: departments' tasks, and what is alleged, one by one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.part_inputs import CaseAllegationOrder, CaseTaskKey, CaseTaskOrder
from schema.connections import Connection, Count, Node
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from schema.planner.groups import by_column, by_reference, count_by
from server.cases import parts, visibility
from server.cases.outcomes import TaskStatus

if TYPE_CHECKING:
    from schema.cases.types import Case
    from schema.members.types import Member
    from schema.organizations.types import Organization


@entity(
    parts.CaseTask,
    prefix="task",
    visible=visibility.case_parts,
    orders={
        CaseTaskOrder.ASSIGNED_DESC: newest_first("assigned_at"),
        CaseTaskOrder.ASSIGNED_ASC: oldest_first("assigned_at"),
    },
)
class CaseTask(Node):
    """One department's share of a case that several handle together."""

    asked: str = column("What is asked of the department.")
    status: TaskStatus = column("Where it stands.")
    result: str | None = column("What the department did, or why the task was canceled; null while it is open.")
    assigned_at: datetime = column("When it was assigned.")
    closed_at: datetime | None = column("When it was done or canceled.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The department.",
        by="organization_id",
    )
    assigned_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who assigned it, if the viewer may see that member.",
        by="assigned_by_id",
    )
    closed_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who did it or canceled it, if the viewer may see that member.",
        by="closed_by_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")


@strawberry.type(description="A page of tasks in a stable order.")
class CaseTaskConnection(Connection[CaseTask]):
    """Tasks, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these tasks share a key, on all pages; the largest groups first. Costs a count.",
        CaseTaskKey,
        {
            CaseTaskKey.STATUS: by_column("status"),
            CaseTaskKey.ORGANIZATION: by_reference("organization_id", "Organization"),
        },
    )


@entity(
    parts.CaseAllegation,
    prefix="allegation",
    visible=visibility.case_parts,
    orders={
        CaseAllegationOrder.NUMBER_ASC: oldest_first("number", unique=True),
        CaseAllegationOrder.NUMBER_DESC: newest_first("number", unique=True),
    },
)
class CaseAllegation(Node):
    """One of the allegations or questions of a report; each is answered by itself."""

    number: int = column("Its number in the report, from 1.")
    text: str = column("What is alleged or asked.")
    answer: str | None = column(
        "What the reporter was told about it; after a reopening the old answer, until a new one."
    )
    answered_at: datetime | None = column("When it was answered in the present course; null while it waits.")
    answered_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who answered it, if the viewer may see that member.",
        by="answered_by_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")
