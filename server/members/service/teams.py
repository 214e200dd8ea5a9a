"""The people of grids: chiefs and teams."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, RuleViolation
from server.events.record import record
from server.grids.models import GridAssignment
from server.grids.service import find_grid
from server.members.service.people import serving_member
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def set_grid_chief(session: WriteSession, *, grid_id: UUID, member_id: UUID | None, actor: Actor) -> UUID:
    """Name the member who answers for a grid, or nobody (None); the grid's id is returned.

    The name alone gives no rights: those come from an appointment. Errors: NotFound for grid or member, NotPermitted,
    MEMBER_LEFT.
    """
    grid = await find_grid(session, grid_id, actor=actor, lock=True)
    authorize(actor, Permission.GRID_UPDATE, path=grid.path, grid_id=grid.id)
    if member_id is not None:
        await serving_member(session, member_id, actor=actor)
    grid.chief_id = member_id
    await session.flush()
    await _record(session, "GridChiefSet", grid.id, actor, member=member_id)
    return grid.id


async def assign_to_grid(
    session: WriteSession,
    *,
    grid_id: UUID,
    member_id: UUID,
    capacity: str,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Give a member a place in a grid's team (JM-15, HH-11); the place's id is returned.

    capacity: a code of the city's staffing formula. Errors: NotFound for grid or member, NotPermitted, MEMBER_LEFT,
    CAPACITY_NOT_LISTED, Conflict ALREADY_ASSIGNED.
    """
    grid = await find_grid(session, grid_id, actor=actor)
    authorize(actor, Permission.GRID_UPDATE, path=grid.path, grid_id=grid.id)
    _check_capacity(manifest, capacity)
    await serving_member(session, member_id, actor=actor)
    row = GridAssignment
    assignment_id: UUID | None = await session.scalar(
        insert(row)
        .values(tenant_id=actor.tenant_id, id=uuid7(), grid_id=grid.id, member_id=member_id, capacity=capacity)
        .on_conflict_do_nothing(index_elements=[row.tenant_id, row.grid_id, row.member_id, row.capacity])
        .returning(row.id),
    )
    if assignment_id is None:
        raise Conflict("The member has this place already.", code="ALREADY_ASSIGNED", field=("memberId",))
    await _record(session, "GridAssigned", grid.id, actor, member=member_id, capacity=capacity)
    return assignment_id


def _check_capacity(manifest: Manifest, capacity: str) -> None:
    listed = [post.capacity for post in manifest.grid_policy.staffing] if manifest.grid_policy else []
    if capacity in listed:
        return
    raise RuleViolation(
        "This city's staffing formula has no capacity {capacity}; it has {listed}.",
        code="CAPACITY_NOT_LISTED",
        field=("capacity",),
        capacity=capacity,
        listed=", ".join(listed) or "none",
    )


async def _record(
    session: WriteSession,
    type_: str,
    grid_id: UUID,
    actor: Actor,
    *,
    member: UUID | None,
    capacity: str | None = None,
) -> None:
    detail = {"member": str(member) if member else None, "capacity": capacity}
    await record(
        session,
        type=type_,
        subject_type="Grid",
        subject_id=grid_id,
        action=Permission.GRID_UPDATE.value,
        actor=actor,
        detail={name: value for name, value in detail.items() if value is not None},
    )
