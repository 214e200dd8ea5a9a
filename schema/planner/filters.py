"""A filter argument as conditions on a row: all that are given must hold, inputs within inputs included."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type
from sqlalchemy import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from schema.planner.arguments import Leaf, Tree
from schema.planner.binding import BadInput, Parameters
from schema.planner.declare import KEY, Filter
from tenants.viewer import Viewer

_BACKREF = "strawberry-definition"


def conditions(
    parameters: Parameters, viewer: Viewer, type_: GraphQLInputType, tree: Tree, row: FromClause
) -> list[ColumnElement[bool]]:
    """What the values of an input of ``where`` fields ask of the row; a field that is null asks nothing.

    Errors: BadInput for an input of exclusive choices (``one_of=True``) that does not make exactly one.
    """
    if not isinstance(tree, dict):
        return []
    input_type = _input(type_)
    if input_type.extensions[_BACKREF].is_one_of:
        _one_choice(input_type, tree)
    found: list[ColumnElement[bool]] = []
    for name, value in tree.items():
        field = input_type.fields[name]
        if isinstance(value, dict):
            found += conditions(parameters, viewer, field.type, value, row)
        elif value is not None:
            meaning: Filter = field.extensions[_BACKREF].metadata[KEY]
            found.append(_condition(parameters, viewer, meaning, value, row))
    return found


def _condition(parameters: Parameters, viewer: Viewer, meaning: Filter, leaf: Leaf, row: FromClause) -> Any:
    if meaning.flag is not None:
        return meaning.flag(row, bool(leaf.now), viewer)
    if (binding := meaning.binding) is not None:
        value = parameters.add(lambda run: binding.convert(leaf.get(run.variables)), binding.type)
        return meaning.condition(row, value, viewer)
    return meaning.condition(row, parameters.leaf(leaf, prefix=meaning.prefix), viewer)


def _one_choice(input_type: GraphQLInputObjectType, tree: dict[str, Tree]) -> None:
    if len(tree) != 1 or None in tree.values():
        raise BadInput("'{type}' takes exactly one of its fields, and not null.", type=input_type.name)


def _input(type_: GraphQLInputType) -> GraphQLInputObjectType:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType):
        message = "a filter is an input object"
        raise TypeError(message)
    return named
