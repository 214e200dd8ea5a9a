"""Members, appointments and postings through the schema."""

from __future__ import annotations

from tests.fixtures.town import EAST, WEST, Town

ERRORS = "userErrors { code field }"
CREATE = f"""mutation($input: CreateMemberInput!) {{ createMember(input: $input) {{
  member {{ id name phone organization {{ code }} }} {ERRORS} }} }}"""
APPOINT = f"""mutation($input: AppointMemberInput!) {{ appointMember(input: $input) {{
  appointment {{ id role scope startsOn endsOn endedAt organization {{ code }} grid {{ code }} }} {ERRORS} }} }}"""
END = f"""mutation($id: ID!) {{ endAppointment(input: {{appointmentId: $id}}) {{
  appointment {{ endedAt }} {ERRORS} }} }}"""
POST = f"""mutation($input: PostMemberInput!) {{ postMember(input: $input) {{
  posting {{ homeUnit startsOn endsOn organization {{ code }} member {{ name }} }} {ERRORS} }} }}"""


async def test_a_member_is_entered_appointed_and_dismissed(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    east = town.id("org", town.organizations[EAST])
    created = await town.change("admin", CREATE, input={"organizationId": east, "name": "Invented", "phone": "12345"})
    member = created["member"]
    assert created["userErrors"] == []
    assert (member["name"], member["phone"], member["organization"]) == ("Invented", "12345", {"code": EAST})

    given = {"memberId": member["id"], "role": "first_secretary", "organizationId": east, "startsOn": "2026-03-02"}
    appointed = await town.change("admin", APPOINT, input=given)
    assert appointed["userErrors"] == []
    appointment = appointed["appointment"]
    identity = appointment.pop("id")
    assert appointment == {
        "role": "first_secretary",
        "scope": "ORGANIZATION",
        "startsOn": "2026-03-02",
        "endsOn": "2027-03-02",
        "endedAt": None,
        "organization": {"code": EAST},
        "grid": None,
    }
    other = town.id("member", await town.member("other"))
    second = await town.change("admin", APPOINT, input=given | {"memberId": other})
    assert second == {"appointment": None, "userErrors": [{"code": "APPOINTMENT_LIMIT", "field": ["startsOn"]}]}

    ended = await town.change("admin", END, id=identity)
    assert ended["userErrors"] == []
    assert ended["appointment"]["endedAt"] is not None
    assert (await town.change("admin", END, id=identity))["userErrors"] == [
        {"code": "ALREADY_ENDED", "field": ["appointmentId"]},
    ]


async def test_a_member_is_posted_to_another_community(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    member = town.id("member", await town.member("posted"))
    west = town.id("org", town.organizations[WEST])
    given = {"memberId": member, "organizationId": west, "homeUnit": "Invented bureau", "startsOn": "2026-03-02"}
    posted = await town.change("admin", POST, input=given)
    assert posted == {
        "posting": {
            "homeUnit": "Invented bureau",
            "startsOn": "2026-03-02",
            "endsOn": None,
            "organization": {"code": WEST},
            "member": {"name": "Invented posted"},
        },
        "userErrors": [],
    }
    assert (await town.change("admin", POST, input=given))["userErrors"] == [
        {"code": "ALREADY_POSTED", "field": ["memberId"]},
    ]


async def test_members_are_read_by_place(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    await town.member("neighbor", place=WEST)
    query = "{ members { nodes { name appointments { nodes { role } } } } }"
    assert (await town.ask("secretary", query))["data"]["members"]["nodes"] == [
        {"name": "Invented secretary", "appointments": {"nodes": [{"role": "community_secretary"}]}},
    ]
    await town.member("admin", "tenant_admin")
    names = [node["name"] for node in (await town.ask("admin", query))["data"]["members"]["nodes"]]
    assert names == ["Invented admin", "Invented neighbor", "Invented secretary"]
    worker = town.id("member", await town.member("worker", "grid_worker"))
    one = "query($id: ID!) { member(id: $id) { name } }"
    assert (await town.ask("worker", one, id=worker))["data"]["member"] == {"name": "Invented worker"}
    neighbor = town.id("member", await town.member("another", place=WEST))
    assert (await town.ask("secretary", one, id=neighbor))["data"]["member"] is None


async def test_who_may_not_appoint_is_told_so(town: Town) -> None:
    await town.member("secretary", "first_secretary")
    member = town.id("member", await town.member("new"))
    refused = await town.change("secretary", APPOINT, input={"memberId": member, "role": "analyst"})
    assert refused["userErrors"] == [{"code": "FORBIDDEN", "field": []}]


async def test_whoever_may_disable_accounts_finds_their_names(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    plain = town.id("member", await town.member("plain"))
    query = "query($id: ID!) { member(id: $id) { username accountStatus } }"
    found = await town.ask("admin", query, id=plain)
    assert (found["errors"], found["data"]["member"]) == ([], {"username": "plain", "accountStatus": "ACTIVE"})
    await town.member("secretary", "community_secretary")
    refused = await town.ask("secretary", query, id=plain)
    assert refused["data"]["member"] == {"username": None, "accountStatus": None}
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"FORBIDDEN"}
