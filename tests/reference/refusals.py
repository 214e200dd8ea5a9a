"""What no request may ask for, found before any row is read: the root field it stands in is refused as a whole.

It is looked for in every selected field that some row could answer, whether rows are reached or not.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    get_argument_values,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields

from tests.reference import searching
from tests.reference.asking import Args, Asking, Refused
from tests.reference.filters import FILTERS, WITHIN
from tests.reference.ids import PREFIX_OF, split_id

Info = GraphQLResolveInfo[Asking]
LARGEST_PAGE = 100
LONGEST_LIST = 100


def check(asking: Asking, info: Info) -> None:
    """Refuse the root field being resolved if anything selected in it cannot be asked. Errors: Refused."""
    _field(asking, info, info.parent_type, list(info.field_nodes))


def _field(asking: Asking, info: Info, parent: GraphQLObjectType, nodes: list[FieldNode]) -> None:
    definition = parent.fields.get(nodes[0].name.value)
    if definition is None:  # __typename
        return
    try:
        args = get_argument_values(definition, nodes[0], info.variable_values)
    except GraphQLError as error:
        raise Refused("BAD_USER_INPUT") from error
    target = get_named_type(definition.type)
    _arguments(asking, args, f"{parent.name}.{nodes[0].name.value}", target.name)
    types = _of_ids(info, args) if isinstance(target, GraphQLInterfaceType) else [target]
    types = list(target.types) if isinstance(target, GraphQLUnionType) else types
    for type_ in types:
        if isinstance(type_, GraphQLObjectType):
            for below in _selected(info, type_, nodes):
                _field(asking, info, type_, below)


def _selected(info: Info, type_: GraphQLObjectType, nodes: list[FieldNode]) -> list[list[FieldNode]]:
    """The field nodes of each response key."""
    fragments = {name: FragmentDetails(found) for name, found in info.fragments.items()}
    details = [FieldDetails(node, None) for node in nodes]
    found = collect_subfields(info.schema, fragments, info.variable_values, info.operation, type_, details)
    return [[detail.node for detail in group] for group in found.grouped_field_set.values()]


def _of_ids(info: Info, args: Args) -> list[Any]:
    """The types that the ids name."""
    types = {prefix: name for name, prefix in PREFIX_OF.items()}
    split = [split_id(value) for value in args.get("ids", [args.get("id")])]
    names = {types[found[0]] for found in split if found is not None and found[0] in types}
    return [info.schema.type_map[name] for name in sorted(names)]


def _arguments(asking: Asking, args: Args, field: str, target: str) -> None:
    for size in ("first", "last"):
        _must(args.get(size) is None or 1 <= args[size] <= LARGEST_PAGE)
    _must(args.get("first") is None or args.get("last") is None)
    for cursor in ("after", "before"):
        _must(args.get(cursor) is None or asking.place(args[cursor], field, args.get("orderBy")) is not None)
    if "ids" in args:
        _must(len(args["ids"]) <= LONGEST_LIST)
    if "id" in args and target != "Node":
        _id(args["id"], PREFIX_OF[target])
    _filter(f"{target.removesuffix('Connection')}Filter", args.get("filter") or {})


def _filter(type_: str, given: Args) -> None:
    for name, value in given.items():
        if name in WITHIN.get(type_, {}):
            _filter(WITHIN[type_][name], value or {})
            continue
        condition = FILTERS[type_][name]
        values = value if isinstance(value, list) else [value]
        _must(len(values) <= LONGEST_LIST)
        for item in values:
            if item is not None and condition.prefix is not None:
                _id(item, condition.prefix)
            elif isinstance(item, str):
                _must(_storable(item))
                _must(not condition.search or (len(item) <= searching.LONGEST and bool(searching.runs(item))))


def _id(value: str, prefix: str) -> None:
    found = split_id(value)
    _must(found is not None and found[0] == prefix)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _must(condition: bool) -> None:
    if not condition:
        raise Refused("BAD_USER_INPUT")
