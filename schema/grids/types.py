"""Grids in the graph."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.inputs import CaseFilter, CaseOrder
from schema.connections import Connection, Count, Node
from schema.grids.inputs import GridAssignmentFilter, GridKey, GridOrder
from schema.lists.gaps import ListGaps
from schema.lists.inputs import ListProblemFilter, ListProblemOrder
from schema.planner.declare import column, entity, falling, in_order, newest_first, oldest_first, part, rising, to_one
from schema.planner.fields import to_many
from schema.planner.groups import by_column, by_reference, count_by
from server.cases.columns import listed_in
from server.grids import models, visibility

if TYPE_CHECKING:
    from schema.cases.types import CaseConnection
    from schema.lists.types import ListProblemConnection
    from schema.members.types import Member
    from schema.organizations.types import Organization


@entity(
    models.Grid,
    prefix="grid",
    visible=visibility.grids,
    orders={
        GridOrder.CODE_ASC: oldest_first("code", unique=True),
        GridOrder.NAME_ASC: oldest_first("name"),
        GridOrder.HOUSEHOLDS_DESC: newest_first("households"),
        GridOrder.KIND_ASC: in_order(rising("kind"), falling("households")),
    },
)
class Grid(Node):
    """A cell of the city that somebody is responsible for."""

    code: str = column("Code, unique in the city.")
    name: str = column("Local name.")
    kind: str = column("Code of its kind in the city's grid policy.")
    households: int = column("How many households it holds.")
    valid_from: date = column("First day of this cut of the grid.")
    valid_to: date | None = column("Last day of this cut; null while it stands.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The organization it is attached to.",
        by="organization_id",
    )
    chief: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "The grid chief, if the viewer may see members there.",
        by="chief_id",
    )
    team: Connection[Annotated[GridAssignment, strawberry.lazy("schema.grids.types")]] = to_many(
        "The people of the grid, as far as the viewer may see them.",
        by="grid_id",
        filter=GridAssignmentFilter,
    )
    cases: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "What was reported in it, as far as the viewer may see it.",
        by="grid_id",
        filter=CaseFilter,
        order=CaseOrder,
    )
    open_cases: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "What was reported in it and is not archived, rejected, withdrawn or merged: the one list that is to be zero.",
        by=listed_in,
        filter=CaseFilter,
        order=CaseOrder,
    )
    four_lists: Annotated[ListProblemConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "Its four lists, from the problems on: what is done about each, who answers for it and what came of it; as far "
        "as the viewer may see them.",
        by="grid_id",
        filter=ListProblemFilter,
        order=ListProblemOrder,
    )
    list_gaps: ListGaps = part("What is missing in its four lists.")


@strawberry.type(description="A page of grids in a stable order.")
class GridConnection(Connection[Grid]):
    """Grids, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these grids share a key, on all pages; the largest groups first. Costs a count.",
        GridKey,
        {GridKey.KIND: by_column("kind"), GridKey.ORGANIZATION: by_reference("organization_id", "Organization")},
    )


@entity(models.GridAssignment, prefix="place", visible=visibility.assignments)
class GridAssignment(Node):
    """A member's place in a grid's team."""

    capacity: str = column("Code of the capacity in the city's staffing formula.")
    grid: Annotated[Grid, strawberry.lazy("schema.grids.types")] | None = to_one("The grid.", by="grid_id")
    member: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one("The member.", by="member_id")
