"""Parameters of a compiled read: where each value comes from, and how it is checked before it reaches the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, get_named_type
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Text, Uuid, bindparam
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from schema.planner.arguments import Leaf
from tenants.context import Actor
from tenants.ids import split_public_id

MAX_LIST = 100
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
    return clean(value) if isinstance(value, str) else value


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


def page_size(leaf: Leaf, *, largest: int = 100) -> Binder:
    """The number of rows of a page, 1 to ``largest``; BadInput otherwise."""

    def bind(run: Run) -> int:
        size = leaf.get(run.variables)
        if not isinstance(size, int) or not 1 <= size <= largest:
            message = f"A page holds 1 to {largest} items; ask for the next page with 'after'."
            raise BadInput(message)
        return size

    return bind
