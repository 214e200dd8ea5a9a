"""Interfaces and unions: exactly the fields of the type at hand, and nobody the viewer may not see."""

from __future__ import annotations

from typing import Any

from tests.fixtures.city import Api

PARTY = """{ cases(first: 30) { nodes { reporter { id } events(first: 40) { nodes { kind actorRole actor { id }
  by { __typename ... on Member { id name organization { name } } ... on Resident { id since: name } ... on Node { same: id } } } } } } }"""


def of(api_answer: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    cases = api_answer["data"]["cases"]["nodes"]
    return [(case, event) for case in cases for event in case["events"]["nodes"]]


async def test_a_step_is_by_a_member_or_by_the_reporter(api: Api) -> None:
    seen: set[str] = set()
    for case, event in of(await api("daye", "tenant_admin", PARTY)):
        by = event["by"]
        if event["actor"] is not None:
            assert list(by) == ["__typename", "id", "name", "organization", "same"]
            assert (by["__typename"], by["id"]) == ("Member", event["actor"]["id"])
        elif event["actorRole"] == "resident" and case["reporter"] is not None:
            assert list(by) == ["__typename", "id", "since", "same"]
            assert (by["__typename"], by["id"]) == ("Resident", case["reporter"]["id"])
        else:
            assert by is None
        seen.add(by["__typename"] if by else "nobody")
        assert by is None or by["same"] == by["id"]
    assert seen == {"Member", "Resident", "nobody"}


async def test_whom_the_viewer_may_not_see_is_null(api: Api) -> None:
    mine = of(await api("daye", "resident", PARTY))
    assert mine
    for case, event in mine:
        assert event["actor"] is None
        if event["by"] is not None:
            assert event["by"]["__typename"] == "Resident"
            assert event["by"]["id"] == case["reporter"]["id"]
    assert any(event["by"] is None for _case, event in mine)


async def test_a_type_that_nothing_is_selected_of_is_an_empty_object(api: Api) -> None:
    query = (
        "{ cases(first: 30) { nodes { events(first: 40) { nodes { by { ... on Member { name } } actor { id } } } } } }"
    )
    steps = [event for _case, event in of(await api("daye", "tenant_admin", query))]
    assert {} in [step["by"] for step in steps]
    assert all((step["actor"] is None) is (step["by"] in (None, {})) for step in steps)


async def test_a_denied_field_of_a_union_is_null_with_an_error(api: Api) -> None:
    query = "{ cases(first: 5) { nodes { events(first: 5) { nodes { by { ... on Member { name phone } } } } } } }"
    allowed = await api("daye", "tenant_admin", query)
    assert "errors" not in allowed
    denied = await api("daye", "first_secretary", query)
    members = [event["by"] for _case, event in of(denied) if event["by"]]
    assert members
    assert {member["phone"] for member in members} == {None}
    assert {error["extensions"]["code"] for error in denied["errors"]} == {"FORBIDDEN"}


async def test_fragments_on_the_interface_and_on_types_behind_it(api: Api) -> None:
    found = await api("daye", "first_secretary", "{ cases(first: 1) { nodes { id grid { id organization { id } } } } }")
    (case,) = found["data"]["cases"]["nodes"]
    ids = [case["id"], case["grid"]["id"], case["grid"]["organization"]["id"]]
    query = """query($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { ...N ... on Case { what: number } ... on Grid { what: code cases(first: 1) { totalCount } }
      ... on Node { ... on Organization { what: path ...N } } ... on Resident { phone } }
      node(id: $id) { ... on Grid { code } ... on Node { ... on Case { number } } } } fragment N on Node { id __typename }"""
    answer = (await api("daye", "first_secretary", query, ids=ids, id=ids[0]))["data"]
    assert [list(node) for node in answer["nodes"]] == [
        ["id", "__typename", "what"],
        ["id", "__typename", "what", "cases"],
        ["id", "__typename", "what"],
    ]
    assert [node["__typename"] for node in answer["nodes"]] == ["Case", "Grid", "Organization"]
    assert answer["node"] == {"number": answer["nodes"][0]["what"]}
