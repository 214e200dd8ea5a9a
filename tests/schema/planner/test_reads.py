"""Compiled reads: one statement per root field, the same at 1 row and at 50; what GraphQL promises of selections."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.city import Api

BOARD = """query Board($first: Int!) { cases(first: $first) { nodes {
  id number status deadline { dueAt overdue } grid { name organization { name } } organization { name }
  claimant { name } events(first: 3) { nodes { kind at actor { name } } } } } }"""


async def cases_of(api: Api, username: str, count: int, arguments: str = "") -> list[dict[str, Any]]:
    body = await api(
        "daye", username, f"{{ cases(first: {count} {arguments}) {{ nodes {{ id number reportedAt }} }} }}"
    )
    found: list[dict[str, Any]] = body["data"]["cases"]["nodes"]
    return found


async def test_a_nested_page_is_one_statement_at_1_row_and_at_49(api: Api, statements: list[str]) -> None:
    one = await api("daye", "first_secretary", BOARD, first=1)
    assert len(one["data"]["cases"]["nodes"]) == 1
    assert len(statements) == 1
    many = await api("daye", "first_secretary", BOARD, first=49)
    assert len(many["data"]["cases"]["nodes"]) > 5
    assert len(statements) == 2
    assert statements[0] == statements[1]


async def test_each_root_field_is_its_own_statement(api: Api, statements: list[str]) -> None:
    body = await api(
        "daye", "first_secretary", "{ a: cases(first: 1) { nodes { id } } b: cases(first: 2) { totalCount } }"
    )
    assert body["data"]["b"]["totalCount"] > 0
    assert len(statements) == 2


async def test_variables_of_the_same_shape_share_a_plan_and_never_a_value(api: Api, statements: list[str]) -> None:
    query = """query($f: CaseFilter, $o: CaseOrder!) { cases(first: 100, filter: $f, orderBy: $o) { nodes { number status } } }"""
    numbers = [case["number"] for case in await cases_of(api, "first_secretary", 2)]
    statements.clear()
    for number in numbers:
        body = await api("daye", "first_secretary", query, f={"number": number}, o="NUMBER_ASC")
        assert [case["number"] for case in body["data"]["cases"]["nodes"]] == [number]
    assert statements[0] == statements[1]
    late = await api("daye", "first_secretary", query, f={"open": True, "status": ["ARCHIVED"]}, o="NUMBER_ASC")
    closed = await api("daye", "first_secretary", query, f={"open": False, "status": ["ARCHIVED"]}, o="REPORTED_DESC")
    assert late["data"]["cases"]["nodes"] == []
    assert {case["status"] for case in closed["data"]["cases"]["nodes"]} == {"ARCHIVED"}


async def test_selections_are_merged_as_graphql_says(api: Api) -> None:
    query = """query($yes: Boolean!) { cases(first: 1) { __typename nodes { ...A ... on Node { id } same: number
      number @skip(if: $yes) status @include(if: $yes) grid { name } grid { code __typename } } } }
      fragment A on Case { title ...B } fragment B on Node { __typename }"""
    body = await api("daye", "first_secretary", query, yes=True)
    assert body["data"]["cases"]["__typename"] == "CaseConnection"
    (case,) = body["data"]["cases"]["nodes"]
    assert list(case) == ["title", "__typename", "id", "same", "status", "grid"]
    assert list(case["grid"]) == ["name", "code", "__typename"]
    other = await api("daye", "first_secretary", query, yes=False)
    assert list(other["data"]["cases"]["nodes"][0]) == ["title", "__typename", "id", "same", "number", "grid"]


async def test_more_fields_than_a_function_takes_arguments(api: Api) -> None:
    pairs = " ".join(f"...F{n}" for n in range(2))
    fragments = " ".join(
        f"fragment F{n} on Case {{ {' '.join(f'f{n}_{index}: number' for index in range(15))} }}" for n in range(2)
    )
    plain = "id number track category title description status severity containment level version reportedAt acceptedAt"
    rest = "resolvedAt feedbackAt archivedAt result rating ratingComment reopenCount strikeOffNumber"
    body = await api(
        "daye", "first_secretary", f"{{ cases(first: 2) {{ nodes {{ {plain} {rest} {pairs} }} }} }} {fragments}"
    )
    (first, second) = body["data"]["cases"]["nodes"]
    assert len(first) == 51
    assert first["f0_0"] == first["f1_14"] == first["number"] != second["number"]


async def test_node_finds_every_kind_and_nodes_keeps_the_order(api: Api) -> None:
    body = await api("daye", "first_secretary", "{ cases(first: 1) { nodes { id grid { id organization { id } } } } }")
    case = body["data"]["cases"]["nodes"][0]
    ids = [case["grid"]["organization"]["id"], case["id"], "case_no", case["grid"]["id"], case["id"]]
    query = "query($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id } node(id: $id) { id ... on Case { number } } }"
    found = (await api("daye", "first_secretary", query, ids=ids, id=case["id"]))["data"]
    assert [node and node["__typename"] for node in found["nodes"]] == ["Organization", "Case", None, "Grid", "Case"]
    assert [node and node["id"] for node in found["nodes"]] == [*ids[:2], None, *ids[3:]]
    assert found["node"]["id"] == case["id"]
    foreign = (await api("jiamusi", "dispatcher", query, ids=ids, id=case["id"]))["data"]
    assert foreign == {"nodes": [None] * 5, "node": None}


async def test_a_field_without_permission_is_null_with_an_error(api: Api) -> None:
    query = "{ members(first: 1) { nodes { name phone } } }"
    allowed = await api("daye", "tenant_admin", query)
    assert "errors" not in allowed
    denied = await api("daye", "first_secretary", query)
    assert denied["data"]["members"]["nodes"][0]["phone"] is None
    (error,) = denied["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["path"] == ["members", "nodes", 0, "phone"]


async def test_a_filter_list_of_one_is_a_plain_comparison(api: Api, statements: list[str]) -> None:
    query = "query($s: [CaseStatus!]) { cases(first: 100, filter: {status: $s}) { nodes { status } } }"
    for wanted in (["ARCHIVED"], ["REPORTED"], ["ARCHIVED", "REPORTED"], []):
        body = await api("daye", "first_secretary", query, s=wanted)
        assert {case["status"] for case in body["data"]["cases"]["nodes"]} <= set(wanted)
    assert statements[0] == statements[1] != statements[2] == statements[3]
    assert "status = ANY" not in statements[0]
    assert "status = ANY" in statements[2]


async def test_one_request_may_ask_for_ten_thousand_objects(api: Api) -> None:
    nested = "cases(first: {0}) {{ nodes {{ grid {{ cases(first: {1}) {{ nodes {{ id }} }} }} }} }}"
    allowed = await api("daye", "first_secretary", "{" + nested.format(98, 100) + "}")
    assert "errors" not in allowed
    for query in (nested.format(100, 100), f"a: {nested.format(50, 100)} b: {nested.format(50, 100)}"):
        body = await api("daye", "first_secretary", f"{{{query}}}")
        assert [error["extensions"]["code"] for error in body["errors"]] == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize(
    "instant", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "no"]
)
async def test_instants_need_an_offset_and_a_plausible_year(api: Api, instant: str) -> None:
    query = "query($t: DateTime) { cases(filter: {reportedSince: $t}) { totalCount } }"
    body = await api("daye", "first_secretary", query, t=instant)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def test_nulls_and_reserved_names_are_refused(api: Api) -> None:
    for query, code in (
        ("query($n: CaseOrder) { grids(first: 1) { nodes { cases(orderBy: $n) { totalCount } } } }", "BAD_USER_INPUT"),
        ("{ cases(first: 1) { nodes { __observed: id } } }", "GRAPHQL_VALIDATION_FAILED"),
    ):
        body = await api("daye", "first_secretary", query, n=None)
        assert [error["extensions"]["code"] for error in body["errors"]] == [code]
