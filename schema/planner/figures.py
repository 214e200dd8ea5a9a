"""Compiles a dashboard: one statement over the cells of its scope (``server.analytics.figures``)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement, Date, Text, cast, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import CTE, FromClause
from strawberry.types import Info

from schema.context import Context
from schema.planner.arguments import Leaf, Tree, arguments
from schema.planner.binding import BadInput, Run
from schema.planner.compile import Compiler, Denied
from schema.planner.objects import build_object, is_big, named_object
from server.analytics import figures
from tenants.permissions import Permission

LONGEST_PERIOD = 3_660
_BACKREF = "strawberry-definition"
_SCOPE = strawberry.argument(
    description="The organization whose subtree is counted; left out, the highest the viewer has figures of: the city.",
)
_PERIOD = strawberry.argument(description="The days that count, in the city's time zone.")
Pairs = list[tuple[str, ColumnElement[Any]]]


def root_dashboard(description: str, returns: Any, period: Any) -> Any:
    """The figures of an organization and a period; null where the viewer may not see any."""

    async def resolve(info: Info[Context, None], **_given: Any) -> Any:
        return await info.context.services.reads.run(info, _build)

    async def dashboard(info: Info[Context, None], period: Any, scope: Any = None) -> Any:  # noqa: ARG001 - read from the AST
        return await resolve(info)

    dashboard.__annotations__ = {
        "info": Info[Context, None],
        "scope": Annotated[strawberry.ID | None, _SCOPE],
        "period": Annotated[period, _PERIOD],
        "return": returns | None,
    }
    return strawberry.field(resolver=dashboard, description=description)


def _build(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
) -> ColumnElement[Any]:
    if not compiler.viewer.may(Permission.DASHBOARD_READ):
        compiler.findings.denied.append(Denied(path, Permission.DASHBOARD_READ))
        return literal_column("null")
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    given = arguments(nodes[0], parent, compiler.variables)
    asked = given.get("scope")
    organization_id = compiler.parameters.leaf(asked, prefix="org") if isinstance(asked, Leaf) else None
    scope = figures.scope(compiler.viewer, organization_id)
    cells = figures.cells(compiler.viewer, scope, *_days(compiler, given.get("period")))
    pairs: Pairs = []
    for key, found in compiler.selector.of(nodes, type_).items():
        here = (*path, key)
        name = _python_name(type_, found)
        if name == "organization":
            pairs.append((key, _organization(compiler, type_, found, here, scope.c.id)))
        elif name == "fresh_at":
            pairs.append((key, figures.fresh_at(compiler.viewer)))
        elif name == "own":
            own = named_object(type_.fields["own"].type)
            pairs.append((key, _sums(compiler, own, found, cells, literal_column("''"))))
        elif name == "by_child":
            pairs.append((key, _by_child(compiler, type_, found, here, scope, cells)))
        else:
            pairs.append((key, select(_figure(compiler, type_, found, cells, cells, None)).scalar_subquery()))
    return select(build_object(pairs)).select_from(scope).scalar_subquery()


def _by_child(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    scope: CTE,
    cells: CTE,
) -> ColumnElement[Any]:
    """One object per child, in the order of paths; children where nothing was counted have zeros."""
    type_ = named_object(parent.fields["byChild"].type)
    child, below = figures.children(compiler.viewer, scope)
    keys: Pairs = []
    sums: list[ColumnElement[Any]] = []
    selected = compiler.selector.of(nodes, type_)
    for place, (key, found) in enumerate(selected.items()):
        if _python_name(type_, found) != "organization":
            sums.append(_figure(compiler, type_, found, cells, cells, child.c.code).label(f"f{place}"))
    summed = (
        select(child.c.id, child.c.code, child.c.path, *sums)
        .select_from(child.outerjoin(cells, cells.c.branch == child.c.code))
        .where(below)
        .correlate(scope)
        .group_by(child.c.id, child.c.code, child.c.path)
        .subquery("summed")
    )
    for place, (key, found) in enumerate(selected.items()):
        if _python_name(type_, found) == "organization":
            keys.append((key, _organization(compiler, type_, found, (*path, key), summed.c.id)))
        else:
            keys.append((key, summed.c[f"f{place}"]))
    listed = func.json_agg(aggregate_order_by(build_object(keys), summed.c.path))
    return select(func.coalesce(listed, literal_column("'[]'::json"))).correlate(scope).scalar_subquery()
