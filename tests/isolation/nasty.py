"""Inputs of mutations with one value in them that the rules, or the database behind them, do not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull, get_named_type

from schema.isolation.makers import made

NASTY: Mapping[str, tuple[Any, ...]] = {
    "BigInt": ("9223372036854775807", "-1"),
    "Boolean": (),
    "Date": ("0001-01-01", "9999-12-31"),
    "DateTime": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    "Float": (1e308, -1e308),
    "ID": ("case_00000000-0000-0000-0000-000000000000", "'; select 1; --", ""),
    "Int": (2**31 - 1, -(2**31), 0),
    "JSON": ({"a": {"b": [1e308, "\x00"]}}, [], "x" * 5_000),
    "String": ("'; select 1; --", "%s {0} {name}", "x" * 5_000, "a\x00b", "", "\u202e\ufdfa🏘" * 40),
}


def inputs(type_: GraphQLInputObjectType) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each place of an input, also within others, with each nasty value: (path, input); gaps are left open."""
    base = made(type_)
    for word, field in type_.fields.items():
        rest = {} if type_.is_one_of else dict(base)
        named = get_named_type(field.type)
        if isinstance(named, GraphQLInputObjectType):
            for path, inner in inputs(named):
                yield f"{word}.{path}", {**rest, word: _in_list(field.type, inner)}
            continue
        for value in NASTY.get(named.name, ()):
            yield word, {**rest, word: _in_list(field.type, value)}


def _in_list(type_: GraphQLInputType, value: Any) -> Any:
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return [value] if isinstance(bare, GraphQLList) else value
