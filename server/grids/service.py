"""Use cases of grids. Who serves in a grid is the members' business (``server.members.service.teams``)."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, NotFound
from server.events.record import record
from server.grids.models import Grid
from server.grids.rules import GridKind, check_attachment, kind_of, size_check
from server.organizations.rules import path_of
from server.organizations.service import find_organization
from server.search.writing import make_searchable
from server.texts import required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


def grid_kinds(manifest: Manifest) -> dict[str, GridKind]:
    """The kinds of the manifest's grid policy by code, as the rules take them; none without a policy."""
    kinds = manifest.grid_policy.kinds if manifest.grid_policy else ()
    return {kind.code: GridKind(kind.code, kind.target_households, kind.tolerance_percent) for kind in kinds}


async def create_grid(
    session: WriteSession,
    *,
    organization_id: UUID,
    code: str,
    name: str,
    kind: str,
    households: int,
    valid_from: date | None = None,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Draw a grid that stands from a day of the city on (None: today); its id is returned.

    A size out of bounds is flagged by the city's figures, never refused. Errors: NotFound for the organization,
    NotPermitted, GRID_KIND_NOT_LISTED, GRID_LEVEL_NOT_ALLOWED, GRID_HOUSEHOLDS_NEGATIVE, ORGANIZATION_CODE_INVALID,
    TEXT_INVALID, Conflict CODE_TAKEN.
    """
    organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
    authorize(actor, Permission.GRID_CREATE, path=organization.path)
    check_attachment(organization.level, frozenset(level.code for level in manifest.levels if level.grids))
    size_check(kind_of(grid_kinds(manifest), kind), households)
    path_of(organization.path, code)  # a grid's code obeys the rule of organization codes
    name = required_line(name, field="name")
    grid_id: UUID | None = await session.scalar(
        insert(Grid)
        .values(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            organization_id=organization.id,
            path=organization.path,
            code=code,
            name=name,
            kind=kind,
            households=households,
            valid_from=valid_from or now().astimezone(ZoneInfo(manifest.time_zone)).date(),
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=[Grid.tenant_id, Grid.code])
        .returning(Grid.id),
    )
    if grid_id is None:
        raise Conflict("The code is taken by another grid.", code="CODE_TAKEN", field=("code",))
    await make_searchable(session, "grid", grid_id, tenant_id=actor.tenant_id, name=name, code=code)
    await record(
        session,
        type="GridCreated",
        subject_type="Grid",
        subject_id=grid_id,
        action=Permission.GRID_CREATE.value,
        actor=actor,
        detail={"organization": str(organization.id), "kind": kind},
    )
    return grid_id


async def find_grid(
    session: WriteSession,
    grid_id: UUID,
    *,
    field: str = "gridId",
    actor: Actor,
    lock: bool = False,
) -> Grid:
    """A grid of the actor's city that the actor may see; NotFound otherwise. lock: until the transaction ends."""
    statement = select(Grid).where(Grid.tenant_id == actor.tenant_id, Grid.id == grid_id)
    row = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if row is None or not actor.may(Permission.GRID_READ):
        raise NotFound("No such grid.", field=(field,))
    return row
