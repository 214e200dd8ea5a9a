"""Walks the schema: one site for each place that takes an id, at the root, in inputs however deep, and in nested fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_leaf_type,
)

from schema.isolation.kinds import kinds_of
from schema.isolation.makers import beside, made, tested
from schema.mutations import MUTATION
from schema.planner.declare import ENTITIES
from server.isolation.sites import Atlas, Near, Site, Tested
from tenants.permissions import Permission

_BACKREF = "strawberry-definition"
_NOT_WALKED = {"countBy", "edges", "pageInfo", "totalCount"}


def atlas_of(schema: GraphQLSchema) -> Atlas:
    """All sites of a schema. Errors: Uncharted for an id of no known kind, or an input nobody can make."""
    if schema.query_type is None or schema.mutation_type is None:
        raise TypeError
    sites = (*_roots(schema.query_type), *_nested(schema.query_type), *_changes(schema.mutation_type))
    tables = {entity.prefix: entity.table.__tablename__ for entity in ENTITIES.values()}
    return Atlas(sites, tables)


def _changes(root: GraphQLObjectType) -> Iterator[Site]:
    for name, field in root.fields.items():
        type_ = get_named_type(field.args["input"].type)
        if not isinstance(type_, GraphQLInputObjectType):
            raise TypeError
        asked = field.extensions[_BACKREF].metadata.get(MUTATION)
        permission = asked.value if isinstance(asked, Permission) else None
        document = f"mutation($input: {type_.name}!) {{ {name}(input: $input) {_selection(field)} }}"
        for path, kind, value in tested(type_):
            label = f"{name}(input.{path}: {kind})"
            yield Site(label, document, kind, {"input": {**value, **beside(name, path)}}, permission, changes=True)


def _roots(root: GraphQLObjectType) -> Iterator[Site]:
    for name, field in root.fields.items():
        for label, kind, document, variables in _asked(root, name, field, "query({0}) {{ {1} }}"):
            yield Site(label, document, kind, variables)


def _nested(root: GraphQLObjectType) -> Iterator[Site]:
    """Fields of related things: reached by a thing of that type that the caller sees."""
    types: list[GraphQLObjectType] = [root]
    known = {root.name}
    for type_ in types:  # which grows
        for name, field in type_.fields.items():
            target = get_named_type(field.type)
            if isinstance(target, GraphQLObjectType) and target.name not in known:
                known.add(target.name)
                types.append(target)
            if type_ is root or type_.name not in ENTITIES or name in _NOT_WALKED:
                continue
            prefix = ENTITIES[type_.name].prefix
            frame = (
                f"query($near: ID!, {{0}}) {{{{ node(id: $near) {{{{ id ... on {type_.name} {{{{ {{1}} }}}} }}}} }}}}"
            )
            for label, kind, document, variables in _asked(type_, name, field, frame):
                yield Site(label, document, kind, {"near": Near(prefix), **variables})


def _asked(
    owner: GraphQLObjectType, name: str, field: GraphQLField, frame: str
) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """(label, kind, document, variables) of each id a field takes. frame: a document, but for variables and selection."""
    selected = _selection(field)
    required = {word: _made(argument) for word, argument in field.args.items() if _is_required(argument)}
    for word, argument in field.args.items():
        named = get_named_type(argument.type)
        places: Iterator[tuple[str, str, Any]] | list[tuple[str, str, Any]]
        if isinstance(named, GraphQLInputObjectType):
            places = ((f"{word}.{path}", kind, {**value, **beside(name, path)}) for path, kind, value in tested(named))
        elif named.name == "ID":
            listed = "[" in str(argument.type)
            coordinates = f"{owner.name}.{name}"
            kinds = kinds_of(coordinates, word, argument, field.type)
            places = [(word, kind, [Tested()] if listed else Tested()) for kind in kinds]
        else:
            continue
        for path, kind, value in places:
            given = {**required, word: value}
            types = ", ".join(f"${each}: {field.args[each].type}" for each in given)
            first = {"first": "first: 5"} if "first" in field.args else {}
            arguments = ", ".join([*(f"{each}: ${each}" for each in given), *first.values()])
            document = frame.format(types, f"{name}({arguments}) {selected}".strip())
            yield f"{owner.name}.{name}({path}: {kind})", kind, document, given


def _made(argument: GraphQLArgument) -> Any:
    named = get_named_type(argument.type)
    if isinstance(named, GraphQLInputObjectType):
        return made(named)
    return {"Date": "2026-03-02", "String": "canary-a", "ID": Near("resident")}[named.name]


def _is_required(argument: GraphQLArgument) -> bool:
    return isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined


def _selection(field: GraphQLField) -> str:
    """What is told: of a payload its errors and ids, of a page its ids, of an object its plain fields."""
    type_ = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    if not isinstance(type_, GraphQLObjectType):
        return "{ __typename id }"
    if "nodes" in type_.fields:
        return "{ totalCount nodes { id } }" if "totalCount" in type_.fields else "{ nodes { id } }"
    parts = ["__typename"]
    for name, inner in type_.fields.items():
        target = get_named_type(inner.type)
        if is_leaf_type(target) and not inner.args:
            parts.append(name)
        elif name == "userErrors":
            parts.append("userErrors { code field message }")
        elif (
            isinstance(target, GraphQLObjectType)
            and "id" in target.fields
            and not any(map(_is_required, inner.args.values()))
        ):
            parts.append(f"{name} {{ id }}")
    return f"{{ {' '.join(parts)} }}"
