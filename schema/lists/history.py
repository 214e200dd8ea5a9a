"""What happened to a problem and to what hangs on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Node
from schema.lists.inputs import ListEventOrder
from schema.lists.types import ListMeasure, ListProblem, ListResponsibility, ListResult
from schema.planner.declare import column, entity, newest_first, oldest_first, to_any, to_one
from server.lists import columns, models, visibility
from server.lists.rules import ItemKind, ListEventKind

if TYPE_CHECKING:
    from schema.lists.owners import ListOwner
    from schema.members.types import Member

ListItem = Annotated[
    ListProblem | ListMeasure | ListResponsibility | ListResult,
    strawberry.union("ListItem", description="An item of the four lists of a grid."),
]


@entity(
    models.ListEvent,
    prefix="listevent",
    visible=visibility.of_problem,
    orders={
        ListEventOrder.SEQ_ASC: oldest_first("version", unique=True),
        ListEventOrder.SEQ_DESC: newest_first("version", unique=True),
    },
)
class ListEvent(Node):
    """One step of a problem's history, with the item as the step left it."""

    seq: int = column(
        "Its number in the problem's history, 1 for its listing; the problem's version after it.", of="version"
    )
    kind: ListEventKind = column("What happened.")
    item_kind: ItemKind = column("To an item of which list.")
    text: str | None = column("What the item said then; null for responsibilities.")
    category: str | None = column("The problem's category then; null for other items.")
    due_on: date | None = column("The responsibility's day then; null for other items.")
    owner: Annotated[ListOwner, strawberry.lazy("schema.lists.owners")] | None = to_any(
        "Who answered then; null for other items, and for a member whom the viewer may not see.",
        {"Member": "member_id", "Organization": "organization_id"},
    )
    owner_name: str | None = column("The present name of whoever answered then.", expression=columns.owner_name)
    at: datetime = column("When it happened.")
    item: ListItem | None = to_any(
        "The item as it is now.",
        {
            "ListProblem": columns.item(ItemKind.PROBLEM),
            "ListMeasure": columns.item(ItemKind.MEASURE),
            "ListResponsibility": columns.item(ItemKind.RESPONSIBILITY),
            "ListResult": columns.item(ItemKind.RESULT),
        },
    )
    actor: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "The member who acted, if the viewer may see them.", by="actor_member_id"
    )
    problem: ListProblem | None = to_one("The problem.", by="problem_id")
