"""Connections: a page by keyset, its cursors, and a count only when asked (Relay's cursor connections).

What is not selected is not read: a connection of which only the count is wanted reads no page, and a page reads one row
more only when the client wants to know whether there is one. Cursors hold the values of the order and the id of the
row, so they stay true while rows come and go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement, Integer, and_, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from schema.planner.arguments import Leaf, Tree, arguments, word
from schema.planner.cursors import Cursors, mark_of
from schema.planner.declare import ENTITIES, KEY, Entity, Sort
from schema.planner.filters import conditions
from schema.planner.groups import Grouping, counts
from schema.planner.keyset import Keyset, keyset
from schema.planner.objects import build_object, named_object, node_type
from schema.planner.page import Page
from schema.planner.window import Window, window

if TYPE_CHECKING:
    from schema.planner.compile import Compiler

Condition = Callable[[FromClause], ColumnElement[bool]]
_BACKREF = "strawberry-definition"
_UNSORTED = Sort()
_ENDS = {"startCursor", "endCursor"}


def connection(
    compiler: Compiler,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
    path: tuple[str, ...],
    condition: Condition,
) -> ColumnElement[Any]:
    """The JSON of a connection field of ``parent``: whatever is selected of nodes, edges, pageInfo and totalCount."""
    name = nodes[0].name.value
    definition = parent.fields[name]
    given = arguments(nodes[0], parent, compiler.variables)
    target = named_object(definition.type)
    rows_type = node_type(target)
    entity = ENTITIES[rows_type.name]
    table = compiler.alias(entity)
    wanted = [compiler.guarded(entity, table), condition(table)]
    if "filter" in definition.args:
        asked = definition.args["filter"].type
        wanted += conditions(compiler.parameters, compiler.viewer, asked, given.get("filter"), table)
    order = keyset(_sort(entity, given.get("orderBy")))
    cursors = _cursors(entity, order, f"{parent.name}.{name}")
    return _Connection(compiler, target, rows_type, table, and_(*wanted)).json(
        nodes, path, order, cursors, window(given, nodes[0])
    )


class _Connection:
    """One connection: which rows it is made of, and what is selected of it."""

    def __init__(
        self,
        compiler: Compiler,
        type_: GraphQLObjectType,
        rows_type: GraphQLObjectType,
        table: FromClause,
        wanted: ColumnElement[bool],
    ) -> None:
        self._compiler, self._type, self._rows_type = compiler, type_, rows_type
        self._table, self._wanted = table, wanted

    def json(
        self, nodes: list[FieldNode], path: tuple[str, ...], order: Keyset, cursors: Cursors, window: Window
    ) -> ColumnElement[Any]:
        """The object as a scalar subquery."""
        selected = self._compiler.selector.of(nodes, self._type)
        page = self._page(selected, order, cursors, window)
        pairs = [(key, self._field(found, page, window, (*path, key))) for key, found in selected.items()]
        one = select(build_object(pairs))
        if page is None:
            # The size is looked at even so: whether a request is a good one does not depend on its selection.
            size = self._compiler.parameters.add(window.size, Integer())
            one = one.where(size > literal_column("0"))
        else:
            # GROUP BY () makes one row of the page, also when nothing selected is an aggregate.
            one = one.select_from(page.row).group_by(literal_column("()"))
        return one.correlate(*self._compiler.rows).scalar_subquery()

    def _page(
        self, selected: dict[str, list[FieldNode]], order: Keyset, cursors: Cursors, window: Window
    ) -> Page | None:
        """The page, if something selected needs it or a cursor is to be looked at."""
        names = {found[0].name.value for found in selected.values()}
        info_type = named_object(self._type.fields["pageInfo"].type)
        infos = [node for found in selected.values() if found[0].name.value == "pageInfo" for node in found]
        asked = {node.name.value for found in self._compiler.selector.of(infos, info_type).values() for node in found}
        more = ("hasPreviousPage" if window.backward else "hasNextPage") in asked
        placed = bool(asked & _ENDS)
        if not (names & {"nodes", "edges"} or more or placed or window.start or window.end):
            return None
        return Page(self._compiler, order, cursors, self._table, self._wanted, window, more=more, placed=placed)

    def _field(
        self, found: list[FieldNode], page: Page | None, window: Window, path: tuple[str, ...]
    ) -> ColumnElement[Any]:
        name = found[0].name.value
        if name == "__typename":
            return _typename(self._type)
        if name == "totalCount":
            count = select(func.count()).select_from(self._table).where(self._wanted)
            return count.correlate(*self._compiler.rows).scalar_subquery()
        if name == "pageInfo":
            return self._page_info(found, page, window)
        grouping = self._type.fields[name].extensions[_BACKREF].metadata.get(KEY)
        if isinstance(grouping, Grouping):
            return counts(self._compiler, self._type, grouping, found, self._table, self._wanted)
        if page is None:
            raise TypeError
        if name == "nodes":
            return page.collect(self._compiler.object(self._rows_type, found, page.row, path))
        return page.collect(self._edge(found, page, path))

    def _edge(self, nodes: list[FieldNode], page: Page, path: tuple[str, ...]) -> ColumnElement[Any]:
        type_ = named_object(self._type.fields["edges"].type)
        pairs: list[tuple[str, ColumnElement[Any]]] = []
        for key, found in self._compiler.selector.of(nodes, type_).items():
            name = found[0].name.value
            if name == "__typename":
                pairs.append((key, _typename(type_)))
            elif name == "cursor":
                pairs.append((key, page.cursor()))
            else:
                pairs.append((key, self._compiler.object(self._rows_type, found, page.row, (*path, key))))
        return build_object(pairs)

    def _page_info(self, nodes: list[FieldNode], page: Page | None, window: Window) -> ColumnElement[Any]:
        type_ = named_object(self._type.fields["pageInfo"].type)
        selected = self._compiler.selector.of(nodes, type_)
        return build_object(
            [(key, _page_fact(found[0].name.value, type_, page, window)) for key, found in selected.items()]
        )


def _page_fact(name: str, type_: GraphQLObjectType, page: Page | None, window: Window) -> ColumnElement[Any]:
    """A field of PageInfo, as Relay's specification has it (5.1.2): exact in both directions."""
    if name == "__typename":
        return _typename(type_)
    if page is None:  # nothing but the side where reading begins was asked for, and it begins at the end of the list
        return literal_column("false")
    if name in _ENDS:
        return page.end(first=name == "startCursor")
    return page.goes_on() if (name == "hasPreviousPage") is window.backward else page.came_from()


def _typename(type_: GraphQLObjectType) -> ColumnElement[Any]:
    return literal_column(f"'{type_.name}'::text")


def _sort(entity: Entity, order: Tree) -> Sort:
    if isinstance(order, Leaf):
        return entity.orders[word(order)]
    return next(iter(entity.orders.values()), _UNSORTED)


def _cursors(entity: Entity, order: Keyset, coordinate: str) -> Cursors:
    """Cursors belong to a field and to the columns of its order, so that another order's are told apart."""
    columns = order.columns(entity.table.__table__)
    nullable = tuple(key.nulls is not None for key in order.keys)
    mark = mark_of(coordinate, *map(repr, order.keys))
    return Cursors(mark, tuple(column.type for column in columns), nullable)
