"""Drawing grids and giving them people."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.grids.types import Grid, GridAssignment
from schema.ids import optional_row_id, row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.grids import service
from server.members.service import teams
from tenants.permissions import Permission


@strawberry.input(description="A grid to draw.")
class CreateGridInput:
    """Where it lies and what it is."""

    organization_id: strawberry.ID = strawberry.field(description="The organization it is attached to.")
    code: str = strawberry.field(description="Code, unique in the city: a-z, 0-9, hyphen, underscore.")
    name: str = strawberry.field(description="Local name, up to 200 characters.")
    kind: str = strawberry.field(description="Code of a kind in the city's grid policy.")
    households: int = strawberry.field(default=0, description="How many households it holds.")
    valid_from: date | None = strawberry.field(default=None, description="First day it stands; today if left out.")


@strawberry.input(description="Who answers for a grid.")
class SetGridChiefInput:
    """A grid and its chief."""

    grid_id: strawberry.ID = strawberry.field(description="The grid.")
    member_id: strawberry.ID | None = strawberry.field(default=None, description="The new chief; null for nobody.")


@strawberry.input(description="A place in a grid's team.")
class AssignToGridInput:
    """A grid, a member and a capacity."""

    grid_id: strawberry.ID = strawberry.field(description="The grid.")
    member_id: strawberry.ID = strawberry.field(description="The member.")
    capacity: str = strawberry.field(description="Code of a capacity in the city's staffing formula.")


@strawberry.type(description="Answer to createGrid and setGridChief.")
class GridPayload:
    """The grid, or why nothing was changed."""

    grid_id: strawberry.Private[UUID | None] = None
    grid: Grid | None = loaded("The grid after the change.", Grid, by="grid_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to assignToGrid.")
class AssignToGridPayload:
    """The place, or why there is none."""

    assignment_id: strawberry.Private[UUID | None] = None
    assignment: GridAssignment | None = loaded("The new place in the team.", GridAssignment, by="assignment_id")
    user_errors: list[UserError] = user_errors()


@mutation(
    "Draw a grid. Its size is compared with the city's policy in the figures, never refused for it.",
    permission=Permission.GRID_CREATE,
)
async def create_grid(info: CivicInfo, input: CreateGridInput) -> GridPayload:  # noqa: A002 - GraphQL's own word
    """Draw a grid."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        grid_id = await service.create_grid(
            session,
            organization_id=row_id(input.organization_id, "org", field="organizationId"),
            code=input.code,
            name=input.name,
            kind=input.kind,
            households=input.households,
            valid_from=input.valid_from,
            manifest=manifest,
            actor=actor,
        )
    return GridPayload(grid_id=grid_id)


@mutation(
    "Name the member who answers for a grid. The name gives no rights: appoint the member for those.",
    permission=Permission.GRID_UPDATE,
)
async def set_grid_chief(info: CivicInfo, input: SetGridChiefInput) -> GridPayload:  # noqa: A002 - GraphQL's own word
    """Name the chief."""
    async with info.context.write() as session:
        grid_id = await teams.set_grid_chief(
            session,
            grid_id=row_id(input.grid_id, "grid", field="gridId"),
            member_id=optional_row_id(input.member_id, "member", field="memberId"),
            actor=info.context.require_actor(),
        )
    return GridPayload(grid_id=grid_id)


@mutation("Give a member a place in a grid's team.", permission=Permission.GRID_UPDATE)
async def assign_to_grid(info: CivicInfo, input: AssignToGridInput) -> AssignToGridPayload:  # noqa: A002 - GraphQL's own word
    """Fill a place."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        assignment_id = await teams.assign_to_grid(
            session,
            grid_id=row_id(input.grid_id, "grid", field="gridId"),
            member_id=row_id(input.member_id, "member", field="memberId"),
            capacity=input.capacity,
            manifest=manifest,
            actor=actor,
        )
    return AssignToGridPayload(assignment_id=assignment_id)


@strawberry.type
class GridMutations:
    """Changes of grids and their teams."""

    create_grid = create_grid
    set_grid_chief = set_grid_chief
    assign_to_grid = assign_to_grid
