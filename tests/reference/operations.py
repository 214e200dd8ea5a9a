"""Random operations over the real schema: selections by hypothesis-graphql, everything else of the language added here.

hypothesis-graphql chooses fields and which arguments are given. On top: values that hit, aliases, fields split into two
that merge, inline and named fragments, @include and @skip, variables with and without defaults, several operations.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    StringValueNode,
    ValueNode,
    get_named_type,
    is_leaf_type,
    is_object_type,
)
from hypothesis import strategies as st
from hypothesis_graphql import queries

from tests.reference.executor import Operation
from tests.reference.schema import read_schema
from tests.reference.words import Draw, Where, Words

Parent = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
# hypothesis-graphql gives every argument: once in so many times is enough for these.
_RARER = {"after": 3, "before": 5}
AT_ONCE = 3
MOST_ALIASES = 25
MOST_DIRECTIVES = 25
_EMPTY = StringValueNode(value="")  # ``Words`` fills it
_HOLE = st.just(_EMPTY)
_HOLES = {"ID": _HOLE, "String": _HOLE, "DateTime": _HOLE, "Date": _HOLE, "Int": st.just(IntValueNode(value="1"))}


@dataclass(slots=True)
class _Writer:
    """Writes one operation."""

    draw: Draw
    words: Words
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0
    directives: int = 0

    def chance(self, one_in: int) -> bool:
        """Once in so many times; never is the simpler choice."""
        return bool(self.draw(st.integers(1, one_in)) == one_in)

    def operation(self, selections: list[SelectionNode]) -> Operation:
        """An operation of these fields of Query."""
        query = read_schema().query_type
        assert query is not None
        body = self.selections(selections, query, 0)
        name = "Asked" if self.chance(5) else None
        head = f"({', '.join(self.definitions)})" if self.definitions else ""
        text = f"query {name or ''}{head} {body}"
        other = ["query Other { __typename }"] if name is not None and self.chance(2) else []
        return Operation("\n".join([text, *self.fragments, *other]), self.variables, name)

    def selections(self, nodes: list[SelectionNode], parent: Parent, depth: int) -> str:
        """A selection set in braces."""
        pieces = [piece for node in nodes for piece in self.selection(node, parent, depth)]
        if parent.name.endswith("Connection") and not _lists(nodes) and not self.chance(4):
            pieces.append(self.items(parent))  # hypothesis-graphql often asks for nothing but a count
        if self.chance(12):
            pieces.append("__typename")
        if isinstance(parent, GraphQLObjectType) and parent.interfaces and self.chance(15):
            pieces.append("... on Node { id __typename }")
        if self.chance(10):
            pieces = self.wrapped(pieces, parent)
        return f"{{ {' '.join(pieces)} }}"

    def items(self, connection: Parent) -> str:
        """A page of the connection's items with a few of their fields, and those of a thing beside each."""
        rows = _composite(connection, "nodes")
        chosen = self.draw(st.lists(st.sampled_from(_plain(rows, leaves=True)), min_size=1, max_size=4, unique=True))
        if near := [name for name in _plain(rows, leaves=False) if _plain(_composite(rows, name), leaves=True)]:
            beside = self.draw(st.sampled_from(near))
            inside = self.draw(st.sampled_from(_plain(_composite(rows, beside), leaves=True)))
            chosen.append(f"{beside} {{ {inside} }}")
        return f"nodes {{ {' '.join(chosen)} }}"

    def wrapped(self, pieces: list[str], parent: Parent) -> list[str]:
        """Some of the pieces within a fragment; now and then both within it and beside it."""
        start = self.draw(st.integers(0, len(pieces) - 1))
        inside = " ".join(pieces[start:])
        kept = pieces if self.chance(6) else pieces[:start]
        if self.draw(st.booleans()):
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {parent.name} {{ {inside} }}")
            return [*kept, f"...{name}{self.condition()}"]
        on = f" on {parent.name}" if self.draw(st.booleans()) else ""
        return [*kept, f"...{on}{self.condition()} {{ {inside} }}"]

    def selection(self, node: SelectionNode, parent: Parent, depth: int) -> list[str]:
        """The text of a selection, which may have become two."""
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            type_ = read_schema().type_map[node.type_condition.name.value]
            assert isinstance(type_, Parent)
            inside = self.selections(list(node.selection_set.selections), type_, depth)
            return [f"... on {type_.name} {inside}"]
        assert isinstance(node, FieldNode)
        keys = [node.alias.value if node.alias else None]
        if self.aliases < MOST_ALIASES and self.chance(12):
            self.aliases += 1
            keys = [*(keys if self.draw(st.booleans()) else []), f"a{self.aliases}"]
        return [self.field(node, parent, depth, alias=key) for key in keys]

    def field(self, node: FieldNode, parent: Parent, depth: int, *, alias: str | None) -> str:
        name = node.name.value
        if name == "__typename":
            return name
        assert not isinstance(parent, GraphQLUnionType)
        definition = parent.fields[name]
        key = f"{alias}: {name}" if alias else name
        target = get_named_type(definition.type)
        rows = target.name.removesuffix("Connection")
        head = f"{key}{self.arguments(node, f'{parent.name}.{name}', definition, rows, depth)}"
        if node.selection_set is None or not isinstance(target, Parent):
            return f"{head}{self.condition()}"
        below = depth + ("first" in definition.args)
        nodes = list(node.selection_set.selections)
        if len(nodes) > 1 and self.chance(12):
            parts = (nodes[: len(nodes) // 2], nodes[len(nodes) // 2 :])
            return " ".join(f"{head}{self.condition()} {self.selections(part, target, below)}" for part in parts)
        return f"{head}{self.condition()} {self.selections(nodes, target, below)}"

    def condition(self) -> str:
        """Mostly nothing; sometimes @include or @skip, by a literal or by a variable."""
        if self.directives >= MOST_DIRECTIVES or not self.chance(25):
            return ""
        self.directives += 1
        directive, value = self.draw(st.sampled_from(("include", "skip"))), self.draw(st.booleans())
        given = self.variable("Boolean!", value) if self.draw(st.booleans()) else str(value).lower()
        return f" @{directive}(if: {given})"

    def arguments(self, node: FieldNode, coordinate: str, definition: GraphQLField, rows: str, depth: int) -> str:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if "last" in given and "first" in given and not self.chance(40):
            del given["last" if self.draw(st.integers(0, 3)) else "first"]
        for name, one_in in _RARER.items():
            if name in given and not self.chance(one_in):
                del given[name]
        texts = []
        order = _order(given.get("orderBy"), definition)
        for name, value in given.items():
            type_ = definition.args[name].type
            where = Where(coordinate, rows, name, depth, order)
            texts.append(f"{name}: {self.given(self.value(value, type_, where), type_)}")
        return f"({', '.join(texts)})" if texts else ""

    def value(self, node: ValueNode, type_: GraphQLInputType, where: Where) -> Any:
        """The JSON value that a value node stands for; holes are filled with words."""
        bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        match node:
            case NullValueNode():
                return None
            case ObjectValueNode():
                assert isinstance(bare, GraphQLInputObjectType)
                return self.conditions(node, bare, where)
            case ListValueNode():
                assert isinstance(bare, GraphQLList)
                items = node.values[:6] or (() if self.chance(5) else (_EMPTY,))  # empty lists find nothing
                return [self.value(item, bare.of_type, where) for item in items]
            case EnumValueNode() if where.within is None:
                return node.value
            case BooleanValueNode():
                return node.value
            case _:
                return self.words.draw(self.draw, type_, where)

    def conditions(self, node: ObjectValueNode, type_: GraphQLInputObjectType, where: Where) -> dict[str, Any]:
        """A filter of one to three conditions after one row, so that something is found; exactly one of choices."""
        row = where.row or self.words.row(self.draw, where.rows)
        most = 1 if type_.is_one_of else self.draw(st.sampled_from((1, 2, 3)))
        found = {}
        for item in node.fields[:most]:
            name = item.name.value
            within = replace(where, name=name, within=type_.name, row=row)
            asked = _EMPTY if type_.is_one_of and isinstance(item.value, NullValueNode) else item.value
            found[name] = self.value(asked, type_.fields[name].type, within)
        return found

    def given(self, value: Any, type_: GraphQLInputType) -> str:
        """The value as a literal, or a variable that holds it."""
        return self.variable(str(type_), value, type_) if self.chance(4) else literal(value, type_)

    def variable(self, type_: str, value: Any, default: GraphQLInputType | None = None) -> str:
        """A new variable; sometimes its value is a default that the request relies on."""
        name = f"v{len(self.definitions)}"
        if default is not None and value is not None and self.chance(4):
            self.definitions.append(f"${name}: {type_} = {literal(value, default)}")
        else:
            self.definitions.append(f"${name}: {type_}")
            self.variables[name] = value
        return f"${name}"


def _lists(nodes: list[SelectionNode]) -> bool:
    return any(isinstance(node, FieldNode) and node.name.value in {"nodes", "edges"} for node in nodes)


def _composite(parent: Parent, field_: str) -> GraphQLObjectType:
    assert not isinstance(parent, GraphQLUnionType)
    found = get_named_type(parent.fields[field_].type)
    assert isinstance(found, GraphQLObjectType)
    return found


def _plain(type_: GraphQLObjectType, *, leaves: bool) -> list[str]:
    """The fields without arguments: scalars, or else objects."""
    wanted = is_leaf_type if leaves else is_object_type
    return [name for name, found in type_.fields.items() if not found.args and wanted(get_named_type(found.type))]


def literal(value: Any, type_: GraphQLInputType) -> str:
    """A JSON value as GraphQL writes it."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if value is None:
        return "null"
    if isinstance(value, dict):
        assert isinstance(bare, GraphQLInputObjectType)
        inside = ", ".join(f"{name}: {literal(item, bare.fields[name].type)}" for name, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        assert isinstance(bare, GraphQLList)
        return f"[{', '.join(literal(item, bare.of_type) for item in value)}]"
    return str(value) if isinstance(bare, GraphQLEnumType) else json.dumps(value)


def _order(node: ValueNode | None, definition: GraphQLField) -> str | None:
    """The order asked for, or the usual one; None where there is none to choose."""
    if "orderBy" not in definition.args:
        return None
    declared = definition.args["orderBy"].ast_node
    chosen = node if node is not None or declared is None else declared.default_value
    assert isinstance(chosen, EnumValueNode)
    return chosen.value


@st.composite
def operations(draw: Draw, words: Words) -> Operation:
    """Valid operations in the sense of the specification; some ask for what cannot be had."""
    query = read_schema().query_type
    assert query is not None
    # Three at a time, or half of every document would be about ids that name something else.
    names = sorted(query.fields)
    start = draw(st.sampled_from(range(0, len(names), AT_ONCE)))
    document = draw(_documents(tuple(names[start : start + AT_ONCE])))
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    return _Writer(draw, words).operation(list(definition.selection_set.selections))


@cache
def _documents(roots: tuple[str, ...]) -> st.SearchStrategy[DocumentNode]:
    """Made once: weighing the fields of a schema takes longer than a draw."""
    return queries(read_schema(roots), custom_scalars=_HOLES, print_ast=lambda document: document)
