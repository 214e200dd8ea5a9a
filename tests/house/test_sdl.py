"""The committed contract is the one served, and nothing in it goes without an explanation."""

from __future__ import annotations

import os
import subprocess
import sys

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema.sdl import COMMITTED, render
from tests.house.lints.sources import ROOT

ROOTS = ("Query", "Mutation", "Subscription")
WITHOUT_DESCRIPTION = {
    "Query": "the name says it, and GraphQL knows no other",
    "Mutation": "likewise",
    "Subscription": "likewise",
}


def _served() -> GraphQLSchema:
    return build_schema(render())


def _own(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    return [
        type_
        for type_ in schema.type_map.values()
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
    ]


def _undescribed_parts(type_: GraphQLNamedType) -> list[str]:
    if isinstance(type_, GraphQLEnumType):
        return [f"{type_.name}.{name}" for name, value in type_.values.items() if not value.description]
    if isinstance(type_, GraphQLInputObjectType):
        return [f"{type_.name}.{name}" for name, field in type_.fields.items() if not field.description]
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return []
    bare = [f"{type_.name}.{name}" for name, field in type_.fields.items() if not field.description]
    for name, field in type_.fields.items():
        # A mutation's only argument is described by its type.
        arguments = {} if type_.name == "Mutation" else field.args
        bare.extend(f"{type_.name}.{name}({word}:)" for word, given in arguments.items() if not given.description)
    return bare


def test_committed_sdl_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render(), "run: make sdl"


def test_sdl_is_the_same_in_another_process() -> None:
    program = "from schema.sdl import render; print(render(), end='')"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    other = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert other.stdout == render()


def test_every_type_says_what_it_is() -> None:
    bare = sorted(type_.name for type_ in _own(_served()) if not type_.description)
    assert bare == sorted(WITHOUT_DESCRIPTION)


def test_every_field_argument_and_value_says_what_it_is() -> None:
    """Values of enumerations are described in schema/enum_values.py."""
    assert [part for type_ in _own(_served()) for part in _undescribed_parts(type_)] == []


def test_enumerations_are_words() -> None:
    """Words in capitals."""
    words = [value for type_ in _own(_served()) if isinstance(type_, GraphQLEnumType) for value in type_.values]
    assert [word for word in words if word.upper() != word or word.strip("_") != word] == []


def test_every_type_can_be_reached() -> None:
    """A type nobody can ask for or send would be a promise nobody keeps."""
    schema = _served()
    assert [name for name in ROOTS if schema.type_map.get(name) is None] == []
    bare = GraphQLSchema(schema.query_type, schema.mutation_type, schema.subscription_type)
    implementations = {
        implementation.name
        for type_ in _own(schema)
        if isinstance(type_, GraphQLInterfaceType)
        for implementation in schema.get_implementations(type_).objects
    }
    assert sorted({type_.name for type_ in _own(schema)} - set(bare.type_map) - implementations) == []
