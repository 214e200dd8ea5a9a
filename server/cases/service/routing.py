"""Whose a new case is: the organizations above its place, the department whose queue it waits in, the resident it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, and_, bindparam, column, func, or_, select

from server.cases.models import Case
from server.cases.service.policy import CasePolicy, Category
from server.errors import NotFound
from server.grids.models import Grid
from server.organizations.models import Organization
from server.residents.models import Resident
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.statements import Prepared

Queue = tuple[UUID | None, str | None]  # id and path of the organization, both None for no queue


@dataclass(frozen=True, slots=True)
class Above:
    """An organization at or above a place."""

    id: UUID
    path: str
    level: str


async def grid_and_above(
    session: WriteSession,
    grid_id: UUID,
    today: date,
    *,
    tenant_id: UUID,
) -> tuple[str, list[Above]]:
    """The path of a grid, and the organizations along it from the root down. Raises NotFound, after its last day too."""
    rows = await _above().run(session, {"tenant_id": tenant_id, "grid_id": grid_id, "today": today})
    if not rows:
        raise NotFound("No such grid.", field=("gridId",))
    return rows[0]["grid_path"], [Above(row["id"], row["path"], row["level"]) for row in rows]


@cache
def _above() -> Prepared:
    tenant_id = bindparam("tenant_id", type_=Uuid())
    ends = func.generate_series(1, func.length(Grid.path))
    cut = ends.table_valued(column("at", Integer())).render_derived(name="cut")
    statement = (
        select(Grid.path.label("grid_path"), Organization.id, Organization.path, Organization.level)
        .join_from(Grid, cut, func.substr(Grid.path, cut.c.at, 1) == "/")
        .join(
            Organization,
            and_(Organization.tenant_id == tenant_id, Organization.path == func.left(Grid.path, cut.c.at)),
        )
        .where(
            Grid.tenant_id == tenant_id,
            Grid.id == bindparam("grid_id", type_=Uuid()),
            or_(Grid.valid_to.is_(None), Grid.valid_to >= bindparam("today", type_=Date())),
        )
        .order_by(Organization.path)
    )
    return Prepared(statement)


async def organizations_on(session: WriteSession, path: str, *, tenant_id: UUID) -> list[Organization]:
    """The organizations along a path, from the root to the one it belongs to."""
    rows = await session.scalars(
        select(Organization)
        .where(Organization.tenant_id == tenant_id, Organization.path.in_(paths_along(path)))
        .order_by(Organization.path),
    )
    return list(rows)


async def queue_of(session: WriteSession, path: str, category: Category, *, policy: CasePolicy, actor: Actor) -> Queue:
    """The queue of a case at a place (HS-03): of the nearest organization of the department's kind.

    Going up from the place, the organization there itself, or else the one of that kind directly below it: a market
    office stands under its district beside the subdistricts. Of several the first by path.
    """
    department = policy.department(category)
    if department is None:
        return None, None
    above = paths_along(path)
    parents = select(Organization.id).where(Organization.tenant_id == actor.tenant_id, Organization.path.in_(above))
    rows = await session.execute(
        select(Organization.id, Organization.path).where(
            Organization.tenant_id == actor.tenant_id,
            Organization.kind == department,
            or_(Organization.path.in_(above), Organization.parent_id.in_(parents)),
        ),
    )
    found = [(id_, its_path) for id_, its_path in rows]
    return min(found, key=lambda queue: _distance(queue[1], above), default=(None, None))


async def queue_after(
    session: WriteSession, row: Case, category: Category, *, policy: CasePolicy, actor: Actor
) -> dict[str, Any]:
    """The columns of the queue after a case was put under a category; none while it keeps its own."""
    if category.code == row.category:
        return {}
    queue_id, queue_path = await queue_of(session, row.path, category, policy=policy, actor=actor)
    return {"queue_id": queue_id, "queue_path": queue_path}


async def resident_for(session: WriteSession, resident_id: UUID, *, actor: Actor) -> UUID:
    """A resident whose matter the actor reports: one the actor may see. Raises NotFound."""
    found = (
        await session.execute(
            select(Resident.path, Resident.grid_id).where(
                Resident.tenant_id == actor.tenant_id,
                Resident.id == resident_id,
            ),
        )
    ).one_or_none()
    reach = actor.reach(Permission.RESIDENT_READ)
    if found is None or not reach.covers(path=found.path, grid_id=found.grid_id):
        raise NotFound("No such resident.", field=("onBehalfOf", "residentId"))
    return resident_id


def paths_along(path: str) -> list[str]:
    codes = path.split("/")[:-1]
    return ["/".join(codes[: length + 1]) + "/" for length in range(len(codes))]


def _distance(path: str, above: list[str]) -> tuple[int, bool, str]:
    """How far up a department stands; one on the way goes before one beside it."""
    if path in above:
        return -above.index(path), False, path
    parent = path[: path.rindex("/", 0, -1) + 1]
    return -above.index(parent), True, path
