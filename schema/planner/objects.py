"""JSON in SQL: objects of any size, public ids, and the row types behind connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLType, get_named_type
from sqlalchemy import JSON, ColumnElement, Text, Uuid, cast, func, literal_column

_MOST_PAIRS = 48  # a PostgreSQL function takes 100 arguments


def public(prefix: str, id_: ColumnElement[Any]) -> ColumnElement[Any]:
    """The public id of a reference; null stays null."""
    return literal_column(f"'{prefix}_'").op("||")(cast(cast(id_, Uuid()), Text))


def is_big(output: GraphQLOutputType) -> bool:
    """Whether the scalar travels as text because JSON numbers are not exact (BigInt, Decimal)."""
    return get_named_type(output).name in {"BigInt", "Decimal"}


def build_object(pairs: Sequence[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """A JSON object; more pairs than one function call takes are joined as text."""
    if len(pairs) <= _MOST_PAIRS:
        return _object(pairs)
    parts = [_object(pairs[start : start + _MOST_PAIRS]) for start in range(0, len(pairs), _MOST_PAIRS)]
    joined: ColumnElement[Any] = func.left(cast(parts[0], Text), -1)
    for part in parts[1:]:
        joined = joined.op("||")(literal_column("','")).op("||")(func.substr(func.left(cast(part, Text), -1), 2))
    return cast(joined.op("||")(literal_column("'}'")), JSON)


def _object(pairs: Sequence[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    flat: list[ColumnElement[Any]] = []
    for key, value in pairs:
        flat.extend((literal_column(f"'{key}'"), value))
    return func.json_build_object(*flat, type_=JSON())


def node_type(output: GraphQLOutputType) -> GraphQLObjectType:
    """The type of the rows behind a field: of a connection, of its nodes."""
    named = get_named_type(output)
    if isinstance(named, GraphQLObjectType) and "nodes" in named.fields and "pageInfo" in named.fields:
        return node_type(named.fields["nodes"].type)
    return named_object(named)


def named_object(output: GraphQLType) -> GraphQLObjectType:
    """The object type behind non-null and list wrappers."""
    named = get_named_type(output)
    if not isinstance(named, GraphQLObjectType):
        message = f"{named} is not an object type"
        raise TypeError(message)
    return named
