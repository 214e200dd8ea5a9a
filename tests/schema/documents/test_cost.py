"""What operations cost, reckoned by hand. Points = objects, ``data`` itself included, plus surcharges."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode

from schema.documents import cost as module
from schema.documents.cost import Costs
from schema.documents.plans import Part
from schema.documents.pricing import Pricing
from tests.schema.documents.costing import core, cost, valid

PERIOD = 'period: {from: "2026-01-01", to: "2026-01-31"}'
REPORT = 'gridId: "grid_1", category: "X", title: "t"'
# text, objects, surcharges, nodes
BY_HAND: dict[str, tuple[str, int, int, int]] = {
    "nothing": ("{ __typename }", 1, 0, 0),
    "one object": ("{ viewer { username } }", 1 + 1, 0, 0),
    "one entity": ('{ case(id: "case_1") { id } }', 1 + 1, 0, 1),
    "related": ('{ case(id: "case_1") { grid { organization { name } } } }', 1 + 3, 0, 3),
    "default page": ("{ cases { nodes { id } } }", 1 + 1 + 20, 0, 20),
    "page": ("{ cases(first: 50) { nodes { id } } }", 1 + 1 + 50, 0, 50),
    "last page": ("{ cases(last: 7) { nodes { id } } }", 1 + 1 + 7, 0, 7),
    "no page size": ("{ cases(first: null, last: null) { nodes { id } } }", 1 + 1 + 20, 0, 20),
    "all groups": ("{ cases { countBy(key: STATUS) { key count } } }", 1 + 1 + 100, 10, 0),
    "groups": ("{ cases(first: 2) { countBy(key: STATUS, first: 5) { key count } } }", 1 + 1 + 5, 10, 0),
    "groups, often": (
        "{ grids(first: 3) { nodes { cases { countBy(key: STATUS, first: 5) { key } } } } }",
        1 + 1 + 3 * (1 + 1 + 5),
        3 * 10,
        3,
    ),
    "edges": ("{ cases(first: 50) { edges { cursor node { id } } } }", 1 + 1 + 50 * 2, 0, 50),
    "cursors only": ("{ cases(first: 50) { edges { cursor } } }", 1 + 1 + 50, 0, 50),
    "both": ("{ cases(first: 5) { nodes { id } edges { node { id } } } }", 1 + 1 + 5 + 5 * 2, 0, 10),
    "page info": ("{ cases(first: 50) { pageInfo { hasNextPage } } }", 1 + 1 + 1, 0, 0),
    "count": ("{ cases { totalCount } }", 1 + 1, 5, 0),
    "rows around": (
        "{ organizations(first: 10) { nodes { grids(first: 5) { totalCount nodes { id name } } } } }",
        1 + 1 + 10 * (1 + 1 + 5),
        10 * 5,
        10 + 10 * 5,
    ),
    "as docs/api.md tells": (
        (
            "{ grids(first: 10) { totalCount pageInfo { hasNextPage } "
            "nodes { name organization { name } cases(first: 5) { nodes { id } } } } }"
        ),
        83,
        5,
        70,
    ),
    "by id": ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3, 0, 3),
    "a list of one": ('{ nodes(ids: "a") { id } }', 1 + 1, 0, 1),
    "the dearest type": (
        '{ node(id: "a") { ... on Case { grid { id } } ... on Grid { organization { parent { id } } } } }',
        1 + 1 + 2,
        0,
        1 + 2,
    ),
    "merged": ('{ case(id: "a") { grid { id } } case(id: "a") { grid { name } } }', 1 + 2, 0, 2),
    "aliases": ('{ a: case(id: "a") { id } b: case(id: "b") { id } }', 1 + 2, 0, 2),
    "fragments": (
        """
        { ...A ...B }
        fragment A on Query { cases(first: 3) { nodes { id } } }
        fragment B on Query { cases(first: 3) { ... { nodes { grid { id } } } } }
        """,
        1 + 1 + 3 * 2,
        0,
        3 * 2,
    ),
    "configuration": ("{ tenant { levels { code name { en } } tracks { track } } }", 1 + 1 + 20 * 2 + 5, 0, 1),
    "figures": (
        f"{{ dashboard({PERIOD}) {{ grids gridsByKind {{ count }} byChild {{ healthChecks {{ value }} }} }} }}",
        1 + 1 + 50 + 500 * 2,
        0,
        0,
    ),
    "decoded": (
        '{ healthRecord(residentId: "r", purpose: "p") { checks(first: 2) { nodes { findings } } } }',
        3 + 2 * 2,
        2,
        3,
    ),
    "mutation": (
        f"mutation {{ reportCase(input: {{{REPORT}}}) {{ case {{ id }} userErrors {{ code }} }} }}",
        1 + 1 + 1 + 1,
        10,
        1,
    ),
    "subscription": ("subscription { caseEvents { cursor case { id } } }", 1 + 1 + 1, 1, 1),
    "introspection": ("{ __schema { types { name } } viewer { username } }", 1 + 1, 100, 0),
    "one type": ('{ __type(name: "Case") { name } __schema { queryType { name } } }', 1, 200, 0),
}


@pytest.mark.parametrize("example", BY_HAND)
def test_costs_by_hand(example: str) -> None:
    text, objects, surcharges, nodes = BY_HAND[example]
    found = cost(text)
    assert (found.objects, found.requested - found.objects, found.nodes) == (objects, surcharges, nodes)


@pytest.mark.parametrize(
    ("variables", "rows"),
    [({}, 20), ({"n": 7}, 7), ({"n": 100}, 100), ({"n": 5_000}, 100), ({"n": 0}, 1), ({"n": -3}, 1)],
)
def test_page_sizes_come_from_variables(variables: dict[str, Any], rows: int) -> None:
    """Sizes out of bounds are refused when the operation runs; until then they cost as the nearest that is allowed."""
    assert cost("query($n: Int! = 20) { cases(first: $n) { nodes { id } } }", **variables).nodes == rows


@pytest.mark.parametrize(
    ("variables", "rows"),
    [
        ({}, 20),
        ({"f": 7}, 7),
        ({"l": 8}, 8),
        ({"f": None, "l": 8}, 8),
        ({"f": None, "l": None}, 20),
        ({"f": 3, "l": 8}, 8),
    ],
)
def test_either_end_of_a_connection_has_a_size(variables: dict[str, Any], rows: int) -> None:
    assert cost("query($f: Int, $l: Int) { cases(first: $f, last: $l) { nodes { id } } }", **variables).nodes == rows


@pytest.mark.parametrize(("given", "nodes"), [([], 0), (["a"], 1), (["a", "b"], 2), (["a"] * 500, 100), ("a", 1)])
def test_ids_come_from_variables(given: Any, nodes: int) -> None:
    assert cost("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=given).nodes == nodes


def test_what_is_not_included_costs_nothing() -> None:
    text = "query($a: Boolean!, $b: Boolean! = false) {cases {nodes {grid @include(if: $a) {id}} totalCount @skip(if: $b)}}"
    costs = Costs(core())
    assert cost(text, costs=costs, a=True).requested == 1 + 1 + 40 + 5
    assert cost(text, costs=costs, a=False).requested == 1 + 1 + 20 + 5
    assert cost(text, costs=costs, a=False, b=True).requested == 1 + 1 + 20
    assert cost(text, costs=costs, a=True).requested == 1 + 1 + 40 + 5


def test_each_operation_of_a_document_has_its_cost() -> None:
    text = "query A { viewer { username } } query B { cases(first: 9) { nodes { id } } }"
    costs = Costs(core())
    assert [cost(text, costs=costs, operation=name).requested for name in ("A", "B", "A")] == [2, 11, 2]


def test_a_plan_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    price = Pricing.operation

    def counted(pricing: Pricing, operation: OperationDefinitionNode) -> Part:
        made.append(operation)
        return price(pricing, operation)

    monkeypatch.setattr(Pricing, "operation", counted)
    costs = Costs(core())
    text = "query($n: Int!, $a: Boolean! = true) { cases(first: $n) { nodes { id number @include(if: $a) } } }"
    assert [cost(text, costs=costs, n=n).nodes for n in range(1, 30)] == list(range(1, 30))
    assert len(made) == 1
    cost(text, costs=costs, n=1, a=False)
    assert len(made) == 2


def test_plans_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_OPERATIONS", 3)
    monkeypatch.setattr(module, "KEPT_PLANS", 2)
    costs = Costs(core())
    for n in range(10):
        cost(f"query Q{n} {{ viewer {{ username }} }}", costs=costs)
    assert [name for _, name in costs._priced] == ["Q7", "Q8", "Q9"]
    text = "query($a: Boolean!, $b: Boolean!) { a: __typename @skip(if: $a) b: __typename @skip(if: $b) }"
    for a in (True, False):
        for b in (True, False):
            assert cost(text, costs=costs, a=a, b=b).requested == 1
    (priced,) = [priced for key, priced in costs._priced.items() if key[1] is None]
    assert len(priced.plans) == 2


def test_a_condition_that_is_null_is_the_callers_fault() -> None:
    checked = valid("query($a: Boolean! = true) { viewer { username @skip(if: $a) } }")
    with pytest.raises(GraphQLError) as refused:
        Costs(core()).of(checked, checked.operation(None), {"a": None})
    assert (refused.value.extensions or {})["code"] == "BAD_USER_INPUT"


def test_a_list_of_objects_without_a_bound_is_our_fault() -> None:
    definition = core().query_type.fields["tenants"].extensions["strawberry-definition"]  # type: ignore[union-attr]
    metadata = definition.metadata
    definition.metadata = {}
    try:
        with pytest.raises(TypeError, match=r"Query\.tenants is a list of objects"):
            cost("{ tenants { slug } }")
    finally:
        definition.metadata = metadata
