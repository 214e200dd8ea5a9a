"""Organizations in the graph."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Connection, Node
from schema.grids.inputs import GridFilter, GridOrder
from schema.members.inputs import MemberFilter, MemberOrder
from schema.planner.conditions import equals, one_of
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one, where
from schema.planner.fields import to_many
from server.organizations import models, visibility

if TYPE_CHECKING:
    from schema.grids.types import Grid
    from schema.members.types import Member


@strawberry.enum(description="Orders of organizations.")
class OrganizationOrder(Enum):
    """What organizations can be ordered by."""

    PATH_ASC = "PATH_ASC"
    NAME_ASC = "NAME_ASC"
    CREATED_DESC = "CREATED_DESC"


@strawberry.input(description="Which organizations; all conditions given must hold.")
class OrganizationFilter:
    """Conditions on organizations."""

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
    children: Connection[Annotated[Organization, strawberry.lazy("schema.organizations.types")]] = to_many(
        "The organizations directly below.",
        by="parent_id",
        filter=OrganizationFilter,
        order=OrganizationOrder,
    )
    grids: Connection[Annotated[Grid, strawberry.lazy("schema.grids.types")]] = to_many(
        "The grids attached to it.",
        by="organization_id",
        filter=GridFilter,
        order=GridOrder,
    )
    members: Connection[Annotated[Member, strawberry.lazy("schema.members.types")]] = to_many(
        "The members at home in it, as far as the viewer may see them.",
        by="organization_id",
        filter=MemberFilter,
        order=MemberOrder,
    )
