"""Connections: a page by keyset, its cursors, and a count only when asked (Relay's cursor connections).

A page reads one row more than asked when the client wants to know whether there is more. Cursors hold the values of
the order and the id of the row, so they stay true while rows come and go.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from graphql import FieldNode, GraphQLField, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import FromClause, Subquery
from sqlalchemy.types import Date, DateTime, TypeEngine

from schema.planner.arguments import Leaf, Tree, arguments, word
from schema.planner.binding import BadInput, Binder, Parameters, Run, page_size, storable
from schema.planner.declare import ENTITIES, KEY, Entity, Filter, Sort
from schema.planner.objects import build_object, named_object, node_type

if TYPE_CHECKING:
    from schema.planner.compile import Compiler

Condition = Callable[[FromClause], ColumnElement[bool]]
_BACKREF = "strawberry-definition"
_UNSORTED = Sort(by=())
_LARGEST = 2**63 - 1


def connection(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    condition: Condition,
) -> ColumnElement[Any]:
    """The JSON of a connection field of ``parent``: whatever is selected of nodes, edges, pageInfo and totalCount."""
    definition = parent.fields[nodes[0].name.value]
    given = arguments(nodes[0], parent, compiler.variables)
    target = named_object(definition.type)
    rows_type = node_type(target)
    entity = ENTITIES[rows_type.name]
    selected = compiler.selector.of(nodes, target)
    sort = _sort(entity, given.get("orderBy"))
    table = compiler.alias(entity)
    wanted = and_(compiler.guarded(entity, table), condition(table), *_filters(compiler, definition, given, table))
    page = _Page(compiler, sort, table, wanted, given, more=_asks_for_page_info(selected))
    pairs: list[tuple[str, ColumnElement[Any]]] = []
    for key, found in selected.items():
        name = found[0].name.value
        here = (*path, key)
        if name == "__typename":
            pairs.append((key, literal_column(f"'{target.name}'::text")))
        elif name == "nodes":
            pairs.append((key, page.collect(compiler.object(rows_type, found, page.row, here))))
        elif name == "edges":
            pairs.append((key, page.collect(_edge(compiler, target, rows_type, found, page, here))))
        elif name == "pageInfo":
            info = target.fields["pageInfo"].type
            pairs.append((key, _page_info(compiler, info, found, page)))
        elif name == "totalCount":
            pairs.append(
                (key, select(func.count()).select_from(table).where(wanted).correlate(*compiler.rows).scalar_subquery())
            )
    compiler.sizes.pop()
    # GROUP BY () makes one row of the page, also when nothing selected is an aggregate.
    one = select(build_object(pairs)).select_from(page.row).group_by(literal_column("()"))
    return one.correlate(*compiler.rows).scalar_subquery()


class _Page:
    """One page of rows as a subquery, with its place in the order."""

    def __init__(
        self,
        compiler: Compiler,
        sort: Sort,
        table: FromClause,
        wanted: ColumnElement[bool],
        given: dict[str, Tree],
        *,
        more: bool,
    ) -> None:
        self._sort = sort
        self._more = more
        self.after = given.get("after")
        first = given["first"]
        if not isinstance(first, Leaf):
            message = "A page size cannot be null; leave 'first' out for the default."
            raise BadInput(message)
        binder = page_size(first)
        self.size = compiler.parameters.add(binder, Integer())
        compiler.sizes.append(binder)
        compiler.findings.pages.append(tuple(compiler.sizes))
        name = compiler.name("p")
        order = _order(sort, table)
        if isinstance(self.after, Leaf):
            wanted = and_(wanted, _beyond(compiler.parameters, self.after, sort, order))
        ordered = [key.desc() if sort.descending else key.asc() for key in order]
        rows = select(table).where(wanted).order_by(*ordered).limit(_size(self.size, more=more))
        rows = rows.correlate(*compiler.rows)
        if more:
            page = rows.subquery(f"{name}_page")
            rows = select(page, func.row_number().over().label("place_in_page")).correlate(*compiler.rows)
        self.row: Subquery = rows.subquery(f"{name}_rows")

    def collect(self, json: ColumnElement[Any]) -> ColumnElement[Any]:
        """All objects of the page as one JSON array."""
        return func.coalesce(self.kept(func.json_agg(json)), literal_column("'[]'::json"))

    def kept(self, aggregate: Any) -> ColumnElement[Any]:
        """The aggregate over the rows of the page, without the one row more."""
        kept: ColumnElement[Any] = aggregate.filter(self.row.c.place_in_page <= self.size) if self._more else aggregate
        return kept

    def cursor(self) -> ColumnElement[Any]:
        """The cursor of a row: base64 of a JSON array of what the page is ordered by."""
        text = cast(func.json_build_array(*_order(self._sort, self.row)), Text)
        encoded = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
        return func.translate(encoded, literal_column("E'\\n'"), literal_column("''"), type_=Text())


def _order(sort: Sort, row: FromClause) -> list[ColumnElement[Any]]:
    keys = [expression(row) for expression in sort.by]
    return keys if sort.unique else [*keys, row.c.id]


def _size(size: ColumnElement[Any], *, more: bool) -> ColumnElement[Any]:
    return size + literal_column("1") if more else size


def _edge(
    compiler: Compiler,
    target: GraphQLObjectType,
    rows_type: GraphQLObjectType,
    nodes: list[FieldNode],
    page: _Page,
    path: tuple[str, ...],
) -> ColumnElement[Any]:
    edge_type = named_object(target.fields["edges"].type)
    pairs: list[tuple[str, ColumnElement[Any]]] = []
    for key, found in compiler.selector.of(nodes, edge_type).items():
        name = found[0].name.value
        if name == "__typename":
            pairs.append((key, literal_column(f"'{edge_type.name}'::text")))
        elif name == "cursor":
            pairs.append((key, page.cursor()))
        else:
            pairs.append((key, compiler.object(rows_type, found, page.row, (*path, key))))
    return build_object(pairs)


def _page_info(compiler: Compiler, output: Any, nodes: Iterable[FieldNode], page: _Page) -> ColumnElement[Any]:
    type_ = named_object(output)
    place = page.row.c.place_in_page
    answers: dict[str, Callable[[], ColumnElement[Any]]] = {
        "__typename": lambda: literal_column(f"'{type_.name}'::text"),
        "hasNextPage": lambda: func.count() > page.size,
        "hasPreviousPage": lambda: cast(literal_column("true" if page.after is not None else "false"), Boolean),
        "startCursor": lambda: func.min(page.cursor()).filter(place == 1),
        "endCursor": lambda: page.kept(func.array_agg(_last_first(page.cursor(), place)))[literal_column("1")],
    }
    selected = compiler.selector.of(nodes, type_)
    return build_object([(key, answers[found[0].name.value]()) for key, found in selected.items()])


def _last_first(cursor: ColumnElement[Any], place: ColumnElement[Any]) -> Any:
    return aggregate_order_by(cursor, place.desc())


def _asks_for_page_info(selected: dict[str, list[FieldNode]]) -> bool:
    return any(found[0].name.value == "pageInfo" for found in selected.values())


def _sort(entity: Entity, order: Tree) -> Sort:
    if isinstance(order, Leaf):
        return entity.orders[word(order)]
    return next(iter(entity.orders.values()), _UNSORTED)


def _beyond(
    parameters: Parameters,
    after: Leaf,
    sort: Sort,
    order: list[ColumnElement[Any]],
) -> ColumnElement[bool]:
    types = [key.type for key in order]
    bounds = [parameters.add(_cursor_value(after, index, types), types[index]) for index in range(len(types))]
    left, right = tuple_(*order), tuple_(*bounds)
    return left < right if sort.descending else left > right


def _cursor_value(after: Leaf, index: int, types: list[TypeEngine[Any]]) -> Binder:
    def bind(run: Run) -> object:
        return _decode(str(after.get(run.variables)), types)[index]

    return bind


def _decode(cursor: str, types: list[TypeEngine[Any]]) -> list[object]:
    try:
        values = orjson.loads(base64.b64decode(cursor, validate=True))
        return [_typed(value, type_) for value, type_ in zip(values, types, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        message = "This cursor was not made by this connection in this order; start again without 'after'."
        raise BadInput(message) from error


def _typed(value: Any, type_: TypeEngine[Any]) -> object:
    """The value as the driver wants it; ValueError for one that this order cannot have made."""
    if isinstance(type_, Integer):
        if type(value) is not int or abs(value) > _LARGEST:
            raise ValueError
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    if isinstance(type_, Uuid):
        return UUID(value)
    if isinstance(type_, DateTime):
        return storable(datetime.fromisoformat(value))
    return date.fromisoformat(value) if isinstance(type_, Date) else value


def _filters(
    compiler: Compiler,
    definition: GraphQLField,
    given: dict[str, Tree],
    row: FromClause,
) -> list[ColumnElement[bool]]:
    tree = given.get("filter")
    if not isinstance(tree, dict):
        return []
    input_type = get_named_type(definition.args["filter"].type)
    if not isinstance(input_type, GraphQLInputObjectType):
        message = "a filter is an input object"
        raise TypeError(message)
    found: list[ColumnElement[bool]] = []
    for name, leaf in tree.items():
        if not isinstance(leaf, Leaf):
            continue
        meaning: Filter = input_type.fields[name].extensions[_BACKREF].metadata[KEY]
        if meaning.flag is not None:
            found.append(meaning.flag(row, bool(leaf.now), compiler.viewer))
        else:
            value = compiler.parameters.leaf(leaf, prefix=meaning.prefix)
            found.append(meaning.condition(row, value, compiler.viewer))
    return found
