"""Counts of a connection's rows by a key, for charts: under the connection's own filter and the viewer's visibility.

A count is made of the very rows that paging through the connection would show, so it never tells what they would not.
"""

# No "from __future__ import annotations" here: signatures are built at run time and Strawberry reads them.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import ColumnElement, Integer, Text, Uuid, and_, cast, distinct, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import FromClause, Subquery

from schema.connections import Count
from schema.planner.arguments import Leaf, arguments, word
from schema.planner.binding import most_groups
from schema.planner.declare import ENTITIES, KEY
from schema.planner.objects import build_object, named_object, public
from schema.planner.prices import listed
from tenants.db import Base, rows_of
from tenants.models import Tenant
from tenants.viewer import Viewer

if TYPE_CHECKING:
    from schema.planner.compile import Compiler

MOST_GROUPS = 100
COUNTED = 10  # points for reading all rows of the connection
_BACKREF = "strawberry-definition"
_FIRST = strawberry.argument(description="How many groups, 1 to 100: the largest.")
_KEY = strawberry.argument(description="What to count by.")
Value = ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of another table by which a row counts, once for each of their values: those that ``on`` names."""

    table: type[Base]
    on: Callable[[FromClause, FromClause, Viewer], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Group:
    """A key to count by. value: of the row, or of the linked one. shown: the key as text, from that value.

    entity: the value is a reference to this type, whose name is the group's label.
    """

    value: Callable[[FromClause, Viewer], Value]
    shown: Callable[[Value], Value] = lambda value: cast(value, Text)
    entity: str | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a field of counts stands on: its groups by enum value."""

    groups: Mapping[Enum, Group] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a field of a count stands on: the sum of a column over the rows of the group."""

    column: str


def by_column(column: str) -> Group:
    """By the values of a column."""
    return Group(lambda row, _viewer: row.c[column])


def by_reference(column: str, entity: str) -> Group:
    """By the things of a type that a column refers to."""
    return Group(lambda row, _viewer: row.c[column], entity=entity)


def by_month(column: str) -> Group:
    """By calendar month, "2026-11": of a day, or of an instant in the city's time zone."""

    def month(row: FromClause, viewer: Viewer) -> Value:
        at: ColumnElement[Any] = row.c[column]
        if getattr(at.type, "timezone", False):
            zone = select(Tenant.time_zone).where(Tenant.id == viewer.tenant).scalar_subquery()
            at = func.timezone(zone, at)
        return func.date_trunc(literal_column("'month'"), at)

    return Group(month, shown=lambda value: func.to_char(value, literal_column("'YYYY-MM'")))


def by_linked(column: str, link: Link) -> Group:
    """By a column of linked rows; a row counts once in each group it has a part in."""
    return Group(lambda row, _viewer: row.c[column], link=link)


def count_by(description: str, keys: Any, groups: Mapping[Any, Group], *, of: Any = Count) -> Any:
    """A field of a connection that counts its rows. keys: an enum, all of whose values ``groups`` explains."""
    if set(groups) != set(keys):
        raise TypeError(f"{keys.__name__}: every key says what it counts by")

    async def resolve(key: Any, first: int = MOST_GROUPS) -> Any:  # noqa: ARG001 - read from the AST
        raise RuntimeError("a field within a planned type is read by the planner, never resolved")

    resolve.__annotations__ = {"key": Annotated[keys, _KEY], "first": Annotated[int, _FIRST], "return": list[of]}
    priced = listed(MOST_GROUPS, by="first", surcharge=COUNTED)
    return strawberry.field(resolver=resolve, description=description, metadata={KEY: Grouping(groups), **priced})


def sum_of(column: str, description: str) -> Any:
    """A field of a type of counts: the sum of a column of whole numbers over the rows of the group."""
    return strawberry.field(description=description, metadata={KEY: Sum(column)})


def counts(
    compiler: "Compiler",
    parent: GraphQLObjectType,
    grouping: Grouping,
    nodes: list[FieldNode],
    table: FromClause,
    wanted: ColumnElement[bool],
) -> Value:
    """The JSON array of a field of counts: the largest groups of the ``wanted`` rows of ``table``, ties by key."""
    definition = parent.fields[nodes[0].name.value]
    given = arguments(nodes[0], parent, compiler.variables)
    key, first = given["key"], given["first"]
    if not isinstance(key, Leaf) or not isinstance(first, Leaf):
        raise TypeError
    group = grouping.groups[word(key)]
    type_ = named_object(definition.type)
    selected = compiler.selector.of(nodes, type_)
    sums = {
        name: spec.column
        for name, spec in _sums(type_)
        if any(found[0].name.value == name for found in selected.values())
    }
    size = compiler.parameters.add(most_groups(first, nodes[0], largest=MOST_GROUPS), Integer())
    largest = _largest(compiler, group, table, wanted, sums, size)
    pairs = [
        (alias, _answer(compiler, type_, found[0].name.value, group, largest)) for alias, found in selected.items()
    ]
    ordered = aggregate_order_by(build_object(pairs), largest.c.n.desc(), largest.c.key.asc().nulls_last())
    return select(func.coalesce(func.json_agg(ordered), literal_column("'[]'::json"))).scalar_subquery()


def _largest(
    compiler: "Compiler",
    group: Group,
    table: FromClause,
    wanted: ColumnElement[bool],
    sums: Mapping[str, str],
    size: ColumnElement[int],
) -> Subquery:
    """Rows (value, key, n, sums by name) of the groups that are answered."""
    viewer, link = compiler.viewer, group.link
    rows, source, n = table, table, func.count()
    if link is not None:
        source = rows_of(link.table, compiler.name("t"))
        rows = table.outerjoin(source, and_(source.c.tenant_id == viewer.tenant, link.on(table, source, viewer)))
        n = func.count(distinct(table.c.id))
    value = (group.value(source, viewer) if _is_shown(compiler, group) else cast(null(), Uuid())).label("value")
    totals = [func.sum(table.c[column]).label(f"sum_{name}") for name, column in sums.items()]
    grouped = select(value, n.label("n"), *totals).select_from(rows).where(wanted)
    grouped = grouped.group_by(literal_column("1")).correlate(*compiler.rows)
    every = grouped.subquery(compiler.name("g"))
    key = _key(group, every.c.value).collate("C").label("key")
    kept = select(*every.c, key).order_by(every.c.n.desc(), key.asc().nulls_last()).limit(size)
    return kept.correlate(*compiler.rows).subquery(compiler.name("g"))


def _key(group: Group, value: Value) -> Value:
    """The key as clients see it; of a reference the public id."""
    return group.shown(value) if group.entity is None else public(ENTITIES[group.entity].prefix, value)


def _is_shown(compiler: "Compiler", group: Group) -> bool:
    """Whether rows may be told apart by the key: for whoever may not see what it refers to, they are all one group.

    A viewer sees every row of such a type or none; a key of one it sees in part would tell of the rest.
    """
    if group.entity is None:
        return True
    entity = ENTITIES[group.entity]
    seen = entity.visible(compiler.alias(entity), compiler.viewer)
    if not isinstance(seen, True_ | False_):
        raise TypeError(f"{group.entity} is not visible as a whole: nothing can be counted by it")
    return isinstance(seen, True_)


def _answer(compiler: "Compiler", type_: GraphQLObjectType, name: str, group: Group, largest: Subquery) -> Value:
    if name == "__typename":
        return literal_column(f"'{type_.name}'::text")
    if name == "key":
        return largest.c.key
    if name == "count":
        return largest.c.n
    if name != "label":
        return largest.c[f"sum_{name}"]
    if group.entity is None:
        return literal_column("null::text")
    entity = ENTITIES[group.entity]
    row = compiler.alias(entity)
    named = select(row.c.name).where(compiler.guarded(entity, row), row.c.id == largest.c.value)
    return named.correlate(largest).scalar_subquery()


def _sums(type_: GraphQLObjectType) -> list[tuple[str, Sum]]:
    """The fields of a type of counts that are sums."""
    metadata = {name: field.extensions[_BACKREF].metadata.get(KEY) for name, field in type_.fields.items()}
    return [(name, spec) for name, spec in metadata.items() if isinstance(spec, Sum)]
