"""The ledger of hours through the API."""

from __future__ import annotations

from datetime import date, timedelta

from server.volunteers.models import Activity, ActivitySignUp, HourEntry, Volunteer
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town, noon

REGISTER = "mutation { registerVolunteer(input: {}) { userErrors { code } } }"
ENTER = """
mutation ($input: EnterHoursInput!) {
  enterHours(input: $input) {
    hourEntry { servedOn minutes note status decidedAt activity { title } volunteer { verifiedMinutes stars } }
    userErrors { code field }
  }
}
"""
VERIFY = """
mutation ($id: ID!, $decision: HourDecision!) {
  verifyHours(input: {hourEntryId: $id, decision: $decision}) {
    hourEntry { status verifiedBy { name } volunteer { verifiedMinutes stars } }
    userErrors { code field }
  }
}
"""
YESTERDAY = (noon(0) - timedelta(days=1)).date().isoformat()


async def volunteer(town: Town, username: str = "lan", place: str = EAST) -> None:
    await town.resident(username, place)
    assert await town.change(username, REGISTER) == {"userErrors": []}


async def entered(town: Town, minutes: int = 90) -> str:
    """The id of an entry of lan's."""
    await town.change("lan", ENTER, input={"servedOn": YESTERDAY, "minutes": minutes})
    return town.id("hours", (await town.rows(HourEntry))[-1].id)


async def test_entered_hours_do_not_count_yet(town: Town) -> None:
    await volunteer(town)
    payload = await town.change(
        "lan",
        ENTER,
        input={"servedOn": YESTERDAY, "minutes": 90, "note": "Reading to children"},
    )
    assert payload == {
        "hourEntry": {
            "servedOn": YESTERDAY,
            "minutes": 90,
            "note": "Reading to children",
            "status": "ENTERED",
            "decidedAt": None,
            "activity": None,
            "volunteer": {"verifiedMinutes": 0, "stars": 0},
        },
        "userErrors": [],
    }


async def test_hours_nobody_can_have_served(town: Town) -> None:
    await volunteer(town)
    for given, code in (
        ({"minutes": 0}, "HOURS_NOT_POSITIVE"),
        ({"minutes": 1441}, "HOURS_OVER_A_DAY"),
        ({"servedOn": (now().date() + timedelta(days=2)).isoformat()}, "HOURS_IN_FUTURE"),
        ({"activityId": "activity_00000000-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ({"note": "x" * 1001}, "TEXT_TOO_LONG"),
    ):
        payload = await town.change("lan", ENTER, input={"servedOn": YESTERDAY, "minutes": 90, **given})
        assert payload == {"hourEntry": None, "userErrors": [{"code": code, "field": list(given)}]}
    assert await town.rows(HourEntry) == []


async def test_a_day_has_24_hours_whatever_the_number_of_entries(town: Town) -> None:
    await volunteer(town)
    await entered(town, 1000)
    payload = await town.change("lan", ENTER, input={"servedOn": YESTERDAY, "minutes": 441})
    assert payload["userErrors"] == [{"code": "HOURS_OVER_A_DAY", "field": ["minutes"]}]
    assert (await town.change("lan", ENTER, input={"servedOn": YESTERDAY, "minutes": 440}))["userErrors"] == []


async def test_hours_of_an_activity_need_a_place_in_it(town: Town) -> None:
    await volunteer(town)
    activity = Activity(
        tenant_id=town.tenant_id,
        id=uuid7(),
        organization_id=town.organizations[EAST],
        path=town.paths[EAST],
        title="Planting trees",
        theme="Green streets",
        starts_at=noon(-2),
        ends_at=noon(-1),
        capacity=3,
    )
    await town.add(activity)
    given = {"servedOn": YESTERDAY, "minutes": 60, "activityId": town.id("activity", activity.id)}
    refused = await town.change("lan", ENTER, input=given)
    assert refused["userErrors"] == [{"code": "HOURS_WITHOUT_PLACE", "field": ["activityId"]}]
    (row,) = await town.rows(Volunteer)
    await town.add(ActivitySignUp(tenant_id=town.tenant_id, activity_id=activity.id, volunteer_id=row.id))
    payload = await town.change("lan", ENTER, input=given)
    assert payload["hourEntry"]["activity"] == {"title": "Planting trees"}


async def test_somebody_else_decides_once(town: Town) -> None:
    await volunteer(town)
    await town.member("secretary", "community_secretary")
    for decision, status in (("APPROVE", "VERIFIED"), ("REFUSE", "REFUSED")):
        id_ = await entered(town)
        payload = await town.change("secretary", VERIFY, id=id_, decision=decision)
        assert payload == {
            "hourEntry": {
                "status": status,
                "verifiedBy": {"name": "Invented secretary"},
                "volunteer": {"verifiedMinutes": 90, "stars": 0},
            },
            "userErrors": [],
        }
        again = await town.change("secretary", VERIFY, id=id_, decision="APPROVE")
        assert again == {"hourEntry": None, "userErrors": [{"code": "HOURS_DECIDED_ALREADY", "field": []}]}


async def test_nobody_decides_about_the_own_hours(town: Town) -> None:
    member_id = await town.member("secretary", "community_secretary")
    # The role alone does not register; whoever has served as a volunteer before keeps the ledger.
    row = Volunteer(
        tenant_id=town.tenant_id,
        id=uuid7(),
        organization_id=town.organizations[EAST],
        path=town.paths[EAST],
        member_id=member_id,
        name="Invented secretary",
    )
    await town.add(row)
    await town.change("secretary", ENTER, input={"servedOn": YESTERDAY, "minutes": 90})
    (entry,) = await town.rows(HourEntry)
    payload = await town.change("secretary", VERIFY, id=town.id("hours", entry.id), decision="APPROVE")
    assert payload == {"hourEntry": None, "userErrors": [{"code": "HOURS_SELF_VERIFICATION", "field": []}]}
    (after,) = await town.rows(HourEntry)
    assert after.status == "ENTERED"


async def test_hours_of_another_place_do_not_exist_and_volunteers_verify_nothing(town: Town) -> None:
    await volunteer(town)
    await volunteer(town, "mei")
    id_ = await entered(town)
    await town.member("far", "community_secretary", WEST)
    unseen = await town.change("far", VERIFY, id=id_, decision="APPROVE")
    assert unseen == {"hourEntry": None, "userErrors": [{"code": "NOT_FOUND", "field": ["hourEntryId"]}]}
    for username in ("lan", "mei"):
        payload = await town.change(username, VERIFY, id=id_, decision="APPROVE")
        assert payload == {"hourEntry": None, "userErrors": [{"code": "FORBIDDEN", "field": []}]}
    (entry,) = await town.rows(HourEntry)
    assert entry.status == "ENTERED"


async def test_the_ledger_waiting_for_a_verifier(town: Town) -> None:
    await volunteer(town)
    await volunteer(town, "qing", WEST)
    await entered(town, 30)
    await town.change("qing", ENTER, input={"servedOn": date(2025, 1, 1).isoformat(), "minutes": 45})
    await town.member("secretary", "community_secretary")
    await town.member("admin", "tenant_admin")
    query = """query ($where: HourEntryFilter) {
      hourEntries(filter: $where, orderBy: SERVED_ASC) { nodes { minutes volunteer { name } } }
    }"""
    lan = {"minutes": 30, "volunteer": {"name": "Invented lan"}}
    qing = {"minutes": 45, "volunteer": {"name": "Invented qing"}}
    for username, where, nodes in (
        ("secretary", {"status": ["ENTERED"]}, [lan]),
        ("admin", {"status": ["ENTERED"]}, [qing, lan]),
        ("admin", {"status": ["VERIFIED", "REFUSED"]}, []),
        ("admin", {"servedUntil": "2025-06-01"}, [qing]),
        ("lan", None, [lan]),
    ):
        answer = await town.ask(username, query, where=where)
        assert answer == {"data": {"hourEntries": {"nodes": nodes}}, "errors": []}
