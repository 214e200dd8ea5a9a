"""The tree of organizations and its grids, read and changed through the schema."""

from __future__ import annotations

from tests.fixtures.town import EAST, WEST, Town

FOUND = """
mutation($input: CreateOrganizationInput!) { createOrganization(input: $input) {
  organization { id code path level parent { id name } } userErrors { code field message } } }
"""
TREE = "{ organizations(first: 10) { totalCount nodes { code level children { nodes { code } } grids { nodes { code } } } } }"


async def test_the_tree_is_read_from_the_root_down(town: Town) -> None:
    await town.resident("resident")
    answer = await town.ask("resident", TREE)
    nodes = [
        (
            node["code"],
            [child["code"] for child in node["children"]["nodes"]],
            [grid["code"] for grid in node["grids"]["nodes"]],
        )
        for node in answer["data"]["organizations"]["nodes"]
    ]
    assert nodes == [("daye", [EAST, WEST], []), (EAST, [], [EAST]), (WEST, [], [WEST])]
    assert answer["data"]["organizations"]["totalCount"] == 3


async def test_an_administrator_founds_a_compound(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    parent = town.id("org", town.organizations[EAST])
    given = {"parentId": parent, "level": "compound", "kind": "compound_branch", "code": "garden", "name": "花园小区"}
    payload = await town.change("admin", FOUND, input=given)
    assert payload["userErrors"] == []
    found = payload["organization"]
    assert (found["path"], found["level"], found["parent"]) == (
        "daye/east/garden/",
        "compound",
        {"id": parent, "name": "East"},
    )
    read = await town.ask("admin", "query($id: ID!) { organization(id: $id) { code } }", id=found["id"])
    assert read["data"]["organization"] == {"code": "garden"}


async def test_a_level_the_manifest_does_not_list_is_refused(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    parent = town.id("org", town.organizations[EAST])
    given = {"parentId": parent, "level": "district", "kind": "city_body", "code": "x", "name": "区"}
    assert await town.change("admin", FOUND, input=given) == {
        "organization": None,
        "userErrors": [
            {
                "code": "LEVEL_NOT_LISTED",
                "field": ["level"],
                "message": "This city has no level district; it has city, subdistrict, community, compound, building.",
            },
        ],
    }


async def test_ids_of_another_kind_are_unknown_and_residents_found_nothing(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    await town.resident("resident")
    given = {"level": "compound", "kind": "compound_branch", "code": "x", "name": "x"}
    wrong = await town.change("admin", FOUND, input=given | {"parentId": town.id("grid", town.grids[EAST])})
    assert [(error["code"], error["field"]) for error in wrong["userErrors"]] == [("NOT_FOUND", ["parentId"])]
    parent = {"parentId": town.id("org", town.organizations[EAST])}
    refused = await town.change("resident", FOUND, input=given | parent)
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
