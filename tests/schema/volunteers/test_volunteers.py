"""Registering as a volunteer, and who sees volunteers."""

from __future__ import annotations

from server.events.models import AuditEntry, Event
from server.volunteers.models import Volunteer
from tests.fixtures.town import WEST, Town

REGISTER = """
mutation ($skills: [String!]! = []) {
  registerVolunteer(input: {skills: $skills}) {
    volunteer { name stars verifiedMinutes skills organization { name } resident { name } member { name } }
    userErrors { code field }
  }
}
"""
SEEN = "{ volunteers(orderBy: NAME_ASC) { totalCount nodes { name } } }"


async def test_a_resident_registers_once_at_the_own_community(town: Town) -> None:
    await town.resident("lan")
    payload = await town.change("lan", REGISTER, skills=["first aid", " first aid", "driving"])
    assert payload == {
        "volunteer": {
            "name": "Invented lan",
            "stars": 0,
            "verifiedMinutes": 0,
            "skills": ["first aid", "driving"],
            "organization": {"name": "East"},
            "resident": {"name": "Invented lan"},
            "member": None,
        },
        "userErrors": [],
    }
    again = await town.change("lan", REGISTER)
    assert again == {"volunteer": None, "userErrors": [{"code": "VOLUNTEER_REGISTERED_ALREADY", "field": []}]}
    (volunteer,) = await town.rows(Volunteer)
    assert [row.type for row in await town.rows(Event, subject_id=volunteer.id)] == ["VolunteerRegistered"]
    (entry,) = await town.rows(AuditEntry, object_id=volunteer.id)
    assert (entry.action, entry.actor_name) == ("volunteer:register", "lan")


async def test_a_member_registers_as_a_member(town: Town) -> None:
    await town.member("wei", "posted_member")
    payload = await town.change("wei", REGISTER)
    assert payload["userErrors"] == []
    assert payload["volunteer"]["resident"] is None
    assert payload["volunteer"]["member"] == {"name": "Invented wei"}


async def test_skills_are_a_few_short_words(town: Town) -> None:
    await town.resident("lan")
    for skills, code in (
        ([f"skill {number}" for number in range(21)], "SKILLS_INVALID"),
        (["x" * 51], "TEXT_TOO_LONG"),
        ([" "], "TEXT_REQUIRED"),
        (["a\x00b"], "TEXT_NOT_STORABLE"),
    ):
        payload = await town.change("lan", REGISTER, skills=skills)
        assert payload == {"volunteer": None, "userErrors": [{"code": code, "field": ["skills"]}]}
    assert await town.rows(Volunteer) == []


async def test_whoever_may_not_register_is_told_so(town: Town) -> None:
    await town.member("officer", "police")
    payload = await town.change("officer", REGISTER)
    assert payload == {"volunteer": None, "userErrors": [{"code": "FORBIDDEN", "field": []}]}
    anonymous = await town.ask(None, REGISTER)
    assert [error["extensions"]["code"] for error in anonymous["errors"]] == ["UNAUTHENTICATED"]
    assert await town.rows(Volunteer) == []


async def test_volunteers_are_seen_by_themselves_and_by_staff_of_their_place(town: Town) -> None:
    for username, place in (("lan", "east"), ("mei", "east"), ("qing", WEST)):
        await town.resident(username, place)
        await town.change(username, REGISTER)
    await town.member("east-secretary", "community_secretary")
    await town.member("west-secretary", "community_secretary", WEST)
    await town.member("admin", "tenant_admin")
    await town.member("officer", "police")
    await town.member("analyst", "analyst")
    await town.resident("stranger")
    everybody = ["Invented lan", "Invented mei", "Invented qing"]
    seen = {
        "lan": everybody[:1],
        "qing": everybody[2:],
        "east-secretary": everybody[:2],
        "west-secretary": everybody[2:],
        "admin": everybody,
        "officer": [],
        "analyst": [],
        "stranger": [],
    }
    for username, names in seen.items():
        answer = await town.ask(username, SEEN)
        nodes = [{"name": name} for name in names]
        assert answer == {"data": {"volunteers": {"totalCount": len(names), "nodes": nodes}}, "errors": []}, username


async def test_filters_narrow_what_one_sees(town: Town) -> None:
    for username, place in (("lan", "east"), ("qing", WEST)):
        await town.resident(username, place)
        await town.change(username, REGISTER)
    await town.member("admin", "tenant_admin")
    query = "query ($where: VolunteerFilter) { volunteers(filter: $where) { nodes { name } } }"
    for where, names in (
        ({"withinOrganizationId": town.id("org", town.organizations[WEST])}, ["Invented qing"]),
        ({"name": "Invented lan"}, ["Invented lan"]),
        ({"minStars": 1}, []),
    ):
        answer = await town.ask("admin", query, where=where)
        assert [node["name"] for node in answer["data"]["volunteers"]["nodes"]] == names


async def test_an_unseen_volunteer_does_not_exist(town: Town) -> None:
    await town.resident("lan")
    await town.change("lan", REGISTER)
    await town.resident("stranger")
    (volunteer,) = await town.rows(Volunteer)
    query = "query ($id: ID!) { volunteer(id: $id) { name hours { nodes { minutes } } } }"
    id_ = town.id("volunteer", volunteer.id)
    assert await town.ask("stranger", query, id=id_) == {"data": {"volunteer": None}, "errors": []}
    seen = await town.ask("lan", query, id=id_)
    assert seen["data"] == {"volunteer": {"name": "Invented lan", "hours": {"nodes": []}}}
