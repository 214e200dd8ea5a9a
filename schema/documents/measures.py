"""How large a document is, taken in one walk before validation.

The walk visits every selection once and never follows a fragment: what fragments add is summed up afterwards, each
fragment once (GraphQL 6.3.2 merges them into the set that spreads them). So it is linear, and cycles are harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
)

from schema.documents.limits import LIMITS

_ENOUGH = 1_000_000
_WithDirectives = OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode | SelectionNode
_MOST_SPREADS = max(limits.spreads for limits in LIMITS.values())


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures that ``Limits`` bounds, by the same names."""

    tokens: int
    operations: int
    depth: int
    aliases: int
    directives: int
    spreads: int
    values: int
    fields: int
    repeats: int
    selected: int


@dataclass(slots=True)
class _Level:
    """One selection set with its inline fragments. keys: how often it has each response key."""

    depth: int
    keys: dict[str, int] = field(default_factory=dict)
    spreads: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """An operation or a fragment; the first level is its own."""

    levels: list[_Level]
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    values: int = 0

    def read_directives(self, node: _WithDirectives) -> None:
        """Count the directives on a node."""
        for directive in node.directives or ():
            self.directives += 1
            self.read_arguments(directive)

    def read_arguments(self, node: FieldNode | DirectiveNode) -> None:
        """Count the values in the arguments of a node."""
        for argument in node.arguments or ():
            if isinstance(argument.value, ListValueNode | ObjectValueNode):
                self.values = max(self.values, _values(argument.value))

    @property
    def depth(self) -> int:
        """Of the fields in it, without fragments."""
        return max((level.depth for level in self.levels if level.keys), default=0)

    @property
    def spreads(self) -> Iterator[tuple[str, int]]:
        """Each spread fragment with the depth of the set that spreads it."""
        return ((name, level.depth) for level in self.levels for name in level.spreads)


def measure(document: DocumentNode) -> Measures:
    """The figures of a parsed document; of one with cycles or unknown fragments as if these were empty."""
    operations: list[_Part] = []
    fragments: dict[str, _Part] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operations.append(_part(definition))
        elif isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = _part(definition)
    parts = [*operations, *fragments.values()]
    depths, sizes = _with_fragments(fragments)
    spreads = sum(len(level.spreads) for part in parts for level in part.levels)
    followed = fragments if spreads <= _MOST_SPREADS else {}  # more are refused anyway
    widest = [_widest(level, followed) for part in parts for level in part.levels]
    return Measures(
        tokens=document.token_count,
        operations=len(operations),
        depth=max((_depth(part, depths) for part in parts), default=0),
        aliases=sum(part.aliases for part in parts),
        directives=sum(part.directives for part in parts),
        spreads=spreads,
        values=max((part.values for part in parts), default=0),
        fields=max((fields for fields, _ in widest), default=0),
        repeats=max((repeats for _, repeats in widest), default=0),
        selected=max((_size(part, sizes) for part in parts), default=0),
    )


def _part(definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Part:
    part = _Part([])
    part.read_directives(definition)
    if isinstance(definition, OperationDefinitionNode):
        for variable in definition.variable_definitions or ():
            part.read_directives(variable)
            if variable.default_value is not None:
                part.values = max(part.values, _values(variable.default_value))
    waiting = [(definition.selection_set, 1)]
    while waiting:
        selections, depth = waiting.pop()
        level = _Level(depth)
        part.levels.append(level)
        waiting.extend((found, depth + 1) for found in _read(selections, level, part))
    return part


def _read(selections: SelectionSetNode, level: _Level, part: _Part) -> list[SelectionSetNode]:
    """Count the selections of one level; the sets of the next one."""
    below: list[SelectionSetNode] = []
    waiting: list[Iterable[SelectionNode]] = [selections.selections]
    while waiting:
        for selection in waiting.pop():
            part.read_directives(selection)
            if isinstance(selection, FieldNode):
                part.read_arguments(selection)
                part.fields += 1
                part.aliases += selection.alias is not None
                key = (selection.alias or selection.name).value
                level.keys[key] = level.keys.get(key, 0) + 1
                if selection.selection_set is not None:
                    below.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                level.spreads.append(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set.selections)
    return below


def _values(value: ValueNode) -> int:
    """List items and input fields in a literal, at any depth."""
    found = 0
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ListValueNode):
            found += len(inner.values)
            waiting.extend(inner.values)
        elif isinstance(inner, ObjectValueNode):
            found += len(inner.fields)
            waiting.extend(each.value for each in inner.fields)
    return found


def _with_fragments(fragments: Mapping[str, _Part]) -> tuple[dict[str, int], dict[str, int]]:
    """The depth and the number of fields of each fragment with those it spreads, innermost first."""
    depths: dict[str, int] = {}
    sizes: dict[str, int] = {}
    entered: set[str] = set()
    path: list[tuple[str, Iterator[str]]] = []

    def enter(name: str) -> None:
        entered.add(name)
        path.append((name, (spread for spread, _ in fragments[name].spreads)))

    for root in fragments:
        if root not in entered:
            enter(root)
        while path:
            name, spreads = path[-1]
            inner = next((spread for spread in spreads if spread in fragments and spread not in entered), None)
            if inner is not None:
                enter(inner)
                continue
            path.pop()
            depths[name] = _depth(fragments[name], depths)
            sizes[name] = _size(fragments[name], sizes)
    return depths, sizes


def _depth(part: _Part, depths: Mapping[str, int]) -> int:
    return max([part.depth, *(depth - 1 + depths.get(name, 0) for name, depth in part.spreads)])


def _size(part: _Part, sizes: Mapping[str, int]) -> int:
    return min(_ENOUGH, part.fields + sum(sizes.get(name, 0) for name, _ in part.spreads))


def _widest(level: _Level, fragments: Mapping[str, _Part]) -> tuple[int, int]:
    """How many fields a set has, and how often the most frequent response key, each fragment merged once."""
    if not level.spreads:
        return sum(level.keys.values()), max(level.keys.values(), default=0)
    keys = dict(level.keys)
    fields = sum(keys.values())
    seen = set(level.spreads)
    waiting = [name for name in seen if name in fragments]
    while waiting:
        first = fragments[waiting.pop()].levels[0]
        for key, times in first.keys.items():
            keys[key] = keys.get(key, 0) + times
            fields += times
        new = set(first.spreads) - seen
        seen |= new
        waiting.extend(name for name in new if name in fragments)
    return fields, max(keys.values(), default=0)
