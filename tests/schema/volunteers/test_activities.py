"""Activities: announcing, taking places, giving them back, and who sees them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.events.models import Event
from server.volunteers import rules
from server.volunteers.models import Activity, ActivitySignUp
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town, noon

CREATE = """
mutation ($input: CreateActivityInput!) {
  createActivity(input: $input) {
    activity { title theme capacity signedUp placesLeft status phase organization { name } }
    userErrors { code field }
  }
}
"""
REGISTER = "mutation { registerVolunteer(input: {}) { userErrors { code } } }"
SIGN_UP = """
mutation ($id: ID!) {
  signUpForActivity(input: {activityId: $id}) {
    signUp { activity { signedUp placesLeft phase } volunteer { name } }
    userErrors { code field }
  }
}
"""
CANCEL = """
mutation ($id: ID!) {
  cancelSignUp(input: {activityId: $id}) { activity { signedUp phase } userErrors { code field } }
}
"""


async def put(town: Town, place: str = EAST, **given: Any) -> UUID:
    """An activity as it may stand in the table."""
    values: dict[str, Any] = {"starts_at": noon(1), "ends_at": noon(2), "capacity": 2, **given}
    activity = Activity(
        tenant_id=town.tenant_id,
        id=uuid7(),
        organization_id=town.organizations[place],
        path=town.paths[place],
        title="Planting trees",
        theme="Green streets",
        **values,
    )
    await town.add(activity)
    return activity.id


async def volunteers(town: Town, *usernames: str) -> None:
    for username in usernames:
        await town.resident(username)
        assert await town.change(username, REGISTER) == {"userErrors": []}


def proposal(town: Town, place: str = EAST, **given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "organizationId": town.id("org", town.organizations[place]),
        "title": "Planting trees",
        "theme": "Green streets",
        "startsAt": noon(1),
        "endsAt": noon(1) + timedelta(hours=2),
        "capacity": 12,
        **given,
    }
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


async def test_a_secretary_announces_an_activity_of_the_own_community(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    payload = await town.change("secretary", CREATE, input=proposal(town))
    assert payload == {
        "activity": {
            "title": "Planting trees",
            "theme": "Green streets",
            "capacity": 12,
            "signedUp": 0,
            "placesLeft": 12,
            "status": "OPEN",
            "phase": "OPEN",
            "organization": {"name": "East"},
        },
        "userErrors": [],
    }
    (activity,) = await town.rows(Activity)
    assert [row.type for row in await town.rows(Event, subject_id=activity.id)] == ["ActivityCreated"]


async def test_what_cannot_be_held_is_refused(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    for change, code in (
        ({"capacity": 0}, "ACTIVITY_CAPACITY"),
        ({"endsAt": noon(0)}, "ACTIVITY_REVERSED"),
        ({"title": " "}, "TEXT_REQUIRED"),
        ({"theme": "x" * 201}, "TEXT_TOO_LONG"),
        ({"organizationId": "org_00000000-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ({"organizationId": "nonsense"}, "NOT_FOUND"),
    ):
        payload = await town.change("secretary", CREATE, input=proposal(town, **change))
        assert payload == {"activity": None, "userErrors": [{"code": code, "field": list(change)}]}
    assert await town.rows(Activity) == []


async def test_only_those_with_the_right_there_announce(town: Town) -> None:
    await town.member("secretary", "community_secretary")
    await town.resident("lan")
    elsewhere = await town.change("secretary", CREATE, input=proposal(town, WEST))
    resident = await town.change("lan", CREATE, input=proposal(town))
    refused = {"activity": None, "userErrors": [{"code": "FORBIDDEN", "field": []}]}
    assert (elsewhere, resident) == (refused, refused)
    assert await town.rows(Activity) == []


async def test_activities_are_public_for_those_who_may_take_part_or_see_volunteers(town: Town) -> None:
    await put(town)
    await put(town, WEST)
    await town.resident("lan")
    await town.member("secretary", "community_secretary")
    await town.member("officer", "police")
    query = "{ activities { nodes { title } } }"
    counts = {name: len((await town.ask(name, query))["data"]["activities"]["nodes"]) for name in town.usernames}
    assert counts == {"lan": 2, "secretary": 2, "officer": 0}


async def test_activities_are_filtered_and_ordered(town: Town) -> None:
    await put(town, WEST, starts_at=noon(3), ends_at=noon(4))
    await put(town, starts_at=noon(-3), ends_at=noon(-2), status="CANCELED")
    await put(town)
    await town.resident("lan")
    query = """query ($where: ActivityFilter) {
      activities(filter: $where, orderBy: STARTS_ASC) { nodes { startsAt } }
    }"""
    days = {noon(day).isoformat(): day for day in (-3, 1, 3)}
    for where, wanted in (
        ({}, [-3, 1, 3]),
        ({"upcoming": True}, [1, 3]),
        ({"upcoming": False}, [-3]),
        ({"status": ["CANCELED"]}, [-3]),
        ({"theme": "Something else"}, []),
        ({"withinOrganizationId": town.id("org", town.organizations[WEST])}, [3]),
        ({"startsSince": noon(1).isoformat(), "startsUntil": noon(3).isoformat()}, [1]),
    ):
        answer = await town.ask("lan", query, where=where)
        assert [days[node["startsAt"]] for node in answer["data"]["activities"]["nodes"]] == wanted


async def test_the_phase_clients_see_is_the_rule_s(town: Town) -> None:
    for given in (
        {},
        {"signed_up": 2},
        {"starts_at": noon(-1)},
        {"starts_at": noon(-1), "signed_up": 2},
        {"starts_at": noon(-2), "ends_at": noon(-1)},
        {"status": "CANCELED"},
        {"starts_at": noon(-2), "ends_at": noon(-1), "status": "CANCELED"},
    ):
        await put(town, **given)
    await town.resident("lan")
    wanted = {town.id("activity", row.id): _phase(row) for row in await town.rows(Activity)}
    answer = await town.ask("lan", "{ activities { nodes { id phase } } }")
    assert {node["id"]: node["phase"] for node in answer["data"]["activities"]["nodes"]} == wanted
    assert set(wanted.values()) == set(rules.ActivityPhase)


def _phase(row: Activity) -> rules.ActivityPhase:
    status = rules.ActivityStatus(row.status)
    facts = rules.ActivityFacts(status, row.starts_at, row.ends_at, row.capacity, row.signed_up)
    return rules.activity_phase(facts, now())


async def test_places_are_taken_until_none_is_left_and_given_back(town: Town) -> None:
    activity_id = await put(town)
    id_ = town.id("activity", activity_id)
    await volunteers(town, "lan", "mei", "qing")
    first = await town.change("lan", SIGN_UP, id=id_)
    assert first == {
        "signUp": {
            "activity": {"signedUp": 1, "placesLeft": 1, "phase": "OPEN"},
            "volunteer": {"name": "Invented lan"},
        },
        "userErrors": [],
    }
    again = await town.change("lan", SIGN_UP, id=id_)
    assert again == {"signUp": None, "userErrors": [{"code": "ACTIVITY_SIGNED_UP_ALREADY", "field": []}]}
    second = await town.change("mei", SIGN_UP, id=id_)
    assert second["signUp"]["activity"] == {"signedUp": 2, "placesLeft": 0, "phase": "FULL"}
    third = await town.change("qing", SIGN_UP, id=id_)
    assert third == {"signUp": None, "userErrors": [{"code": "ACTIVITY_FULL", "field": []}]}
    back = await town.change("mei", CANCEL, id=id_)
    assert back == {"activity": {"signedUp": 1, "phase": "OPEN"}, "userErrors": []}
    assert (await town.change("qing", SIGN_UP, id=id_))["userErrors"] == []
    assert len(await town.rows(ActivitySignUp, activity_id=activity_id)) == 2
    types = [row.type for row in await town.rows(Event, subject_id=activity_id)]
    assert types == ["ActivitySignedUp", "ActivitySignedUp", "ActivitySignUpCanceled", "ActivitySignedUp"]


async def test_some_activities_take_nobody_any_more(town: Town) -> None:
    await volunteers(town, "lan")
    for given, code in (({"status": "CANCELED"}, "ACTIVITY_CANCELED"), ({"starts_at": noon(-1)}, "ACTIVITY_STARTED")):
        id_ = town.id("activity", await put(town, **given))
        assert (await town.change("lan", SIGN_UP, id=id_))["userErrors"] == [{"code": code, "field": []}]
    assert await town.rows(ActivitySignUp) == []


async def test_places_are_for_registered_volunteers(town: Town) -> None:
    id_ = town.id("activity", await put(town))
    await town.resident("lan")
    await town.member("officer", "police")
    payload = await town.change("lan", SIGN_UP, id=id_)
    assert payload["userErrors"] == [{"code": "VOLUNTEER_NOT_REGISTERED", "field": []}]
    assert (await town.change("officer", SIGN_UP, id=id_))["userErrors"] == [{"code": "FORBIDDEN", "field": []}]


async def test_a_place_is_given_back_only_by_who_has_it_and_before_the_start(town: Town) -> None:
    activity_id = await put(town)
    id_ = town.id("activity", activity_id)
    await volunteers(town, "lan", "mei")
    await town.change("lan", SIGN_UP, id=id_)
    without = await town.change("mei", CANCEL, id=id_)
    assert without == {"activity": None, "userErrors": [{"code": "NOT_FOUND", "field": ["activityId"]}]}
    async with town.services.database.write(town.tenant_id) as session:
        row = await session.get(Activity, (town.tenant_id, activity_id))
        assert row is not None
        row.starts_at = noon(-1)
    late = await town.change("lan", CANCEL, id=id_)
    assert late == {"activity": None, "userErrors": [{"code": "ACTIVITY_STARTED", "field": []}]}
    assert len(await town.rows(ActivitySignUp)) == 1


async def test_who_took_part_is_seen_by_the_holder_and_by_oneself(town: Town) -> None:
    id_ = town.id("activity", await put(town))
    await volunteers(town, "lan", "mei")
    await town.resident("qing", WEST)
    await town.change("qing", REGISTER)
    await town.change("lan", SIGN_UP, id=id_)
    await town.change("qing", SIGN_UP, id=id_)
    await town.member("holder", "community_secretary")
    query = "query ($id: ID!) { activity(id: $id) { signUps { nodes { volunteer { name } } } } }"
    lan, hidden = {"volunteer": {"name": "Invented lan"}}, {"volunteer": None}
    for username, nodes in (("holder", [lan, hidden]), ("lan", [lan]), ("mei", [])):
        answer = await town.ask(username, query, id=id_)
        assert answer == {"data": {"activity": {"signUps": {"nodes": nodes}}}, "errors": []}
