"""Pages from either end, what they tell about their neighbors, and that nothing is read which was not asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.city import Api

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $o: CaseOrder!) {
  cases(first: $first, after: $after, last: $last, before: $before, orderBy: $o) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ORDERS = ("REPORTED_DESC", "REPORTED_ASC", "CHANGED_DESC", "NUMBER_ASC", "DUE_ASC")


async def page(api: Api, order: str = "DUE_ASC", **window: Any) -> dict[str, Any]:
    body = await api("daye", "tenant_admin", PAGE, o=order, **window)
    found: dict[str, Any] = body["data"]["cases"]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


async def everything(api: Api, order: str = "DUE_ASC") -> list[dict[str, Any]]:
    edges: list[dict[str, Any]] = (await page(api, order, first=100))["edges"]
    return edges


@pytest.mark.parametrize("order", ORDERS)
async def test_both_directions_walk_the_whole_list(api: Api, order: str) -> None:
    whole = [edge["node"]["id"] for edge in await everything(api, order)]
    forward: list[str] = []
    window: dict[str, Any] = {"first": 7}
    while True:
        found = await page(api, order, **window)
        assert found["pageInfo"]["hasPreviousPage"] is bool(forward)
        forward += [node["id"] for node in found["nodes"]]
        if not found["pageInfo"]["hasNextPage"]:
            break
        window["after"] = found["pageInfo"]["endCursor"]
    backward: list[str] = []
    window = {"last": 7}
    while True:
        found = await page(api, order, **window)
        assert found["pageInfo"]["hasNextPage"] is bool(backward)
        backward = [node["id"] for node in found["nodes"]] + backward
        if not found["pageInfo"]["hasPreviousPage"]:
            break
        window["before"] = found["pageInfo"]["startCursor"]
    assert (len(whole), forward, backward) == (24, whole, whole)


async def test_page_info_names_the_ends_of_the_page(api: Api) -> None:
    whole = await everything(api)
    for window, expected in (
        ({"first": 3}, whole[:3]),
        ({"last": 3}, whole[-3:]),
        ({"first": 2, "after": whole[4]["cursor"]}, whole[5:7]),
        ({"last": 2, "before": whole[4]["cursor"]}, whole[2:4]),
    ):
        found = await page(api, **window)
        assert found["edges"] == expected
        assert found["pageInfo"]["startCursor"] == expected[0]["cursor"]
        assert found["pageInfo"]["endCursor"] == expected[-1]["cursor"]


@pytest.mark.parametrize(
    ("window", "between", "following", "preceding"),
    [
        ({"first": 20, "after": 4, "before": 9}, (5, 9), False, True),
        ({"first": 2, "after": 4, "before": 9}, (5, 7), True, True),
        ({"last": 20, "after": 4, "before": 9}, (5, 9), True, False),
        ({"last": 2, "after": 4, "before": 9}, (7, 9), True, True),
        ({"first": 5, "before": 3}, (0, 3), False, False),
        ({"last": 5, "after": 21}, (22, 24), False, False),
        ({"first": 5, "after": 9, "before": 4}, (0, 0), False, True),
        ({"last": 5, "after": 23}, (0, 0), False, False),
        ({"after": 4, "before": 9}, (5, 9), False, True),
    ],
)
async def test_after_and_before_bound_the_page_together(
    api: Api, window: dict[str, int], between: tuple[int, int], following: bool, preceding: bool
) -> None:
    whole = await everything(api)
    asked: dict[str, Any] = {
        word: value if word in {"first", "last"} else whole[value]["cursor"] for word, value in window.items()
    }
    found = await page(api, **asked)
    assert found["edges"] == whole[slice(*between)]
    assert found["pageInfo"]["hasNextPage"] is following
    assert found["pageInfo"]["hasPreviousPage"] is preceding


async def test_a_page_is_twenty_items_from_the_front_unless_said_otherwise(api: Api) -> None:
    whole = await everything(api)
    assert (await page(api))["edges"] == whole[:20]
    assert (await page(api, first=None, last=None))["edges"] == whole[:20]
    assert (await page(api, first=None, last=2))["edges"] == whole[-2:]


@pytest.mark.parametrize("selection", ["nodes { id }", "totalCount pageInfo { hasPreviousPage }"])
async def test_pages_that_cannot_be_are_bad_input(api: Api, selection: str) -> None:
    for window in (
        "first: 0",
        "first: 101",
        "first: -1",
        "last: 0",
        "last: 101",
        "last: -2147483648",
        "first: 1, last: 1",
        'after: "x"',
        'before: ""',
    ):
        body = await api("daye", "tenant_admin", f"{{ cases({window}) {{ {selection} }} }}")
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"], window


async def test_an_empty_page_has_no_cursors(api: Api) -> None:
    for size in ("first", "last"):
        query = f"""{{ cases({size}: 3, filter: {{number: "none"}}) {{ totalCount nodes {{ id }} edges {{ cursor }}
          pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
        body = await api("daye", "tenant_admin", query)
        info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
        assert body["data"] == {"cases": {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": info}}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("__typename", {"__typename": "CaseConnection"}),
        ("pageInfo { hasPreviousPage }", {"pageInfo": {"hasPreviousPage": False}}),
        ("pageInfo { __typename }", {"pageInfo": {"__typename": "PageInfo"}}),
        ("totalCount", {"totalCount": 24}),
        ("a: totalCount b: totalCount", {"a": 24, "b": 24}),
    ],
)
async def test_what_needs_no_page_reads_none(
    api: Api, statements: list[str], selection: str, expected: dict[str, Any]
) -> None:
    body = await api("daye", "tenant_admin", f"{{ cases(first: 5) {{ {selection} }} }}")
    assert body["data"]["cases"] == expected
    (statement,) = statements
    assert "ORDER BY" not in statement
    assert statement.count('FROM "case"') == selection.count("totalCount")


async def test_a_count_is_only_taken_when_asked_for(api: Api, statements: list[str]) -> None:
    await api("daye", "tenant_admin", "{ cases(first: 5) { nodes { id } edges { cursor } } }")
    await api("daye", "tenant_admin", "{ cases(first: 5) { nodes { id } pageInfo { endCursor startCursor } } }")
    assert [statement.count("count(") for statement in statements] == [0, 0]


@pytest.mark.parametrize("window", ["first: 100", "last: 100"])
async def test_a_page_and_its_count_apply_the_same_filters(api: Api, window: str) -> None:
    for chosen in ("{status: [ARCHIVED]}", "{open: true}", "{overdue: true}", '{number: "none"}', "null"):
        query = f"{{ cases({window}, filter: {chosen}) {{ totalCount nodes {{ id }} }} }}"
        found = (await api("daye", "tenant_admin", query))["data"]["cases"]
        assert found["totalCount"] == len(found["nodes"])


async def test_nested_pages_go_backward_too(api: Api) -> None:
    query = """{ cases(first: 3) { nodes { all: events(first: 100) { nodes { seq } }
      latest: events(last: 2) { nodes { seq } edges { node { seq } } pageInfo { hasPreviousPage hasNextPage } } } } }"""
    body = await api("daye", "tenant_admin", query)
    for case in body["data"]["cases"]["nodes"]:
        assert case["latest"]["nodes"] == case["all"]["nodes"][-2:]
        assert [edge["node"] for edge in case["latest"]["edges"]] == case["latest"]["nodes"]
        more = len(case["all"]["nodes"]) > 2
        assert case["latest"]["pageInfo"] == {"hasPreviousPage": more, "hasNextPage": False}


async def test_mixed_directions_and_ties(api: Api) -> None:
    query = """query($after: String, $before: String, $last: Int, $first: Int) {
      grids(orderBy: KIND_ASC, first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id kind households } } pageInfo { hasNextPage hasPreviousPage } } }"""
    whole = (await api("jiamusi", "dispatcher", query, first=100))["data"]["grids"]["edges"]
    keys = [(edge["node"]["kind"], -edge["node"]["households"]) for edge in whole]
    assert keys == sorted(keys)
    assert len({kind for kind, _households in keys}) == 3
    for index, edge in enumerate(whole):
        later = (await api("jiamusi", "dispatcher", query, first=2, after=edge["cursor"]))["data"]["grids"]
        earlier = (await api("jiamusi", "dispatcher", query, last=2, before=edge["cursor"]))["data"]["grids"]
        assert later["edges"] == whole[index + 1 : index + 3]
        assert later["pageInfo"] == {"hasNextPage": index + 3 < len(whole), "hasPreviousPage": True}
        assert earlier["edges"] == whole[max(0, index - 2) : index]
        assert earlier["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": index > 2}
