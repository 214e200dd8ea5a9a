"""Organizations in the graph."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases.inputs import CaseFilter, CaseOrder
from schema.cases.part_inputs import CaseTaskFilter, CaseTaskOrder
from schema.connections import Connection, Count, Node
from schema.grids.inputs import GridFilter, GridOrder
from schema.lists.gaps import ListGaps
from schema.members.inputs import MemberFilter, MemberOrder
from schema.planner.conditions import WORDS, at_or_below, below, equals, found_by, one_of
from schema.planner.declare import column, entity, newest_first, oldest_first, part, to_one, where
from schema.planner.fields import to_many
from schema.planner.groups import by_column, count_by
from server.organizations import models, visibility

if TYPE_CHECKING:
    from schema.cases.parts import CaseTaskConnection
    from schema.cases.types import CaseConnection
    from schema.grids.types import GridConnection
    from schema.members.types import MemberConnection


@strawberry.enum(description="Orders of organizations.")
class OrganizationOrder(Enum):
    """What organizations can be ordered by."""

    PATH_ASC = "PATH_ASC"
    NAME_ASC = "NAME_ASC"
    CREATED_DESC = "CREATED_DESC"


@strawberry.enum(description="What organizations can be counted by.")
class OrganizationKey(Enum):
    """Keys of charts of organizations."""

    LEVEL = "LEVEL"
    KIND = "KIND"


@strawberry.input(description="Which organizations; all conditions given must hold.")
class OrganizationFilter:
    """Conditions on organizations."""

    search: str | None = where(
        "Whose name holds all these words; 1 to 100 characters.",
        found_by("organization"),
        binding=WORDS,
    )
    within_organization_id: strawberry.ID | None = where("This organization and all below it.", below(), prefix="org")
    code: list[str] | None = where("With one of these codes, wherever in the tree.", one_of("code"))
    level: list[str] | None = where("At one of these levels.", one_of("level"))
    kind: list[str] | None = where("Of one of these kinds.", one_of("kind"))
    parent_id: strawberry.ID | None = where(
        "Directly below this organization.",
        equals("parent_id"),
        prefix="org",
    )


@entity(
    models.Organization,
    prefix="org",
    visible=visibility.organizations,
    orders={
        OrganizationOrder.PATH_ASC: oldest_first("path", unique=True),
        OrganizationOrder.NAME_ASC: oldest_first("name"),
        OrganizationOrder.CREATED_DESC: newest_first("created_at"),
    },
)
class Organization(Node):
    """A node of a city's organization tree; its level and kind are words of the city's manifest."""

    code: str = column("Short code, unique among siblings.")
    name: str = column("Local name.")
    level: str = column("Code of its level in the city's manifest.")
    kind: str = column("Code of its kind in the city's manifest.")
    rank: int = column("0 household, 1 building, 2 grid, 3 compound, 4 community, 5 subdistrict, 6 district, 7 city.")
    path: str = column("Codes from the root, each followed by a slash.")
    parent: Organization | None = to_one("The organization above; null at the root.", by="parent_id")
    children: Annotated[OrganizationConnection, strawberry.lazy("schema.organizations.types")] = to_many(
        "The organizations directly below.",
        by="parent_id",
        filter=OrganizationFilter,
        order=OrganizationOrder,
    )
    grids: Annotated[GridConnection, strawberry.lazy("schema.grids.types")] = to_many(
        "The grids attached to it.",
        by="organization_id",
        filter=GridFilter,
        order=GridOrder,
    )
    members: Annotated[MemberConnection, strawberry.lazy("schema.members.types")] = to_many(
        "The members at home in it, as far as the viewer may see them.",
        by="organization_id",
        filter=MemberFilter,
        order=MemberOrder,
    )
    queue: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "What waits in its queue, sent there by place and category, as far as the viewer may see it.",
        by="queue_id",
        filter=CaseFilter,
        order=CaseOrder,
    )
    cases: Annotated[CaseConnection, strawberry.lazy("schema.cases.types")] = to_many(
        "What was reported in its grids and in those of all organizations below it, as far as the viewer may see it; "
        "which organization has a case now does not matter.",
        by=at_or_below(),
        filter=CaseFilter,
        order=CaseOrder,
    )
    tasks: Annotated[CaseTaskConnection, strawberry.lazy("schema.cases.parts")] = to_many(
        "Its own shares of cases that several departments handle together, as far as the viewer may see those cases.",
        by="organization_id",
        filter=CaseTaskFilter,
        order=CaseTaskOrder,
    )
    list_gaps: ListGaps = part(
        "What is missing in the four lists of its grids and of those of all organizations below it."
    )


@strawberry.type(description="A page of organizations in a stable order.")
class OrganizationConnection(Connection[Organization]):
    """Organizations, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these organizations share a key, on all pages; the largest groups first. Costs a count.",
        OrganizationKey,
        {OrganizationKey.LEVEL: by_column("level"), OrganizationKey.KIND: by_column("kind")},
    )
