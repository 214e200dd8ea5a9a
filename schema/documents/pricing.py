"""From a selection to the plan of its cost.

Every JSON object costs a point; surcharges are for work that no object shows. The figures are in docs/api.md.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

from schema.documents.plans import Given, ListSize, PageSize, Part, Size
from schema.planner.declare import KEY, Spec
from schema.planner.prices import KEY as PRICE
from schema.planner.prices import Price
from schema.planner.selection import Selected, Selector

INTROSPECTION = 100
TOTAL_COUNT = 5
DECODED = 1
ROOTS = {OperationType.QUERY: 0, OperationType.MUTATION: 10, OperationType.SUBSCRIPTION: 1}
_BACKREF = "strawberry-definition"
_JSON = "JSON"


class Pricing:
    """Prices the selections of one operation."""

    def __init__(self, schema: GraphQLSchema, selector: Selector) -> None:
        self._schema = schema
        self._selector = selector

    def operation(self, operation: OperationDefinitionNode) -> Part:
        """The whole operation; ``data`` itself is its first object."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            message = f"the schema has no {operation.operation.value}"
            raise TypeError(message)
        stands_for_all = FieldNode(name=NameNode(value="data"), selection_set=operation.selection_set)
        parts: list[Part] = []
        for nodes in self._selector.of([stands_for_all], root).values():
            name = nodes[0].name.value
            if name in {"__schema", "__type"}:
                parts.append(Part(surcharge=INTROSPECTION))
            elif name != "__typename":
                parts += [Part(surcharge=ROOTS[operation.operation]), self._field(root, nodes, None)]
        return Part(objects=1).with_parts(parts)

    def _selected(self, type_: GraphQLObjectType, selected: Selected, page: Size | int | None) -> list[Part]:
        """Everything selected of an object; ``page`` is the size of the page it stands for."""
        return [self._field(type_, nodes, page) for nodes in selected.values() if nodes[0].name.value != "__typename"]

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode], page: Size | int | None) -> Part:
        name = nodes[0].name.value
        definition = parent.fields[name]
        price, spec = _declared(definition)
        surcharge = price.surcharge if price is not None else 0
        if page is not None and name == "totalCount":
            surcharge += TOTAL_COUNT
        if isinstance(spec, Spec) and spec.decoder is not None:
            surcharge += DECODED
        target = get_named_type(definition.type)
        if isinstance(target, GraphQLObjectType) or is_abstract_type(target):
            times = _times(parent, nodes[0], price, page)
            return Part(surcharge=surcharge).with_parts([self._objects(parent, target, nodes, times)])
        return Part(surcharge=surcharge, objects=1 if target.name == _JSON else 0)

    def _objects(self, parent: GraphQLObjectType, target: Any, nodes: list[FieldNode], times: Size | int) -> Part:
        """The objects behind a field, ``times`` of them."""
        if not isinstance(target, GraphQLObjectType):
            possible = self._schema.get_possible_types(target)
            choices = dict.fromkeys(self._objects(parent, type_, nodes, 1) for type_ in possible)
            one = next(iter(choices), Part())
            return one_of(one, times) if len(choices) == 1 else Part(times=times, choices=tuple(choices))
        page = _page_size(parent.fields[nodes[0].name.value], nodes[0]) if is_connection(target) else None
        inside = self._selected(target, self._selector.of(nodes, target), page)
        is_node = ("id" in target.fields and not _is_edge(parent)) or _is_edge(target)
        return Part(objects=1, nodes=int(is_node), times=times).with_parts(inside)


def one_of(part: Part, times: Size | int) -> Part:
    """The part so many times over."""
    return Part(times=times).with_parts([part])


def is_connection(type_: GraphQLObjectType) -> bool:
    """Whether a type is a page of rows (Relay's cursor connections)."""
    return "nodes" in type_.fields and "pageInfo" in type_.fields


def _is_edge(type_: GraphQLObjectType) -> bool:
    """Whether a type is a row of a page with its cursor; it counts as the node it holds."""
    return set(type_.fields) == {"cursor", "node"}


def _declared(definition: GraphQLField) -> tuple[Price | None, object]:
    field = definition.extensions.get(_BACKREF)
    metadata = {} if field is None else field.metadata
    return metadata.get(PRICE), metadata.get(KEY)


def _is_list(output: GraphQLOutputType) -> bool:
    return isinstance(output.of_type if isinstance(output, GraphQLNonNull) else output, GraphQLList)


def _times(parent: GraphQLObjectType, node: FieldNode, price: Price | None, page: Size | int | None) -> Size | int:
    """How many objects a field may have; ``page`` is the size of the page that its parent is."""
    definition = parent.fields[node.name.value]
    if not _is_list(definition.type):
        return 1
    if price is None and page is not None:
        return page
    if price is None:
        message = f"{parent.name}.{node.name.value} is a list of objects and does not say how many it may hold"
        raise TypeError(message)
    if price.by is None:
        return price.at_most
    size = ListSize(_given(definition, node, price.by), price.at_most)
    return size if size.items.variable is not None else size({})


def _page_size(definition: GraphQLField, node: FieldNode) -> Size | int:
    size = PageSize(tuple(_given(definition, node, name) for name in ("first", "last") if name in definition.args))
    return size if any(each.variable is not None for each in size.sizes) else size({})


def _given(definition: GraphQLField, node: FieldNode, name: str) -> Given:
    default = definition.args[name].default_value
    otherwise = None if default is Undefined else default
    value = next((argument.value for argument in node.arguments or () if argument.name.value == name), None)
    if isinstance(value, VariableNode):
        return Given(variable=value.name.value, otherwise=otherwise)
    if isinstance(value, IntValueNode):
        return Given(literal=int(value.value))
    if isinstance(value, ListValueNode):
        return Given(literal=value.values)
    if isinstance(value, NullValueNode):
        return Given()
    return Given(literal=otherwise if value is None else value)  # an item that stands for a list of one
