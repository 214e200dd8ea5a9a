"""The plan of an operation's cost against its answer written out: every page full, every object there, then counted.

The answer is made here from GraphQL's own rules (6.3.2 CollectFields, 5.3.2 merging), without the planner's selector.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schema.documents.cost import Costs
from schema.documents.limits import LIMITS
from schema.documents.memory import Checked, Documents
from tests.schema.documents.costing import core

SMALL = 3
# type -> what may be selected of it: the field, and the type of its object
FIELDS: dict[str, list[tuple[str, str | None]]] = {
    "Query": [
        ("cases(first: $n)", "CaseConnection"),
        ("two: cases(first: 2)", "CaseConnection"),
        ("organizations(first: 3)", "OrganizationConnection"),
        ('organization(id: "org_1")', "Organization"),
        ('node(id: "x")', "Node"),
        ('nodes(ids: ["x", "y"])', "Node"),
        ("viewer", "Viewer"),
        ("__typename", None),
    ],
    "CaseConnection": [("nodes", "Case"), ("edges", "CaseEdge"), ("pageInfo", "PageInfo"), ("totalCount", None)],
    "CaseEdge": [("cursor", None), ("node", "Case")],
    "Case": [("id", None), ("number", None), ("grid", "Grid"), ("organization", "Organization")],
    "OrganizationConnection": [("nodes", "Organization"), ("totalCount", None), ("pageInfo", "PageInfo")],
    "Organization": [("id", None), ("parent", "Organization"), ("grids(first: $m)", "GridConnection")],
    "GridConnection": [("nodes", "Grid"), ("__typename", None)],
    "Grid": [("id", None), ("cases(first: 1)", "CaseConnection"), ("organization", "Organization")],
    "PageInfo": [("hasNextPage", None)],
    "Viewer": [("username", None), ("member", "Member"), ("resident", "Resident")],
    "Member": [("id", None)],
    "Resident": [("id", None), ("grid", "Grid")],
    "Node": [("id", None), ("__typename", None)],
}
CONDITIONS = ("", "", "", "@include(if: $yes)", "@skip(if: $yes)", "@include(if: $no)", "@skip(if: true)")
DEPTH = 4


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A valid document with one operation, with fragments of every sort."""
    fragments: list[str] = []

    def selections(type_: str, depth: int) -> str:
        return " ".join(selection(type_, depth) for _ in range(draw(st.integers(1, 3))))

    def selection(type_: str, depth: int) -> str:
        condition = draw(st.sampled_from(CONDITIONS))
        kind = draw(st.sampled_from(["field", "field", "field", "inline", "fragment", "again"]))
        if type_ == "Node" and kind == "field" and depth < DEPTH:
            kind, type_ = "inline", draw(st.sampled_from(["Case", "Grid", "Organization"]))
        if kind == "again" and depth < DEPTH:
            return field(type_, depth, "")  # merged with another of its name, perhaps
        if kind == "inline" and depth < DEPTH:
            return f"... on {type_} {condition} {{ {selections(type_, depth + 1)} }}"
        if kind == "fragment" and depth < DEPTH:
            text = selections(type_, depth + 1)
            name = f"F{len(fragments)}"
            fragments.append(f"fragment {name} on {type_} {{ {text} }}")
            return f"...{name} {condition}"
        return field(type_, depth, condition)

    def field(type_: str, depth: int, condition: str) -> str:
        possible = [each for each in FIELDS[type_] if depth < DEPTH or each[1] is None] or [("__typename", None)]
        name, inner = draw(st.sampled_from(possible))
        return f"{name} {condition}" + (f" {{ {selections(inner, depth + 1)} }}" if inner else "")

    text = selections("Query", 0)
    used = "a: cases(first: $n) @include(if: $no) { totalCount } b: cases(first: $m) @skip(if: $yes) { totalCount }"
    head = f"query($n: Int!, $m: Int!, $yes: Boolean!, $no: Boolean!) {{ {used} {text} }}"
    return " ".join([head, *fragments])


class Answer:
    """Writes the largest answer out."""

    def __init__(self, checked: Checked, variables: dict[str, Any]) -> None:
        self._fragments = checked.fragments
        self._variables = variables

    def data(self, operation: OperationDefinitionNode) -> dict[str, Any]:
        """The root object."""
        root = core().query_type
        assert root is not None
        return self._object(root, list(operation.selection_set.selections), None)

    def _object(self, type_: GraphQLObjectType, selections: list[SelectionNode], rows: int | None) -> dict[str, Any]:
        answer: dict[str, Any] = {"__type": type_.name}
        grouped: dict[str, list[FieldNode]] = {}
        for node in self._flat(type_, selections):
            grouped.setdefault((node.alias or node.name).value, []).append(node)
        for key, nodes in grouped.items():
            answer[key] = self._value(type_, nodes, rows)
        return answer

    def _flat(self, type_: GraphQLObjectType, selections: list[SelectionNode]) -> Iterator[FieldNode]:
        for node in selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            found: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(node, FragmentSpreadNode | InlineFragmentNode)
            if found.type_condition is None or found.type_condition.name.value in {type_.name, "Node"}:
                yield from self._flat(type_, list(found.selection_set.selections))

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            (argument,) = directive.arguments or ()
            value: Any = argument.value
            given = self._variables[value.name.value] if isinstance(value, VariableNode) else value.value
            if given is not (directive.name.value == "include"):
                return False
        return True

    def _value(self, parent: GraphQLObjectType, nodes: list[FieldNode], rows: int | None) -> Any:
        name = nodes[0].name.value
        if name == "__typename" or is_leaf_type(get_named_type(parent.fields[name].type)):
            return "total" if name == "totalCount" else "leaf"
        output = parent.fields[name].type
        target: Any = get_named_type(output)
        inner = [each for node in nodes if node.selection_set for each in node.selection_set.selections]
        size = self._size(nodes[0])
        if isinstance(target, GraphQLObjectType):
            one = self._object(target, inner, size)
        else:
            possible = [self._object(type_, inner, None) for type_ in core().get_possible_types(target)]
            one = max(possible, key=lambda each: len(list(objects(each))))
        is_list = isinstance(output.of_type if isinstance(output, GraphQLNonNull) else output, GraphQLList)
        return [one] * (rows if rows is not None else 2) if is_list else one

    def _size(self, node: FieldNode) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value = argument.value
                assert isinstance(value, IntValueNode | VariableNode)
                return int(value.value) if isinstance(value, IntValueNode) else int(self._variables[value.name.value])
        return None


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in an answer."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


@settings(max_examples=100, deadline=None)
@given(documents(), st.integers(1, SMALL), st.integers(1, SMALL), st.booleans())
def test_the_plan_agrees_with_the_answer_written_out(text: str, n: int, m: int, yes: bool) -> None:
    variables = {"n": n, "m": m, "yes": yes, "no": not yes}
    checked = Documents(core()).check(text, LIMITS["extended"])
    assert [error for error in checked.errors if (error.extensions or {})["code"] != "QUERY_TOO_COMPLEX"] == []
    assume(not checked.errors)
    data = Answer(checked, variables).data(checked.operation(None))
    found = list(objects(data))
    counts = sum(value == "total" for each in found for value in each.values())
    costs = Costs(core())
    for _ in range(2):  # planned, and remembered
        reckoned = costs.of(checked, checked.operation(None), variables)
        assert reckoned.objects == len(found)
        assert reckoned.requested == len(found) + 5 * counts
        rows = [each for each in found if _is_node(each)]
        within_edges = [each["node"] for each in found if each["__type"] == "CaseEdge" and "node" in each]
        nodes = len(rows) - len(within_edges)
        of_one_type = (
            "node(" not in text and "nodes(" not in text
        )  # else most nodes may be another type's than most objects
        assert reckoned.nodes == nodes if of_one_type else reckoned.nodes >= nodes


def _is_node(each: dict[str, Any]) -> bool:
    type_: Any = core().type_map[each["__type"]]
    return "id" in type_.fields or each["__type"] == "CaseEdge"
