"""How a GraphQL type says what it stands on. Names that match a column need nothing but a description.

@entity(models.Grid, prefix="grid", visible=visibility.grids)
class Grid(Node):
\"\"\"A cell of the city that somebody is responsible for.\"\"\"

name: str = column("Local name.")
organization: Organization | None = to_one("Where it belongs.", by="organization_id")
cases: Connection[Case] = to_many("What was reported in it.", by="grid_id", ...)
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import TypeEngine

from tenants.db import Base
from tenants.permissions import Permission
from tenants.viewer import Viewer

if TYPE_CHECKING:
    from schema.context import Context

KEY = "planner"
BUILD = "build"  # metadata of a root field that is a planned read: what compiles it
T = TypeVar("T")

Visible = Callable[[FromClause, Viewer], ColumnElement[bool]]
Expression = Callable[[FromClause, Viewer], ColumnElement[Any]]
Decoder = Callable[["Context", list[Any]], Awaitable[list[Any]]]
Relation = Callable[[FromClause, FromClause], ColumnElement[bool]]  # of another type's row and this row


class Nulls(Enum):
    """Where an order puts the rows that have no value."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. nulls: where rows without a value come, None for a column that is never null."""

    column: str
    descending: bool = False
    nulls: Nulls | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An order clients may ask for. The id breaks ties, unless the keys are unique by themselves."""

    keys: tuple[Key, ...] = ()
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """What a GraphQL type stands on.

    table: the mapped class. prefix: of its public ids. visible: which rows this viewer may see. orders: enum value ->
    Sort, the first is the default. observed: what is written down whenever a row of it is read, by name, of what the
    column ``observed_by`` refers to.
    """

    table: type[Base]
    prefix: str
    visible: Visible
    orders: Mapping[Enum, Sort] = field(default_factory=dict)
    observed: str | None = None
    observed_by: str = "resident_id"
    global_table: bool = False


@dataclass(frozen=True, slots=True)
class Spec:
    """What a field stands on; every part is optional, a bare Spec is the column of the same name."""

    column: str | None = None
    expression: Expression | None = None
    one_by: str | None = None
    one_back: str | None = None
    many_by: str | Relation | None = None
    many_local: str = "id"
    any_by: Mapping[str, str | Expression] | None = None
    embedded: bool = False
    permission: Permission | None = None
    decoder: Decoder | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """How a value is made ready for the database, at each run: ``convert`` raises BadInput for one that cannot be."""

    convert: Callable[[Any], object]
    type: TypeEngine[Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What one field of a filter input means: a condition from the row and the value(s) given.

    prefix: the value is a public id of this kind. flag: for booleans, a condition from the row and the boolean itself.
    binding: the value is bound as something else.
    """

    condition: Callable[[FromClause, ColumnElement[Any], Viewer], ColumnElement[bool]]
    prefix: str | None = None
    flag: Callable[[FromClause, bool, Viewer], ColumnElement[bool]] | None = None
    binding: Binding | None = None


Observer = Callable[["Context", list[list[Any]]], Awaitable[None]]
OBSERVERS: dict[str, Observer] = {}
ENTITIES: dict[str, Entity] = {}
PREFIXES: dict[str, str] = {}


def entity(
    table: type[Base],
    *,
    prefix: str,
    visible: Visible,
    orders: Mapping[Any, Sort] | None = None,
    observed: str | None = None,
    observed_by: str = "resident_id",
    global_table: bool = False,
    name: str | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare a GraphQL type over a table; its docstring becomes the description clients see."""
    _orderable(table, orders or {})

    def declare(cls: type[T]) -> type[T]:
        type_name = name or cls.__name__
        ENTITIES[type_name] = Entity(
            table=table,
            prefix=prefix,
            visible=visible,
            orders=orders or {},
            observed=observed,
            observed_by=observed_by,
            global_table=global_table,
        )
        PREFIXES[prefix] = type_name
        return strawberry.type(cls, name=type_name, description=inspect.getdoc(cls))

    return declare


def embedded(cls: type[T]) -> type[T]:
    """Declare a GraphQL type whose fields are taken from the row of the object it is part of."""
    return strawberry.type(cls, description=inspect.getdoc(cls))


def column(
    description: str,
    *,
    of: str | None = None,
    expression: Expression | None = None,
    permission: Permission | None = None,
    decoder: Decoder | None = None,
    prefix: str | None = None,
    deprecation_reason: str | None = None,
) -> Any:
    """A scalar field: the column of the same name, another column ``of``, or an SQL ``expression``.

    permission: whoever lacks it gets null and an error. decoder: turns the values in Python, a page at a time.
    prefix: the column is a reference shown as a public id of that kind.
    """
    spec = Spec(column=of, expression=expression, permission=permission, decoder=decoder, prefix=prefix)
    return strawberry.field(description=description, metadata={KEY: spec}, deprecation_reason=deprecation_reason)


def to_one(
    description: str,
    *,
    by: str | None = None,
    back: str | None = None,
    permission: Permission | None = None,
) -> Any:
    """A related object: ``by`` names this row's reference column, ``back`` the other row's column that names us.

    Null when there is none or the viewer may not see it.
    """
    spec = Spec(one_by=by, one_back=back, permission=permission)
    return strawberry.field(description=description, metadata={KEY: spec})


def to_any(description: str, by: Mapping[str, str | Expression], *, permission: Permission | None = None) -> Any:
    """A related object of one of several types, a union: by type name, this row's reference column or an expression.

    At most one of them names a row. Null when none does or the viewer may not see it.
    """
    return strawberry.field(description=description, metadata={KEY: Spec(any_by=by, permission=permission)})


def part(description: str) -> Any:
    """An embedded object, taken from the same row."""
    return strawberry.field(description=description, metadata={KEY: Spec(embedded=True)})


def where(
    description: str,
    condition: Callable[..., ColumnElement[bool]] | None = None,
    *,
    prefix: str | None = None,
    flag: Callable[..., ColumnElement[bool]] | None = None,
    binding: Binding | None = None,
) -> Any:
    """A field of a filter input; the conditions are in ``schema.planner.conditions``.

    A list-typed field binds its values as one array. prefix: the value is a public id of that kind. A field whose type
    is another input of such fields needs no condition: it means all of theirs, or exactly one of them if that input is
    declared with ``one_of=True``.
    """
    found = Filter(condition=condition or _never, prefix=prefix, flag=flag, binding=binding)
    return strawberry.field(description=description, metadata={KEY: found}, default=strawberry.UNSET)


def _never(_row: FromClause, _value: ColumnElement[Any], _viewer: Viewer) -> ColumnElement[bool]:
    message = "a flag filter has no value condition"
    raise TypeError(message)


def newest_first(*names: str, unique: bool = False) -> Sort:
    """Descending by columns; unique: no two rows of a list share their values."""
    return Sort(tuple(falling(name) for name in names), unique=unique)


def oldest_first(*names: str, unique: bool = False) -> Sort:
    """Ascending by columns; unique: no two rows of a list share their values."""
    return Sort(tuple(rising(name) for name in names), unique=unique)


def in_order(*keys: Key, unique: bool = False) -> Sort:
    """By ``rising`` and ``falling`` keys in any mixture; unique: no two rows of a list share their values."""
    return Sort(keys, unique=unique)


def rising(column: str, *, nulls: Nulls | None = None) -> Key:
    """Smallest first; a nullable column says where its nulls come, and its index says the same."""
    return Key(column, nulls=nulls)


def falling(column: str, *, nulls: Nulls | None = None) -> Key:
    """Largest first; a nullable column says where its nulls come, and its index says the same."""
    return Key(column, descending=True, nulls=nulls)


def _orderable(table: type[Base], orders: Mapping[Any, Sort]) -> None:
    """TypeError for an order that is silent about nulls, or that speaks of nulls where there are none."""
    for word, sort in orders.items():
        for key in sort.keys:
            if bool(table.__table__.c[key.column].nullable) is (key.nulls is None):
                message = f"{word}: say nulls=... for {key.column} if, and only if, the column is nullable"
                raise TypeError(message)
