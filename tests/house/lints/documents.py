"""Writes GraphQL operations from the schema: every field selected, every argument given."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_leaf_type,
)

from schema.planner.declare import ENTITIES, KEY, Filter

NOBODY = "0192f3c4-0000-7000-8000-000000000000"
_WORDS = {
    "Int": "1",
    "Float": "1.0",
    "Boolean": "true",
    "String": '"x"',
    "Date": '"2026-03-02"',
    "DateTime": '"2026-03-02T04:00:00Z"',
    "Decimal": '"1.00"',
    "BigInt": '"1"',
    "JSON": "{}",
    "UUID": f'"{NOBODY}"',
}
_ENTITY_OF_ARGUMENT = {"scope": "org"}


def reads(name: str, definition: GraphQLField, *, depth: int) -> Iterator[str]:
    """Queries of a root field: everything ``depth`` relations deep, then each order and each filter by itself."""
    chosen = selection(definition, depth)
    required = _required(definition)
    yield f"{{ {name}{_listed(required)} {chosen} }}"
    short = selection(definition, 0)
    for word, argument in definition.args.items():
        if word in required:
            continue
        for value in _variants(word, argument, definition):
            yield f"{{ {name}{_listed({**required, word: value})} {short} }}"


def write(name: str, definition: GraphQLField) -> str:
    """A mutation with every field of its input, asking for the errors alone."""
    given = {word: literal(argument.type, word, definition) for word, argument in definition.args.items()}
    return f"mutation {{ {name}{_listed(given)} {{ userErrors {{ code field message }} }} }}"


def selection(field: GraphQLField | GraphQLInputField, depth: int) -> str:
    """The selection set behind a field: all leaves, and what is related while ``depth`` lasts; empty for leaves."""
    type_ = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    if isinstance(type_, GraphQLInterfaceType):
        return "{ __typename id }"
    if isinstance(type_, GraphQLUnionType):
        return f"{{ __typename {' '.join(f'... on {member.name} {{ id }}' for member in type_.types)} }}"
    if not isinstance(type_, GraphQLObjectType):
        return ""
    parts = ["__typename"]
    for name, definition in type_.fields.items():
        if _required(definition):
            continue
        target = get_named_type(definition.type)
        costs = target.name in ENTITIES or _is_connection(target)
        below = depth - 1 if costs and not _is_connection(type_) and not type_.name.endswith("Edge") else depth
        if below >= 0:
            parts.append(f"{name} {selection(definition, below)}".strip())
    return f"{{ {' '.join(parts)} }}"


def literal(type_: GraphQLInputType, word: str, field: GraphQLField, prefix: str | None = None) -> str:
    """A value of an input type as it is written in a document."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(bare, GraphQLList):
        return f"[{literal(bare.of_type, word, field, prefix)}]"
    if isinstance(bare, GraphQLEnumType):
        return str(next(iter(bare.values)))
    if isinstance(bare, GraphQLInputObjectType):
        fields = list(bare.fields.items())[: 1 if _is_one_of(bare) else None]
        given = {name: literal(inner.type, name, field, _prefix(inner)) for name, inner in fields}
        return f"{{ {', '.join(f'{name}: {value}' for name, value in given.items())} }}"
    if bare.name == "ID":
        return f'"{prefix or _prefix_of_word(word) or _prefix_of_type(field)}_{NOBODY}"'
    return _WORDS[bare.name]


def _variants(word: str, argument: GraphQLArgument, field: GraphQLField) -> Iterator[str]:
    named = get_named_type(argument.type)
    if word in {"after", "before"}:
        return
    if isinstance(named, GraphQLEnumType):
        yield from named.values
    elif isinstance(named, GraphQLInputObjectType):
        for name, inner in named.fields.items():
            if _is_one_of(get_named_type(inner.type)):
                yield from (f"{{ {name}: {choice} }}" for choice in _choices(inner, field))
            else:
                yield f"{{ {name}: {literal(inner.type, name, field, _prefix(inner))} }}"
            if get_named_type(inner.type).name == "Boolean":
                yield f"{{ {name}: false }}"
    else:
        yield literal(argument.type, word, field)


def _choices(field: GraphQLInputField, reader: GraphQLField) -> Iterator[str]:
    """Each of an input's exclusive choices."""
    type_ = get_named_type(field.type)
    if isinstance(type_, GraphQLInputObjectType):
        for name, inner in type_.fields.items():
            yield f"{{ {name}: {literal(inner.type, name, reader, _prefix(inner))} }}"


def _is_one_of(type_: object) -> bool:
    return isinstance(type_, GraphQLInputObjectType) and type_.extensions["strawberry-definition"].is_one_of


def _required(field: GraphQLField) -> dict[str, str]:
    return {
        word: literal(argument.type, word, field)
        for word, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
    }


def _listed(given: dict[str, str]) -> str:
    return f"({', '.join(f'{word}: {value}' for word, value in given.items())})" if given else ""


def _is_connection(type_: object) -> bool:
    return isinstance(type_, GraphQLObjectType) and {"nodes", "pageInfo"} <= type_.fields.keys()


def _prefix(field: GraphQLInputField) -> str | None:
    declared = field.extensions.get("strawberry-definition")
    meaning: Filter | None = declared.metadata.get(KEY) if declared is not None else None
    return meaning.prefix if meaning is not None else None


def _prefix_of_word(word: str) -> str | None:
    """``residentId`` names a Resident."""
    entity = ENTITIES.get(f"{word[0].upper()}{word.removesuffix('Id')[1:]}")
    return _ENTITY_OF_ARGUMENT.get(word) or (entity.prefix if entity is not None else None)


def _prefix_of_type(field: GraphQLField) -> str:
    entity = ENTITIES.get(get_named_type(field.type).name)
    return entity.prefix if entity is not None else "case"
