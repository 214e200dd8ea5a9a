"""Residents through the schema: entered by who serves the grid, seen by need."""

from __future__ import annotations

from tests.fixtures.town import EAST, WEST, Town

REGISTER = """mutation($input: RegisterResidentInput!) { registerResident(input: $input) {
  resident { id name phone grid { code } } userErrors { code field } } }"""
ALL = "{ residents { nodes { name } } }"


async def test_a_grid_worker_enters_a_resident(town: Town) -> None:
    await town.member("worker", "grid_worker")
    given = {
        "gridId": town.id("grid", town.grids[EAST]),
        "name": "Invented Person",
        "phone": "123456",
        "sex": "FEMALE",
        "birthDate": "1968-02-29",
    }
    payload = await town.change("worker", REGISTER, input=given)
    assert payload["userErrors"] == []
    resident = payload["resident"]
    assert (resident["name"], resident["phone"], resident["grid"]) == ("Invented Person", "123456", {"code": EAST})
    read = await town.ask("worker", "query($id: ID!) { resident(id: $id) { name } }", id=resident["id"])
    assert read["data"]["resident"] == {"name": "Invented Person"}
    elsewhere = {"gridId": town.id("grid", town.grids[WEST])}
    assert (await town.change("worker", REGISTER, input=given | elsewhere))["userErrors"] == [
        {"code": "FORBIDDEN", "field": []},
    ]


async def test_residents_are_seen_by_need(town: Town) -> None:
    await town.resident("one")
    await town.resident("two", place=WEST)
    await town.member("worker", "grid_worker")
    await town.member("analyst", "analyst")
    await town.member("admin", "tenant_admin")
    expected = {
        "one": ["Invented one"],
        "worker": ["Invented one"],
        "analyst": [],
        "admin": ["Invented one", "Invented two"],
    }
    for username, names in expected.items():
        answer = await town.ask(username, ALL)
        assert [node["name"] for node in answer["data"]["residents"]["nodes"]] == names
    within = "query($org: ID!) { residents(filter: {withinOrganizationId: $org}) { nodes { name } } }"
    answer = await town.ask("admin", within, org=town.id("org", town.organizations[WEST]))
    assert answer["data"]["residents"]["nodes"] == [{"name": "Invented two"}]
