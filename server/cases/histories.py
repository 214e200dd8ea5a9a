"""What is told of a case's time and of those it was told to, as SQL on its row and on the rows of its history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    cast,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case, CaseEvent
from server.cases.visibility import cases
from server.organizations.models import Organization
from server.organizations.visibility import organizations
from tenants.context import Actor
from tenants.db import rows_of
from tenants.viewer import Viewer, tenant_of_reader

LOGGED = ("kind", "version", "at", "to_status", "level", "change")


def history(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """What the clocks of a case are read from, as JSON: ``[path, due_at, ended_at, [event, ...]]``, events in no order.

    An event is the list of its ``LOGGED`` values. Lists, and no order: a selection holds this once for each field that is
    made of it, and what is said shortly is compiled quickly.
    """
    event = rows_of(CaseEvent)
    line = func.json_build_array(*(event.c[name] for name in LOGGED))
    log = select(func.json_agg(line)).where(event.c.tenant_id == viewer.tenant, event.c.case_id == row.c.id)
    path = func.coalesce(row.c.clock_path, row.c.custody_path)
    return func.json_build_array(path, row.c.due_at, row.c.resolved_at, log.correlate(row).scalar_subquery())


def had_it(organization: FromClause, row: FromClause) -> ColumnElement[bool]:
    """The organizations that a case's log says it was with."""
    event = rows_of(CaseEvent)
    id_ = cast(cast(event.c.change, JSONB)["organizationId"].astext, Uuid())
    ids = select(id_).where(event.c.tenant_id == tenant_of_reader(), event.c.case_id == row.c.id)
    return organization.c.id.in_(ids.correlate(row))


def history_of(viewer: Viewer, case_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The history of one case, if the viewer sees it; null otherwise."""
    row = rows_of(Case)
    seen = select(history(row, viewer)).where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, cases(row, viewer))
    return seen.scalar_subquery()


def place_of(viewer: Viewer, organization_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """``[path, level]`` of an organization, if the viewer sees it; null otherwise."""
    row = rows_of(Organization)
    seen = select(func.json_build_array(row.c.path, row.c.level)).where(
        row.c.tenant_id == viewer.tenant,
        row.c.id == organization_id,
        organizations(row, viewer),
    )
    return seen.scalar_subquery()


def place_at(viewer: Viewer, path: ColumnElement[str]) -> ColumnElement[Any]:
    """The same of the organization at a path."""
    row = rows_of(Organization)
    seen = select(func.json_build_array(row.c.path, row.c.level)).where(
        row.c.tenant_id == viewer.tenant,
        row.c.path == path,
        organizations(row, viewer),
    )
    return seen.scalar_subquery()


def told(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
    """Of a row of history: the roles that the step told, as a JSON array."""
    return func.coalesce(cast(row.c.change, JSONB)["told"], literal_column("'[]'::jsonb"))


def told_me(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Of a row of history: whether the viewer holds one of those roles where the case was after the step.

    A role there is one at the organization of that level on the way to the case's place, in the case's grid, or for the
    whole city.
    """
    reported, there = rows_of(Case), rows_of(Organization)
    mine = (
        func.unnest(
            viewer.value(lambda actor: [grant.role for grant in actor.grants], ARRAY(Text())),
            viewer.value(_paths, ARRAY(Text())),
            viewer.value(lambda actor: [grant.grid_id for grant in actor.grants], ARRAY(Uuid())),
        )
        .table_valued(column("role", Text()), column("path", Text()), column("grid_id", Uuid()), name="mine")
        .render_derived()
    )
    at_level = exists(
        select(literal_column("1"))
        .where(
            there.c.tenant_id == viewer.tenant,
            there.c.path == mine.c.path,
            there.c.level == row.c.level,
            func.starts_with(reported.c.path, there.c.path),
        )
        .correlate(mine, reported, row),
    )
    everywhere = and_(mine.c.path.is_(None), mine.c.grid_id.is_(None))
    return exists(
        select(literal_column("1"))
        .select_from(mine)
        .join(reported, and_(reported.c.tenant_id == viewer.tenant, reported.c.id == row.c.case_id))
        .where(
            func.jsonb_exists(told(row, viewer), mine.c.role),
            or_(everywhere, mine.c.grid_id == reported.c.grid_id, at_level),
        )
        .correlate(row),
    )


def _paths(actor: Actor) -> list[str | None]:
    return [grant.path for grant in actor.grants]
