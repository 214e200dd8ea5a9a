"""Arguments of a field as a tree of leaves that know how to find their value at each run.

The plan of an operation is kept for every *shape* of its variables: which are given, which are null, which enum word,
flag, id prefix or usual page size they hold. Only these may decide what SQL is written; every other value is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast,
)

from schema.faults import RequestFault
from tenants.ids import UUID_LENGTH

Variables = Mapping[str, Any]
_LONGEST_PREFIX = 20
USUAL_SIZES = frozenset({10, 20, 25, 50, 100})
"""Page sizes that may stand in a statement. Each is one more plan of an operation, so they are few."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is only looked at while a statement runs. ``now`` is what it held when the plan was made."""

    type: GraphQLInputType
    get: Callable[[Variables], Any]
    now: Any

    @property
    def is_list(self) -> bool:
        """Whether the argument's type is a list."""
        type_ = self.type.of_type if isinstance(self.type, GraphQLNonNull) else self.type
        return isinstance(type_, GraphQLList)

    @property
    def is_single(self) -> bool:
        """Whether it is a list of exactly one item; the shape says so, so SQL may depend on it."""
        return self.is_list and isinstance(self.now, list) and len(self.now) == 1 and self.now[0] is not None


Tree = Leaf | dict[str, "Tree"] | None


def shape(value: Any) -> Any:
    """What of a variable's value the SQL may depend on: presence, null, enum words, flags, id prefixes, usual sizes."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, int) and value in USUAL_SIZES:
        return value
    if isinstance(value, Mapping):
        return tuple((key, shape(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return ("list", len(value) == 1, tuple(sorted({_item_shape(item) for item in value})))
    if isinstance(value, str):
        return value.rpartition("_")[0] if _id_like(value) else "text"
    return type(value).__name__


def _item_shape(item: Any) -> str:
    """A list is bound as one array: of its items only the kinds of id may matter (``nodes``)."""
    return str(shape(item)) if isinstance(item, str) and not isinstance(item, Enum) else type(item).__name__


def _id_like(value: str) -> bool:
    """Only words that could be prefixes of public ids enter a shape, so that shapes stay few."""
    prefix, _, rest = value.rpartition("_")
    return len(rest) == UUID_LENGTH and len(prefix) <= _LONGEST_PREFIX and prefix.isidentifier()


def arguments(
    node: FieldNode,
    parent: GraphQLObjectType,
    variables: Variables,
) -> dict[str, Tree]:
    """The arguments of a field by their GraphQL names; an argument that is not given and has no default is None."""
    definition = parent.fields[node.name.value]
    given: dict[str, ArgumentNode] = {argument.name.value: argument for argument in node.arguments or ()}
    found: dict[str, Tree] = {}
    for name, argument in definition.args.items():
        node_value = given[name].value if name in given else None
        tree = _tree(node_value, argument.type, variables)
        if tree is _ABSENT:
            default = argument.default_value
            tree = None if default is Undefined or default is None else constant(argument.type, default)
        if tree is None and isinstance(argument.type, GraphQLNonNull):
            raise RequestFault("'{name}' may not be null; leave it out for its default.", nodes=node, name=name)
        found[name] = tree
    return found


_ABSENT: Any = object()


def constant(type_: GraphQLInputType, value: Any) -> Leaf:
    """A leaf that always holds the same value."""
    return Leaf(type_, lambda _variables: value, value)


def _tree(node: ValueNode | None, type_: GraphQLInputType, variables: Variables) -> Any:
    if node is None:
        return _ABSENT
    if isinstance(node, VariableNode):
        name = node.name.value
        if name not in variables:
            return _ABSENT
        return _from_value(variables[name], type_, lambda given: given[name])
    if isinstance(node, NullValueNode):
        return None
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(bare, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        return _from_object(node, bare, variables)
    if isinstance(node, ListValueNode):
        return Leaf(type_, lambda given: value_from_ast(node, type_, dict(given)), _now(node, type_, variables))
    return constant(type_, _now(node, type_, variables))


def _now(node: ValueNode, type_: GraphQLInputType, variables: Variables) -> Any:
    return value_from_ast(node, type_, dict(variables))


def _from_object(node: ObjectValueNode, type_: GraphQLInputObjectType, variables: Variables) -> dict[str, Tree]:
    given = {field.name.value: field.value for field in node.fields}
    found: dict[str, Tree] = {}
    for name, field in type_.fields.items():
        tree = _tree(given.get(name), field.type, variables)
        if tree is _ABSENT:
            if field.default_value is Undefined:
                continue
            tree = _from_value(field.default_value, field.type, _always(field.default_value))
        found[name] = tree
    return found


def _always(value: Any) -> Callable[[Variables], Any]:
    return lambda _given: value


def _from_value(value: Any, type_: GraphQLInputType, get: Callable[[Variables], Any]) -> Tree:
    if value is None:
        return None
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType) and isinstance(value, Mapping):
        return {
            key: _from_value(item, named.fields[key].type, _within(get, key))
            for key, item in value.items()
            if item is not Undefined
        }
    return Leaf(type_, get, value)


def _within(get: Callable[[Variables], Any], key: str) -> Callable[[Variables], Any]:
    return lambda given: get(given)[key]


def word(leaf: Leaf) -> Any:
    """The enum member a leaf holds; its shape carries it, so SQL may depend on it."""
    if not isinstance(get_named_type(leaf.type), GraphQLEnumType):
        message = "only an enum's word may decide what SQL is written"
        raise TypeError(message)
    return leaf.now
