"""Parameters of a compiled read: where each value comes from, and how it is checked before it reaches the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from math import prod
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, get_named_type
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Text, Uuid, bindparam
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from schema.planner.arguments import Leaf
from tenants.context import Actor
from tenants.ids import split_public_id

MAX_LIST = 100
MAX_NODES = 10_000
_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
_LATEST = datetime(9998, 12, 31, tzinfo=UTC)
_TYPES: dict[str, TypeEngine[Any]] = {
    "ID": Uuid(),
    "Int": Integer(),
    "Float": Float(),
    "Boolean": Boolean(),
    "DateTime": DateTime(timezone=True),
    "Date": Date(),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a plan: who reads, with which variables and which values from the resolver's own object."""

    actor: Actor
    variables: Mapping[str, Any]
    own: Mapping[str, Any]


Binder = Callable[[Run], object]


class BadInput(GraphQLError):
    """An argument that cannot be served; code BAD_USER_INPUT, the message says what is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": "BAD_USER_INPUT"})


class Parameters:
    """The parameters of one statement while it is compiled."""

    def __init__(self) -> None:
        self.binders: dict[str, Binder] = {}

    def add(self, binder: Binder, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter computed at each run."""
        name = f"p{len(self.binders)}"
        self.binders[name] = binder
        return bindparam(name, type_=type_)

    def leaf(self, leaf: Leaf, *, prefix: str | None = None) -> BindParameter[Any]:
        """A parameter that holds an argument's value; ``prefix`` makes it a public id of that kind."""
        named = get_named_type(leaf.type)
        type_ = Uuid() if prefix else _TYPES.get(named.name, Text())
        convert = _id(prefix) if prefix else _enum if isinstance(named, GraphQLEnumType) else _scalar
        if leaf.is_single:
            return self.add(lambda run: convert(leaf.get(run.variables)[0]), type_)
        if leaf.is_list:
            return self.add(lambda run: _listed(leaf.get(run.variables), convert), ARRAY(type_))
        return self.add(lambda run: convert(leaf.get(run.variables)), type_)

    def own(self, name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter that the resolver's own object provides (an id after a write, a cursor of a stream)."""
        return self.add(lambda run: run.own[name], type_)


def _listed(value: Any, convert: Callable[[Any], object]) -> list[object]:
    if len(value) > MAX_LIST:
        message = f"A list may hold at most {MAX_LIST} values; this one holds {len(value)}."
        raise BadInput(message)
    return [convert(item) for item in value if item is not None]


def _scalar(value: Any) -> object:
    if isinstance(value, str):
        return clean(value)
    return storable(value) if isinstance(value, datetime) else value


def storable(value: datetime) -> datetime:
    """An instant the database can hold and compare, from the year 1 to 9998 in UTC; ValueError otherwise."""
    if value.tzinfo is None or not _EARLIEST <= value.replace(tzinfo=UTC) <= _LATEST:
        message = "an instant has an offset and lies between the years 1 and 9998"
        raise ValueError(message)
    return value


def clean(value: str) -> str:
    """Text the database can hold: no NUL and no lone surrogate; BadInput otherwise."""
    if "\x00" in value or (not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value)):
        message = "Text may not contain NUL characters or unpaired surrogates."
        raise BadInput(message)
    return value


def _enum(value: Any) -> object:
    return value.value if isinstance(value, Enum) else value


def _id(prefix: str) -> Callable[[Any], object]:
    def convert(value: Any) -> object:
        found = split_public_id(str(value))
        if found is None or found[0] != prefix:
            message = f"This id does not name a {prefix}: ids of that kind look like {prefix}_0192f3c4-...."
            raise BadInput(message)
        return found[1]

    return convert


def nodes_asked(pages: Iterable[tuple[Binder, ...]], run: Run) -> int:
    """How many objects the pages of a read may return at most: each page as often as the pages around it have rows."""
    return sum(prod(int(str(size(run))) for size in sizes) for sizes in pages)


class TooManyNodes(GraphQLError):
    """More objects than one operation may ask for; code QUERY_TOO_COMPLEX."""

    def __init__(self, asked: int) -> None:
        message = f"This asks for up to {asked} objects, one request may ask for {MAX_NODES}: make pages smaller."
        super().__init__(message, extensions={"code": "QUERY_TOO_COMPLEX"})


def page_size(leaf: Leaf, *, largest: int = 100) -> Binder:
    """The number of rows of a page, 1 to ``largest``; BadInput otherwise."""

    def bind(run: Run) -> int:
        size = leaf.get(run.variables)
        if not isinstance(size, int) or not 1 <= size <= largest:
            message = f"A page holds 1 to {largest} items; ask for the next page with 'after'."
            raise BadInput(message)
        return size

    return bind
