"""Grids, chiefs and teams through the schema."""

from __future__ import annotations

from tests.fixtures.town import EAST, WEST, Town

ERRORS = "userErrors { code field }"
DRAW = f"mutation($input: CreateGridInput!) {{ createGrid(input: $input) {{ grid {{ id code kind households }} {ERRORS} }} }}"
CHIEF = f"""mutation($input: SetGridChiefInput!) {{ setGridChief(input: $input) {{
  grid {{ chief {{ id name }} }} {ERRORS} }} }}"""
ASSIGN = f"""mutation($input: AssignToGridInput!) {{ assignToGrid(input: $input) {{
  assignment {{ capacity member {{ name }} grid {{ code }} }} {ERRORS} }} }}"""


async def test_a_grid_is_drawn_and_read(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    east = town.id("org", town.organizations[EAST])
    given = {"organizationId": east, "code": "g1", "name": "一号网格", "kind": "GENERAL", "households": 320}
    payload = await town.change("admin", DRAW, input=given)
    assert payload["userErrors"] == []
    assert (payload["grid"]["code"], payload["grid"]["households"]) == ("g1", 320)
    found = await town.ask(
        "admin",
        "query($org: ID!) { grids(filter: {organizationId: $org}) { nodes { code organization { code } } } }",
        org=east,
    )
    assert found["data"]["grids"]["nodes"] == [
        {"code": EAST, "organization": {"code": EAST}},
        {"code": "g1", "organization": {"code": EAST}},
    ]
    read = await town.ask("admin", "query($id: ID!) { grid(id: $id) { kind } }", id=payload["grid"]["id"])
    assert read["data"]["grid"] == {"kind": "GENERAL"}
    refused = await town.change("admin", DRAW, input=given | {"kind": "URBAN", "code": "g2"})
    assert refused == {"grid": None, "userErrors": [{"code": "GRID_KIND_NOT_LISTED", "field": ["kind"]}]}


async def test_a_chief_is_named_and_a_team_filled(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    member = town.id("member", await town.member("officer"))
    grid = town.id("grid", town.grids[EAST])
    named = await town.change("admin", CHIEF, input={"gridId": grid, "memberId": member})
    assert named == {"grid": {"chief": {"id": member, "name": "Invented officer"}}, "userErrors": []}
    assert (await town.change("admin", CHIEF, input={"gridId": grid}))["grid"] == {"chief": None}
    given = {"gridId": grid, "memberId": member, "capacity": "AUXILIARY_POLICE"}
    assert (await town.change("admin", ASSIGN, input=given))["assignment"] == {
        "capacity": "AUXILIARY_POLICE",
        "member": {"name": "Invented officer"},
        "grid": {"code": EAST},
    }
    refused = await town.change("admin", ASSIGN, input=given)
    assert refused["userErrors"] == [{"code": "ALREADY_ASSIGNED", "field": ["memberId"]}]


async def test_a_secretary_changes_grids_of_the_own_community_only(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    for place, codes in ((EAST, []), (WEST, ["FORBIDDEN"])):
        payload = await town.change("secretary", CHIEF, input={"gridId": town.id("grid", town.grids[place])})
        assert [error["code"] for error in payload["userErrors"]] == codes
