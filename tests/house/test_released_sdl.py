"""The schema keeps its promises to clients of the newest release, as graphql-core's own comparison judges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from schema.enum_values import DESCRIPTIONS
from schema.releases import FOLDER, acknowledged, breaking, newest, surprising
from schema.sdl import render

_REASON = re.compile(r".+ \(removed after (\d{4}-\d{2}-\d{2})\)")


@pytest.fixture(scope="module")
def released() -> GraphQLSchema:
    return build_schema(newest().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def current() -> GraphQLSchema:
    return build_schema(render())


def test_nothing_that_a_client_of_the_release_uses_is_gone(released: GraphQLSchema, current: GraphQLSchema) -> None:
    assert breaking(released, current) == []


def test_what_might_surprise_a_client_is_acknowledged_with_a_reason(
    released: GraphQLSchema,
    current: GraphQLSchema,
) -> None:
    """To acknowledge a change, paste its line under a line with # and why it surprises nobody."""
    assert surprising(released, current) == acknowledged()


def test_releases_are_named_by_their_version() -> None:
    names = [file.name for file in FOLDER.glob("*.graphql")]
    assert "0.1.0.graphql" in names
    assert [name for name in names if not re.fullmatch(r"\d+\.\d+\.\d+\.graphql", name)] == []


def test_whatever_is_deprecated_says_when_it_goes(current: GraphQLSchema) -> None:
    assert [place for place, reason in _deprecated(current) if _date(reason) is None] == []


@pytest.mark.parametrize(
    ("reason", "day"),
    [
        ("Use nodes (removed after 2027-06-30)", date(2027, 6, 30)),
        ("Use nodes", None),
        ("Use nodes (removed after 2027-02-30)", None),
        ("(removed after 2027-06-30)", None),
        ("No longer supported", None),
    ],
)
def test_a_reason_names_a_day_there_is(reason: str, day: date | None) -> None:
    assert _date(reason) == day


def test_the_comparison_sees_what_breaks_and_what_surprises() -> None:
    before = build_schema('enum A { X } type Query { a(b: Int = 1): A "x" c: Int }')
    after = build_schema('enum A { X Y } type Query { a(b: Int = 2, d: Int): A "y" e: Int }')
    assert breaking(before, after) == ["Field Query.c was removed."]
    assert surprising(before, after) == [
        "Enum value A.Y was added.",
        "Query.a(b:) has changed defaultValue from 1 to 2.",
    ]


def test_no_description_of_a_value_is_left_over(current: GraphQLSchema) -> None:
    enums = {type_.name: set(type_.values) for type_ in current.type_map.values() if isinstance(type_, GraphQLEnumType)}
    assert [
        f"{name}.{word}" for name, told in DESCRIPTIONS.items() for word in told if word not in enums.get(name, ())
    ] == []


def _deprecated(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        parts = _parts(type_)
        for name, part in parts.items():
            if part.deprecation_reason is not None:
                yield f"{type_.name}.{name}", part.deprecation_reason
            for word, argument in getattr(part, "args", {}).items():
                if argument.deprecation_reason is not None:
                    yield f"{type_.name}.{name}({word}:)", argument.deprecation_reason


def _parts(type_: object) -> dict[str, Any]:
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        return dict(type_.fields)
    return dict(type_.values) if isinstance(type_, GraphQLEnumType) else {}


def _date(reason: str) -> date | None:
    found = _REASON.fullmatch(reason)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
