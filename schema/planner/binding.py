"""Parameters of a compiled read: where each value comes from, and how it is checked before it reaches the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLEnumType, get_named_type
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Text, Uuid, bindparam
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from schema.faults import RequestFault
from schema.planner.arguments import Leaf
from tenants.context import Actor
from tenants.ids import split_public_id

MAX_LIST = 100
MAX_PAGE = 100
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


class BadInput(RequestFault):
    """An argument that cannot be served; code BAD_USER_INPUT, the message says what is allowed."""


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
        raise BadInput(
            "A list may hold at most {most} values; this one holds {found}.", most=MAX_LIST, found=len(value)
        )
    return [convert(item) for item in value if item is not None]


def _scalar(value: Any) -> object:
    return clean(value) if isinstance(value, str) else value


def clean(value: str) -> str:
    """Text the database can hold: no NUL and no lone surrogate; BadInput otherwise."""
    if "\x00" in value or (not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value)):
        raise BadInput("Text may not contain NUL characters or unpaired surrogates.")
    return value


def _enum(value: Any) -> object:
    return value.value if isinstance(value, Enum) else value


def _id(prefix: str) -> Callable[[Any], object]:
    def convert(value: Any) -> object:
        found = split_public_id(str(value))
        if found is None or found[0] != prefix:
            raise not_an_id_of(prefix)
        return found[1]

    return convert


def not_an_id_of(kind: str) -> BadInput:
    """The error for an id of another kind than the argument's, or of none."""
    return BadInput("This id does not name a {kind}: ids of that kind look like {kind}_0192f3c4-....", kind=kind)


def page_size(leaf: Leaf, node: FieldNode) -> Binder:
    """The number of rows of a page, 1 to MAX_PAGE; BadInput otherwise, located at the field."""

    def bind(run: Run) -> int:
        size = leaf.get(run.variables)
        if not isinstance(size, int) or not 1 <= size <= MAX_PAGE:
            message = "A page holds 1 to {most} items; ask for the next page with 'after'."
            raise BadInput(message, nodes=node, most=MAX_PAGE)
        return size

    return bind


def most_groups(leaf: Leaf, node: FieldNode, *, largest: int) -> Binder:
    """The number of groups to count, 1 to ``largest``; BadInput otherwise, located at the field."""

    def bind(run: Run) -> int:
        groups = leaf.get(run.variables)
        if not isinstance(groups, int) or not 1 <= groups <= largest:
            message = "'{name}' counts 1 to {most} groups, the largest: there is no next page of them."
            raise BadInput(message, nodes=node, name=node.name.value, most=largest)
        return groups

    return bind
