"""Reads by opaque id, whatever kind the id names: one statement, and null for what the viewer may not see."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from typing import Annotated, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, case, func, literal_column, select
from sqlalchemy.sql.selectable import TableValuedAlias
from strawberry.types import Info

from schema.connections import Node
from schema.context import Context
from schema.planner.arguments import Leaf, arguments
from schema.planner.binding import MAX_LIST, BadInput, Run
from schema.planner.compile import Compiler
from schema.planner.declare import BUILD, PREFIXES
from schema.planner.prices import listed
from tenants.ids import split_public_id

_ID = strawberry.argument(description="The object's opaque id.")
_IDS = strawberry.argument(description="Up to 100 opaque ids, of any kinds.")


def _build(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
) -> ColumnElement[Any]:
    """An array of objects, in the order of the ids; null for each that is unknown, unseen or no id of ours."""
    given = arguments(nodes[0], parent, compiler.variables)
    leaf = given.get("ids") or given.get("id")
    if not isinstance(leaf, Leaf):
        raise TypeError
    wanted = _wanted(compiler, leaf)
    compiler.rows.append(wanted)
    objects = {
        prefix: compiler.one(_type(compiler, prefix), nodes, path, lambda row: row.c.id == wanted.c.id)
        for prefix in _prefixes(leaf)
    }
    compiler.rows.pop()
    nothing: ColumnElement[Any] = literal_column("null::json")  # a bare null has no type, and json_agg wants one
    json = case(objects, value=wanted.c.prefix, else_=nothing) if objects else nothing
    array = func.coalesce(func.json_agg(json), literal_column("'[]'::json"))
    return select(array).select_from(wanted).scalar_subquery()


def _wanted(compiler: Compiler, leaf: Leaf) -> TableValuedAlias:
    ids = compiler.parameters.add(lambda run: [id_ for _prefix, id_ in _split(leaf, run)], ARRAY(Uuid()))
    prefixes = compiler.parameters.add(lambda run: [prefix for prefix, _id in _split(leaf, run)], ARRAY(Text()))
    return func.unnest(ids, prefixes).table_valued("id", "prefix", name="wanted").render_derived()


def _split(leaf: Leaf, run: Run) -> list[tuple[str | None, Any]]:
    found = (split_public_id(str(value)) for value in _values(leaf.get(run.variables)))
    return [split if split is not None and split[0] in PREFIXES else (None, None) for split in found]


def _values(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_LIST:
        raise BadInput("Ask for at most {most} ids at once; these are {found}.", most=MAX_LIST, found=len(values))
    return values


def _prefixes(leaf: Leaf) -> list[str]:
    """The kinds of id at hand: part of the shape of the variables, so the statement may depend on them."""
    found = {split[0] for value in _values(leaf.now) if (split := split_public_id(str(value))) is not None}
    return sorted(found & PREFIXES.keys())


def _type(compiler: Compiler, prefix: str) -> GraphQLObjectType:
    type_ = compiler.schema.type_map[PREFIXES[prefix]]
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError
    return type_


def _build_one(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
) -> ColumnElement[Any]:
    return _build(compiler, parent, nodes, path).op("->")(literal_column("0"))


@strawberry.type
class NodeQueries:
    """Reads by opaque id."""

    @strawberry.field(
        description="One object by id; null when there is none the viewer may see.", metadata={BUILD: _build_one}
    )
    async def node(self, info: Info[Context, None], id: Annotated[strawberry.ID, _ID]) -> Node | None:  # noqa: A002, ARG002 - read from the AST
        """Whatever the id names."""
        found: Node | None = await info.context.services.reads.run(info, _build_one)
        return found

    @strawberry.field(
        description="Up to 100 objects by id, in the order asked; null for each not to be seen.",
        metadata={BUILD: _build, **listed(MAX_LIST, by="ids")},
    )
    async def nodes(self, info: Info[Context, None], ids: Annotated[list[strawberry.ID], _IDS]) -> list[Node | None]:  # noqa: ARG002 - read from the AST
        """Whatever the ids name."""
        found: list[Node | None] = await info.context.services.reads.run(info, _build)
        return found
