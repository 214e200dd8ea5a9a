"""Cases in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.inputs import CaseEventFilter, CaseEventOrder, CaseKey, CaseOrder
from schema.connections import Connection, Count, Node
from schema.planner.declare import (
    Nulls,
    column,
    embedded,
    entity,
    in_order,
    newest_first,
    oldest_first,
    part,
    rising,
    to_any,
    to_one,
)
from schema.planner.fields import to_many
from schema.planner.groups import by_column, by_month, by_reference, count_by
from server.cases import columns, models, visibility
from server.cases.states import CaseStatus, Containment, EventKind, Rating, Severity, Track

if TYPE_CHECKING:
    from schema.grids.types import Grid
    from schema.members.types import Member
    from schema.organizations.types import Organization
    from schema.residents.types import Resident

CaseParty = Annotated[
    Annotated["Member", strawberry.lazy("schema.members.types")]
    | Annotated["Resident", strawberry.lazy("schema.residents.types")],
    strawberry.union("CaseParty", description="Somebody who takes steps in a case."),
]


@embedded
class Deadline:
    """When a case must be concluded, in the city's working calendar."""

    due_at: datetime | None = column("When it is due; null when its severity has no limit or it is not accepted yet.")
    remaining_seconds: int | None = column(
        "Seconds left; negative once the deadline has passed.", expression=columns.remaining_seconds
    )
    overdue: bool = column("Whether it is, or was concluded, too late.", expression=columns.overdue)
    overdue_at: datetime | None = column("When the worker found it late and sent it one level up; null otherwise.")


@entity(
    models.Case,
    prefix="case",
    visible=visibility.cases,
    orders={
        CaseOrder.REPORTED_DESC: newest_first("reported_at"),
        CaseOrder.REPORTED_ASC: oldest_first("reported_at"),
        CaseOrder.CHANGED_DESC: newest_first("changed_at"),
        CaseOrder.NUMBER_ASC: oldest_first("number", unique=True),
        CaseOrder.DUE_ASC: in_order(rising("due_at", nulls=Nulls.LAST)),
    },
)
class Case(Node):
    """One matter from report to archive."""

    number: str = column(
        "Human-readable number, unique in the city. The city's cases are counted in it, also those unseen."
    )
    track: Track = column("The kind of course it takes.")
    category: str = column("Code of its category in the city's manifest.")
    title: str = column("What it is about, in a line.")
    description: str = column("What was reported.")
    status: CaseStatus = column("Where it stands.")
    severity: Severity = column("How hard it is.")
    containment: Containment | None = column("How far up it should have to go; an aim that is measured.")
    level: str = column("Code of the level that has it now.")
    version: int = column("Number of the last change: pass it as expectedVersion to change the case.")
    reported_at: datetime = column("When it was reported.")
    accepted_at: datetime | None = column("When it was accepted.")
    resolved_at: datetime | None = column("When it was concluded.")
    feedback_at: datetime | None = column("When the result was given to the reporter.")
    archived_at: datetime | None = column("When it was archived.")
    result: str | None = column("What was done.")
    rating: Rating | None = column("The reporter's verdict; null while there is none, which is never satisfaction.")
    rating_comment: str | None = column("What the reporter added to the verdict.")
    reopen_count: int = column("How often it was reopened.")
    strike_off_number: str | None = column("Number under which it was struck off on archiving; never used again.")
    deadline: Deadline = part("When it must be concluded.")
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("Where it is.", by="grid_id")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The organization that has it now.",
        by="organization_id",
    )
    reporter: Annotated[Resident, strawberry.lazy("schema.residents.types")] | None = to_one(
        "Who reported it, if the viewer may see residents there.",
        by="reporter_id",
    )
    claimant: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who claimed it, if the viewer may see that member.",
        by="claimant_id",
    )
    handler: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who has it in hand: its claimant, or whom it was dispatched to by name, if the viewer may see that member.",
        by="handler_id",
    )
    events: Connection[Annotated[CaseEvent, strawberry.lazy("schema.cases.types")]] = to_many(
        "Its history, oldest first.",
        by="case_id",
        filter=CaseEventFilter,
        order=CaseEventOrder,
    )


@strawberry.type(description="A page of cases in a stable order.")
class CaseConnection(Connection[Case]):
    """Cases, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these cases share a key, on all pages; the largest groups first. Costs a count.",
        CaseKey,
        {
            CaseKey.STATUS: by_column("status"),
            CaseKey.SEVERITY: by_column("severity"),
            CaseKey.TRACK: by_column("track"),
            CaseKey.CATEGORY: by_column("category"),
            CaseKey.CONTAINMENT: by_column("containment"),
            CaseKey.RATING: by_column("rating"),
            CaseKey.LEVEL: by_column("level"),
            CaseKey.GRID: by_reference("grid_id", "Grid"),
            CaseKey.ORGANIZATION: by_reference("organization_id", "Organization"),
            CaseKey.MONTH_REPORTED: by_month("reported_at"),
        },
    )


@entity(
    models.CaseEvent,
    prefix="caseevent",
    visible=visibility.case_events,
    orders={
        CaseEventOrder.SEQ_ASC: oldest_first("version", unique=True),
        CaseEventOrder.SEQ_DESC: newest_first("version", unique=True),
    },
)
class CaseEvent(Node):
    """One step of a case's history."""

    seq: int = column("Its number in the case's history, 1 for the report; the case's version after it.", of="version")
    kind: EventKind = column("What happened.")
    from_status: CaseStatus | None = column("The state before; null for the report.")
    to_status: CaseStatus = column("The state after.")
    level: str = column("Code of the level that had the case after it.")
    actor_role: str = column("The role that acted.")
    note: str | None = column("The reason or remark given.")
    at: datetime = column("When it happened.")
    by: CaseParty | None = to_any(
        "Who took the step: a member, or the resident who reported the case; null for the worker, and for whomever the "
        "viewer may not see.",
        {"Member": "actor_member_id", "Resident": columns.acting_resident},
    )
    actor: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "The member who acted, if the viewer may see them; null for residents and the worker.",
        by="actor_member_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")
