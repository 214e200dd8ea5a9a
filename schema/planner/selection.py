"""Which fields an operation asks of an object, with fragments, aliases and @include/@skip resolved (GraphQL 6.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from schema.faults import RequestFault

_CONDITIONAL = {"include": True, "skip": False}
Selected = dict[str, list[FieldNode]]


class Selector:
    """Collects selections of one operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = dict(variables)

    def of(self, nodes: Iterable[FieldNode], type_: GraphQLObjectType) -> Selected:
        """Response key -> field nodes, in document order, of the merged selection sets of ``nodes``."""
        found: Selected = {}
        seen: set[str] = set()  # a fragment adds nothing the second time, and would double at every level
        for node in nodes:
            if node.selection_set is not None:
                self._collect(node.selection_set, type_, found, seen)
        return found

    def root(self, operation: OperationDefinitionNode, type_: GraphQLObjectType) -> Selected:
        """Response key -> field nodes, in document order, of the operation's own selection set."""
        found: Selected = {}
        self._collect(operation.selection_set, type_, found, set())
        return found

    def _collect(self, selections: SelectionSetNode, type_: GraphQLObjectType, found: Selected, seen: set[str]) -> None:
        for selection in selections.selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                found.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._collect(selection.selection_set, type_, found, seen)
            elif isinstance(selection, FragmentSpreadNode):
                self._spread(selection.name.value, type_, found, seen)

    def _spread(self, name: str, type_: GraphQLObjectType, found: Selected, seen: set[str]) -> None:
        if name in seen:
            return
        seen.add(name)
        fragment = self._fragments[name]
        if self._applies(fragment.type_condition.name.value, type_):
            self._collect(fragment.selection_set, type_, found, seen)

    def _included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            wanted = _CONDITIONAL.get(directive.name.value)
            if wanted is not None and self._condition(directive) is not wanted:
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        (argument,) = directive.arguments or ()  # validation has seen to it that there is one
        value = argument.value
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            if given is None:
                message = "'@{directive}' needs true or false, not null."
                raise RequestFault(message, nodes=directive, directive=directive.name.value)
            return bool(given)
        return isinstance(value, BooleanValueNode) and value.value

    def _applies(self, name: str, type_: GraphQLObjectType) -> bool:
        if name == type_.name:
            return True
        condition = self._schema.type_map[name]
        return is_abstract_type(condition) and self._schema.is_sub_type(_abstract(condition), type_)


def _abstract(type_: Any) -> GraphQLAbstractType:
    return type_  # type: ignore[no-any-return]  # graphql-core's guard does not narrow
