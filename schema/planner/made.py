"""Objects that Python makes of what SQL says of a row: the planner reads, a decoder makes, the selection is cut out of it.

steps: list[Step] = made("How it went.", of=columns.history, by=tell_steps, at_most=50)

owner: Organization | None = joined("Who took it.", by="ownerId", among=columns.owners)

``by`` is a decoder (``declare``): it is given a page of values and answers each with an object, or a list of objects,
whose keys are the fields as clients write them. It runs only when the field is selected. A field of such an object can be
``joined``: a row the viewer may see, which the planner reads beside the expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import FieldNode, GraphQLObjectType, get_named_type

from schema.planner.declare import KEY, Decoder, Expression, Relation, Spec
from schema.planner.prices import listed
from schema.planner.selection import Selector

if TYPE_CHECKING:
    from schema.context import Context


def made(description: str, *, of: Expression, by: Decoder, at_most: int | None = None) -> Any:
    """A field whose object, or list of at most so many, is made in Python of an SQL expression of the row."""
    priced = {} if at_most is None else listed(at_most)
    return strawberry.field(description=description, metadata={KEY: Spec(expression=of, decoder=by), **priced})


_JOIN = "join"
_BACKREF = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class Join:
    """by: the key of a made object that holds the public id of a row. among: which rows that can be, from the row read."""

    by: str
    among: Relation


def joined(description: str, *, by: str, among: Relation) -> Any:
    """A field of a made object: the row whose public id stands under ``by``, null for one the viewer may not see."""
    return strawberry.field(description=description, metadata={_JOIN: Join(by, among)})


def join_of(type_: GraphQLObjectType, name: str) -> Join | None:
    """How a field of a made object is joined; None for one that Python makes."""
    definition = type_.fields.get(name)
    known = None if definition is None else definition.extensions.get(_BACKREF)
    found: Join | None = None if known is None else known.metadata.get(_JOIN)
    return found


@dataclass(frozen=True, slots=True)
class Shape:
    """What is selected of an object: by response key, the field's name and what is selected of that in turn."""

    type_name: str
    fields: Mapping[str, tuple[str, Shape | None]]


def shape_of(selector: Selector, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Shape:
    """The merged selection of an object."""
    found: dict[str, tuple[str, Shape | None]] = {}
    for key, chosen in selector.of(nodes, type_).items():
        name = chosen[0].name.value
        if (join := join_of(type_, name)) is not None:
            found[key] = (join.by, None)  # the id stands there until ``finish`` puts the row in its place
            continue
        inner = None if name == "__typename" else get_named_type(type_.fields[name].type)
        found[key] = (name, shape_of(selector, inner, chosen) if isinstance(inner, GraphQLObjectType) else None)
    return Shape(type_.name, found)


def cut(decoder: Decoder, shape: Shape) -> Decoder:
    """The decoder with the selection applied to what it makes."""

    async def decode(context: Context, values: list[Any]) -> list[Any]:
        return [_cut(value, shape) for value in await decoder(context, values)]

    return decode


def _cut(value: Any, shape: Shape) -> Any:
    if isinstance(value, list):
        return [_cut(item, shape) for item in value]
    if value is None:
        return None
    return {
        key: shape.type_name if name == "__typename" else value[name] if inner is None else _cut(value[name], inner)
        for key, (name, inner) in shape.fields.items()
    }
