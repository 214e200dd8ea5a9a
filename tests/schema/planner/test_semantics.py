"""What GraphQL promises of a selection, asked of the real API: aliases, fragments, directives, variables, coercion."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    NameNode,
    OperationDefinitionNode,
    parse,
)

from schema.planner.selection import Selector
from schema.root import schema
from tests.fixtures.city import Api, Platform


async def data(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    body = await api("daye", "tenant_admin", query, **variables)
    assert "errors" not in body, body
    found: dict[str, Any] = body["data"]
    return found


async def test_aliases_at_every_level_are_fields_of_their_own(api: Api) -> None:
    found = await data(
        api,
        """{ one: cases(first: 1) { list: nodes { key: id again: id d: deadline { late: overdue late2: overdue }
             old: events(first: 1, orderBy: SEQ_ASC) { e: nodes { s: seq } }
             new: events(first: 1, orderBy: SEQ_DESC) { e: nodes { s: seq } all: totalCount }
             g1: grid { n: name } g2: grid { c: code } }
             links: edges { at: cursor it: node { key: id } } i: pageInfo { end: endCursor } j: pageInfo { end: hasNextPage } }
           two: cases(first: 2) { nodes { id } } }""",
    )
    (case,) = found["one"]["list"]
    assert list(case) == ["key", "again", "d", "old", "new", "g1", "g2"]
    assert case["key"] == case["again"] == found["two"]["nodes"][0]["id"]
    assert list(case["d"]) == ["late", "late2"]
    span = case["new"]["e"][0]["s"] - case["old"]["e"][0]["s"]
    assert (span > 0) is (case["new"]["all"] > 1)
    assert (list(case["g1"]), list(case["g2"])) == (["n"], ["c"])
    (link,) = found["one"]["links"]
    assert link["it"] == {"key": case["key"]}
    assert (found["one"]["i"], found["one"]["j"]) == ({"end": link["at"]}, {"end": True})
    assert len(found["two"]["nodes"]) == 2


async def test_a_field_is_merged_from_everywhere_it_is_selected(api: Api) -> None:
    found = await data(
        api,
        """query { cases(first: 1) { ...P nodes { grid { name } } } cases(first: 1) { nodes { ...C ...C grid { ...G } } } }
           fragment P on CaseConnection { nodes { id ... { number } } pageInfo { hasNextPage } ...Q }
           fragment Q on CaseConnection { pageInfo { endCursor } }
           fragment C on Case { ... on Node { id __typename } ...N grid { code ...G } }
           fragment N on Node { id ... on Case { title } }
           fragment G on Grid { organization { name } organization { code } }""",
    )
    (case,) = found["cases"]["nodes"]
    assert list(found["cases"]) == ["nodes", "pageInfo"]
    assert list(found["cases"]["pageInfo"]) == ["hasNextPage", "endCursor"]
    assert list(case) == ["id", "number", "grid", "__typename", "title"]
    assert list(case["grid"]) == ["name", "code", "organization"]
    assert list(case["grid"]["organization"]) == ["name", "code"]


@pytest.mark.parametrize(
    ("variables", "fields"),
    [
        ({}, ["id", "always", "d1", "d4"]),
        ({"yes": True}, ["id", "always", "d1", "d4"]),
        ({"yes": False}, ["id", "always", "d2", "d3"]),
        ({"yes": True, "no": True}, ["id", "always", "d4"]),
        ({"yes": False, "no": True}, ["id", "always", "d2"]),
    ],
)
async def test_include_and_skip_follow_their_variables(api: Api, variables: dict[str, bool], fields: list[str]) -> None:
    query = """query($yes: Boolean! = true, $no: Boolean = false) { cases(first: 1) { nodes { id always: id @include(if: true)
      never: id @skip(if: true) d1: id @include(if: $yes) @skip(if: $no) d2: id @skip(if: $yes)
      ... @include(if: $yes) @skip(if: true) { hidden: id } ... @skip(if: $no) { ...F @skip(if: $yes) }
      ... on Case @include(if: $yes) { d4: id } } } } fragment F on Case { d3: id }"""
    (case,) = (await data(api, query, **variables))["cases"]["nodes"]
    assert sorted(case) == sorted(fields)


async def test_a_null_condition_is_refused_and_an_absent_one_takes_its_default(api: Api) -> None:
    query = "query($yes: Boolean = true) { cases(first: 1) { nodes { id @include(if: $yes) number } } }"
    assert list((await data(api, query))["cases"]["nodes"][0]) == ["id", "number"]
    body = await api("daye", "tenant_admin", query, yes=None)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
    needed = "query($yes: Boolean!) { cases(first: 1) { nodes { id @include(if: $yes) number } } }"
    body = await api("daye", "tenant_admin", needed)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def test_a_selection_with_nothing_left_is_an_empty_object(api: Api) -> None:
    query = """query($yes: Boolean!) { cases(first: 1) { nodes { id @include(if: $yes) grid { name @include(if: $yes) }
      deadline { overdue @include(if: $yes) } events(first: 1) { nodes { id @include(if: $yes) } } } } }"""
    (case,) = (await data(api, query, yes=False))["cases"]["nodes"]
    assert case == {"grid": {}, "deadline": {}, "events": {"nodes": [{}]}}
    emptied = "query($yes: Boolean!) { cases(first: 1) { totalCount @include(if: $yes) } }"
    assert await data(api, emptied, yes=False) == {"cases": {}}


async def test_typename_wherever_an_object_is(api: Api) -> None:
    found = await data(
        api,
        """{ __typename cases(first: 1) { __typename nodes { __typename deadline { __typename } grid { __typename }
             events(first: 1) { __typename nodes { __typename by { __typename } } } }
             edges { __typename node { __typename } } pageInfo { __typename } } }""",
    )
    case = {
        "__typename": "Case",
        "deadline": {"__typename": "Deadline"},
        "grid": {"__typename": "Grid"},
    }
    (node,) = found["cases"]["nodes"]
    events = node.pop("events")
    assert node == case
    assert (events["__typename"], events["nodes"][0]["__typename"]) == ("CaseEventConnection", "CaseEvent")
    assert found["__typename"] == "Query"
    assert found["cases"]["__typename"] == "CaseConnection"
    assert found["cases"]["edges"] == [{"__typename": "CaseEdge", "node": {"__typename": "Case"}}]
    assert found["cases"]["pageInfo"] == {"__typename": "PageInfo"}


NESTED = """query($n: Int = 2, $o: CaseOrder! = NUMBER_ASC, $s: [CaseStatus!], $f: CaseFilter, $t: DateTime) {
  grids(first: 100) { nodes { cases(first: $n, orderBy: $o, filter: {status: $s, reportedSince: $t}) { nodes { number status } } } }
  cases(first: $n, orderBy: $o, filter: $f) { nodes { number } } }"""


async def test_variables_and_their_defaults_reach_nested_arguments(api: Api) -> None:
    found = await data(api, NESTED)
    assert all(
        grid["cases"]["nodes"] == sorted(grid["cases"]["nodes"], key=lambda case: case["number"])
        for grid in found["grids"]["nodes"]
    )
    assert max(len(grid["cases"]["nodes"]) for grid in found["grids"]["nodes"]) == 2
    assert len(found["cases"]["nodes"]) == 2
    fewer = await data(api, NESTED, n=1, s=["ARCHIVED"], t=None)
    states = {case["status"] for grid in fewer["grids"]["nodes"] for case in grid["cases"]["nodes"]}
    assert states == {"ARCHIVED"}
    none = await data(api, NESTED, n=None, t="2099-01-01T00:00:00Z", f={})
    assert [grid["cases"]["nodes"] for grid in none["grids"]["nodes"]] == [[]] * len(none["grids"]["nodes"])
    assert len(none["cases"]["nodes"]) == 20


@pytest.mark.parametrize(
    ("argument", "definition", "value"),
    [
        ("{status: ARCHIVED}", "", None),
        ("{status: [ARCHIVED]}", "", None),
        ("{status: $v}", "($v: [CaseStatus!])", "ARCHIVED"),
        ("{status: $v}", "($v: [CaseStatus!])", ["ARCHIVED"]),
        ("{status: [$v]}", "($v: CaseStatus!)", "ARCHIVED"),
        ("{status: [$v, ARCHIVED]}", "($v: CaseStatus!)", "ARCHIVED"),
        ("$v", "($v: CaseFilter)", {"status": "ARCHIVED"}),
        ("$v", "($v: CaseFilter)", {"status": ["ARCHIVED", "ARCHIVED"], "number": None}),
        ("$v", "($v: CaseFilter = {status: ARCHIVED})", ...),
        ("{status: $v}", "($v: [CaseStatus!] = ARCHIVED)", ...),
    ],
)
async def test_single_values_are_lists_of_one(api: Api, argument: str, definition: str, value: object) -> None:
    query = f"query{definition} {{ cases(first: 100, filter: {argument}) {{ nodes {{ status }} }} }}"
    variables = {} if value is None or value is ... else {"v": value}
    found = (await data(api, query, **variables))["cases"]["nodes"]
    assert {case["status"] for case in found} == {"ARCHIVED"}
    assert len(found) < 24


@pytest.mark.parametrize(
    ("definition", "argument", "value"),
    [
        ("($v: Int)", "first: $v", "1"),
        ("($v: Int)", "first: $v", 1.5),
        ("($v: Int)", "first: $v", True),
        ("($v: Int)", "first: $v", 2**31),
        ("($v: String)", "after: $v", 5),
        ("($v: CaseOrder!)", "orderBy: $v", "SOME"),
        ("($v: CaseOrder!)", "orderBy: $v", None),
        ("($v: CaseFilter)", "filter: $v", {"unknown": 1}),
        ("($v: CaseFilter)", "filter: $v", {"status": [None]}),
        ("($v: CaseFilter)", "filter: $v", {"open": "true"}),
        ("($v: CaseFilter)", "filter: $v", []),
    ],
)
async def test_values_of_the_wrong_type_are_refused(api: Api, definition: str, argument: str, value: object) -> None:
    query = f"query{definition} {{ cases({argument}) {{ totalCount }} }}"
    body = await api("daye", "tenant_admin", query, v=value)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def ask(platform: Platform, http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {await platform.sign_in('daye', 'tenant_admin')}"}
    found: dict[str, Any] = (await http.post("/graphql", json=body, headers=headers)).json()
    return found


async def test_the_operation_named_is_the_one_that_runs(platform: Platform, http: httpx.AsyncClient) -> None:
    query = """query A($n: Int! = 1) { cases(first: $n) { ...F } } query B { cases(first: 2) { ...F nodes { number } } }
      fragment F on CaseConnection { nodes { id } }"""
    first = await ask(platform, http, query=query, operationName="A")
    second = await ask(platform, http, query=query, operationName="B")
    assert [list(case) for case in first["data"]["cases"]["nodes"]] == [["id"]]
    assert [list(case) for case in second["data"]["cases"]["nodes"]] == [["id", "number"]] * 2
    for name in (None, "", "C"):
        body = await ask(platform, http, query=query, operationName=name)
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"], name


async def test_root_fields_answer_in_the_order_asked_with_introspection_among_them(api: Api) -> None:
    found = await data(
        api,
        """{ c: cases(first: 1) { totalCount } __type(name: "Case") { name } t: __typename g: grids(first: 1) { totalCount }
             __schema { queryType { name } } ...R } fragment R on Query { again: cases(first: 1) { totalCount } }""",
    )
    assert list(found) == ["c", "__type", "t", "g", "__schema", "again"]
    assert (found["__type"], found["__schema"], found["t"]) == (
        {"name": "Case"},
        {"queryType": {"name": "Query"}},
        "Query",
    )
    assert found["c"] == found["again"] == {"totalCount": 24}


def test_a_fragment_adds_nothing_the_second_time() -> None:
    """Else the fields to merge would double at every level of fragments that spread each other twice."""
    document = parse(
        """{ organizations { ...F ...F } organizations { ...F } ...Q ...Q }
        fragment Q on Query { organizations { ...F } } fragment F on OrganizationConnection { nodes { id } }"""
    )
    fragments = {found.name.value: found for found in document.definitions if isinstance(found, FragmentDefinitionNode)}
    (operation,) = (found for found in document.definitions if isinstance(found, OperationDefinitionNode))
    graph = schema()._schema
    selector = Selector(graph, fragments, {})
    query, connection = graph.query_type, graph.type_map["OrganizationConnection"]
    assert query is not None
    assert isinstance(connection, GraphQLObjectType)
    root = FieldNode(name=NameNode(value="root"), selection_set=operation.selection_set)
    organizations = selector.of([root], query)["organizations"]
    assert len(organizations) == 3
    assert len(selector.of(organizations, connection)["nodes"]) == 1
