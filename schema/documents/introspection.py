"""How much a document asks of the schema about itself: such answers are made in this process.

graphql-core bounds how deep introspection goes, not how wide: aliases multiply all types as often as a client likes. So
the fields are counted here on the schema itself, as they would be answered, until there are too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_wrapping_type,
)

Fragments = Mapping[str, FragmentDefinitionNode]
_ABOUT_THE_SCHEMA = frozenset({"__schema", "__type"})


class _TooMuch(Exception):
    """Enough was counted."""


def introspects_too_much(
    schema: GraphQLSchema, operations: Iterable[OperationDefinitionNode], fragments: Fragments, most: int
) -> bool:
    """Whether the operations of a valid document answer more than ``most`` fields below __schema and __type."""
    counter = _Counter(schema, fragments, most)
    try:
        for operation in operations:
            for field in _fields(operation.selection_set, fragments):
                if field.selection_set is not None and (found := _asked(schema, field)):
                    counter.below(field.selection_set, found)
    except _TooMuch:
        return True
    return False


def only_introspects(operation: OperationDefinitionNode, fragments: Fragments) -> bool:
    """Whether the operation asks the schema about itself and for no data; ``__typename`` is neither."""
    names = _root_names(operation, fragments)
    return bool(names) and names <= _ABOUT_THE_SCHEMA


def introspects_beside_data(operation: OperationDefinitionNode, fragments: Fragments) -> bool:
    """Whether the operation asks the schema about itself and for data."""
    names = _root_names(operation, fragments)
    return bool(names & _ABOUT_THE_SCHEMA) and not names <= _ABOUT_THE_SCHEMA


def _root_names(operation: OperationDefinitionNode, fragments: Fragments) -> set[str]:
    return {field.name.value for field in _fields(operation.selection_set, fragments)} - {"__typename"}


class _Counter:
    """Counts answered fields. Its work is in proportion to the count, so the limit bounds both."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, most: int) -> None:
        self._schema = schema
        self._fragments = fragments
        self._left = most

    def below(self, selections: SelectionSetNode, things: list[Any]) -> None:
        """Count what is selected of these parts of the schema."""
        for field in _fields(selections, self._fragments):
            self._spend(len(things))
            if field.selection_set is not None:
                inside = (found for thing in things for found in _children(self._schema, thing, field.name.value))
                self.below(field.selection_set, list(islice(inside, self._left + 1)))

    def _spend(self, fields: int) -> None:
        self._left -= fields
        if self._left < 0:
            raise _TooMuch


def _fields(selections: SelectionSetNode, fragments: Fragments) -> Iterator[FieldNode]:
    """The fields of a selection set with its fragments, each fragment once (GraphQL 6.3.2)."""
    waiting, spread = [selections], set[str]()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in spread:
                    spread.add(name)
                    waiting.append(fragments[name].selection_set)


def _asked(schema: GraphQLSchema, field: FieldNode) -> list[Any]:
    """The part of the schema that a root field asks for; for a type named by a variable the one with most fields."""
    if field.name.value == "__schema":
        return [schema]
    if field.name.value != "__type":
        return []
    name = next((argument.value for argument in field.arguments or ()), None)
    if isinstance(name, StringValueNode):
        return [schema.type_map[name.value]] if name.value in schema.type_map else []
    return [max(schema.type_map.values(), key=_size)]


def _size(type_: GraphQLNamedType) -> int:
    return len(getattr(type_, "fields", ()))


def _types(schema: GraphQLSchema, _thing: Any) -> Iterable[Any]:
    return schema.type_map.values()


def _output_fields(_schema: GraphQLSchema, thing: Any) -> Iterable[Any]:
    return thing.fields.values() if is_object_type(thing) or is_interface_type(thing) else ()


_CHILDREN: dict[str, Callable[[GraphQLSchema, Any], Iterable[Any]]] = {
    "types": _types,
    "directives": lambda schema, _thing: schema.directives,
    "queryType": lambda schema, _thing: [schema.query_type],
    "mutationType": lambda schema, _thing: [schema.mutation_type],
    "subscriptionType": lambda schema, _thing: [schema.subscription_type],
    "fields": _output_fields,
    "inputFields": lambda _schema, thing: thing.fields.values() if is_input_object_type(thing) else (),
    "enumValues": lambda _schema, thing: thing.values.values() if is_enum_type(thing) else (),
    "interfaces": lambda _schema, thing: getattr(thing, "interfaces", ()),
    "possibleTypes": lambda schema, thing: schema.get_possible_types(thing) if is_abstract_type(thing) else (),
    "ofType": lambda _schema, thing: [thing.of_type] if is_wrapping_type(thing) else (),
    "args": lambda _schema, thing: thing.args.values(),
    "type": lambda _schema, thing: [thing.type],
}


def _children(schema: GraphQLSchema, thing: Any, name: str) -> Iterable[Any]:
    """What a field of GraphQL 4.2 leads to from a part of the schema."""
    return (found for found in _CHILDREN[name](schema, thing) if found is not None)
