"""Compiles a dashboard: one statement over the cells of its scope (``server.analytics.figures``)."""

from __future__ import annotations

import inspect
from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement, Date, Integer, Select, Text, cast, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import CTE, FromClause
from strawberry.types import Info

from schema.context import Context
from schema.planner.arguments import Leaf, Tree, arguments
from schema.planner.binding import BadInput, Run
from schema.planner.compile import Compiler
from schema.planner.declare import BUILD
from schema.planner.objects import build_object, is_big, named_object
from schema.planner.prices import KEY as PRICE
from schema.planner.prices import Price
from server.analytics import figures
from tenants.permissions import Permission

LONGEST_PERIOD = 3_660
_BACKREF = "strawberry-definition"
_SCOPE = strawberry.argument(
    description="The organization whose subtree is counted; left out, the highest the viewer has figures of: the city.",
)
_PERIOD = strawberry.argument(description="The days that count, in the city's time zone.")
Pairs = list[tuple[str, ColumnElement[Any]]]


Days = tuple[ColumnElement[Any], ColumnElement[Any]]


def root_dashboard(description: str, returns: Any, period: Any) -> Any:
    """The figures of an organization and a period, null where the viewer may not see any; ``period`` is an input type."""

    async def resolve(info: Info[Context, None], **_given: Any) -> Any:
        return await info.context.services.reads.run(info, _build)

    parameters = {
        "info": Info[Context, None],
        "period": Annotated[period, _PERIOD],
        "scope": Annotated[strawberry.ID | None, _SCOPE],
    }
    positional, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # the signature clients see
        [
            inspect.Parameter("info", positional, annotation=parameters["info"]),
            inspect.Parameter("period", keyword, annotation=parameters["period"]),
            inspect.Parameter("scope", keyword, annotation=parameters["scope"], default=None),
        ],
        return_annotation=returns | None,
    )
    resolve.__annotations__ = {**parameters, "return": returns | None}
    return strawberry.field(resolver=resolve, description=description, metadata={BUILD: _build})


def _build(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
) -> ColumnElement[Any]:
    if not compiler.viewer.may(Permission.DASHBOARD_READ):
        return compiler.denied(Permission.DASHBOARD_READ)
    type_ = named_object(parent.fields[nodes[0].name.value].type)
    given = arguments(nodes[0], parent, compiler.variables)
    asked = given.get("scope")
    organization_id = compiler.parameters.leaf(asked, prefix="org") if isinstance(asked, Leaf) else None
    scope = figures.scope(compiler.viewer, organization_id)
    days = _days(compiler, given.get("period"))
    cells = figures.cells(compiler.viewer, scope, *days)
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
            pairs.append((key, _totals(compiler, own, found, cells, days, "")))
        elif name == "by_child":
            pairs.append((key, _by_child(compiler, type_, found, here, scope, cells, days)))
        else:
            figure = _figure(compiler, type_, found, cells, days)
            pairs.append((key, _always_one(select(figure).select_from(cells))))
    return select(build_object(pairs)).select_from(scope).scalar_subquery()


def _by_child(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    scope: CTE,
    cells: CTE,
    days: Days,
) -> ColumnElement[Any]:
    """One object per child, in the order of paths; children where nothing was counted have zeros."""
    type_ = named_object(parent.fields["byChild"].type)
    child, below = figures.children(compiler.viewer, scope)
    selected = compiler.selector.of(nodes, type_)
    # Columns are numbered: a client's alias can be longer than a name in SQL, and could be one of ours.
    sums = {
        key: _figure(compiler, type_, found, cells, days, branch=child.c.code, of=child).label(f"figure_{number}")
        for number, (key, found) in enumerate(selected.items())
        if _python_name(type_, found) != "organization"
    }
    summed = (
        select(child.c.id, child.c.path, *sums.values())
        .select_from(below.outerjoin(cells, cells.c.branch == child.c.code))
        .group_by(child.c.id, child.c.code, child.c.path)
        .order_by(child.c.path)
        .limit(_at_most(parent, "byChild"))
        .subquery("summed")
    )
    pairs: Pairs = []
    for key, found in selected.items():
        if key in sums:
            pairs.append((key, summed.c[sums[key].name]))
        else:
            pairs.append((key, _organization(compiler, type_, found, (*path, key), summed.c.id)))
    listed = func.json_agg(aggregate_order_by(build_object(pairs), summed.c.path))
    return select(func.coalesce(listed, literal_column("'[]'::json"))).scalar_subquery()


def _totals(
    compiler: Compiler, type_: GraphQLObjectType, nodes: list[FieldNode], cells: CTE, days: Days, branch: str
) -> Any:
    """The object of one branch."""
    only = literal_column(f"'{branch}'", Text())
    pairs = [
        (key, _figure(compiler, type_, found, cells, days, branch=only))
        for key, found in compiler.selector.of(nodes, type_).items()
    ]
    return _always_one(select(build_object(pairs)).select_from(cells).where(cells.c.branch == only))


def _always_one(sums: Select[Any]) -> ColumnElement[Any]:
    """HAVING makes a select an aggregate even if none is selected: one row, of no cells and of many."""
    return sums.having(true()).scalar_subquery()


def _figure(
    compiler: Compiler,
    type_: GraphQLObjectType,
    nodes: list[FieldNode],
    cells: CTE,
    days: Days,
    *,
    branch: ColumnElement[Any] | None = None,
    of: FromClause | None = None,
) -> ColumnElement[Any]:
    """One figure as an aggregate over the rows of ``cells`` around it.

    ``branch`` says which these are, None for all; ``of`` is the row around it that the branch is taken from.
    """
    name = _python_name(type_, nodes)
    if name == "__typename":
        return literal_column(f"'{type_.name}'", Text())
    output = type_.fields[nodes[0].name.value].type
    if name == "grids_by_kind":
        kinds = select(figures.by_kind(cells, branch, of)).order_by("kind").limit(_at_most(type_, "gridsByKind"))
        return _kinds(compiler, named_object(output), nodes, kinds.subquery())
    value = figures.FIGURES[name](cells)
    if name == "health_checks":
        return _small_count(compiler, named_object(output), nodes, figures.shown(value, *days))
    return cast(value, Text) if is_big(output) else value


def _kinds(
    compiler: Compiler,
    type_: GraphQLObjectType,
    nodes: list[FieldNode],
    kinds: FromClause,
) -> ColumnElement[Any]:
    pairs: Pairs = []
    for key, found in compiler.selector.of(nodes, type_).items():
        name = _python_name(type_, found)
        pairs.append((key, literal_column(f"'{type_.name}'", Text()) if name == "__typename" else kinds.c[name]))
    listed = func.json_agg(aggregate_order_by(build_object(pairs), kinds.c.kind))
    return select(func.coalesce(listed, literal_column("'[]'::json"))).scalar_subquery()


def _at_most(type_: GraphQLObjectType, name: str) -> ColumnElement[int]:
    """How many objects a list is declared to hold."""
    price: Price = type_.fields[name].extensions[_BACKREF].metadata[PRICE]
    return literal_column(str(price.at_most), Integer())


def _small_count(
    compiler: Compiler,
    type_: GraphQLObjectType,
    nodes: list[FieldNode],
    value: ColumnElement[Any],
) -> ColumnElement[Any]:
    answers = {"value": value, "suppressed": value.is_(None), "__typename": literal_column(f"'{type_.name}'", Text())}
    selected = compiler.selector.of(nodes, type_).items()
    return build_object([(key, answers[_python_name(type_, found)]) for key, found in selected])


def _organization(
    compiler: Compiler,
    type_: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    id_: ColumnElement[Any],
) -> ColumnElement[Any]:
    target = named_object(type_.fields[nodes[0].name.value].type)
    return compiler.one(target, nodes, path, lambda row: row.c.id == id_)


def _days(compiler: Compiler, period: Tree) -> Days:
    """The bounds of the period as parameters; BadInput at run time when they are no period."""
    if not isinstance(period, dict):
        raise TypeError
    first, last = period["from"], period["to"]
    if not isinstance(first, Leaf) or not isinstance(last, Leaf):
        raise TypeError

    def end(run: Run) -> date:
        begins: date = first.get(run.variables)
        ends: date = last.get(run.variables)
        if not begins <= ends or (ends - begins).days > LONGEST_PERIOD:
            message = "A period ends on or after the day it begins, and is at most {most} days long."
            raise BadInput(message, most=LONGEST_PERIOD)
        return ends

    return compiler.parameters.leaf(first), compiler.parameters.add(end, Date())


def _python_name(type_: GraphQLObjectType, nodes: list[FieldNode]) -> str:
    name = nodes[0].name.value
    if name == "__typename":
        return name
    python_name: str = type_.fields[name].extensions[_BACKREF].python_name
    return python_name
