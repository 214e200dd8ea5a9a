"""The four lists of a grid as its chief, its secretary and the district see them (HS-05)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schema.context import Context
from schema.planner.streams import follow
from server.events.models import AuditEntry, Event
from server.grids.models import Grid
from server.lists.models import ListEvent, ListMeasure, ListProblem, ListResult
from server.lists.stream import visible_after
from server.members.models import Member, Posting
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town
from tests.schema.lists.keeping import (
    GAPS,
    chain,
    day,
    keep,
    kept,
    let_days_pass,
    measure,
    problem,
    refusal,
    responsibility,
)

GUIDE = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture
async def people(town: Town) -> Town:
    """A grid chief, a secretary, a worker and a posted member in the east; a secretary and a dispatcher in the west."""
    await town.member("chief", "grid_chief")
    await town.member("secretary", "community_secretary")
    await town.member("worker", "grid_worker")
    await town.member("posted", "posted_member")
    await town.member("analyst", "analyst")
    await town.member("western", "community_secretary", WEST)
    await town.resident("resident")
    return town


async def test_a_problem_is_shown_with_its_measure_owner_and_result(people: Town) -> None:
    """HS-05, as it is accepted."""
    top = await problem(people)
    lamps = await measure(people, top)
    worker = people.id("member", (await people.actor("worker")).member_id or uuid7())
    part = await responsibility(people, lamps, memberId=worker)
    assert await kept(people, "chief", "recordResult", responsibilityId=part, text="Six lamps hang") == {
        "id": await _only_id(people, ListResult, "result"),
        "version": 1,
        "text": "Six lamps hang",
    }
    closed = await kept(people, "chief", "closeProblem", problemId=top, expectedVersion=4)
    assert (closed["version"], closed["closedAt"] is None) == (5, False)
    expected = {
        "category": "SANITATION",
        "text": "The stairs are dark",
        "gaps": [],
        "overdue": False,
        "nextDueOn": None,
        "measures": {
            "nodes": [
                {
                    "text": "New lamps",
                    "owned": True,
                    "responsibilities": {
                        "nodes": [
                            {
                                "owner": {"name": "Invented worker"},
                                "ownerName": "Invented worker",
                                "dueOn": day(7),
                                "overdue": False,
                                "result": {"text": "Six lamps hang"},
                            }
                        ]
                    },
                }
            ]
        },
    }
    assert await chain(people, "secretary") == [expected]
    # Members are not for a chief to read; who answers in the own grid is.
    expected["measures"]["nodes"][0]["responsibilities"]["nodes"][0]["owner"] = None  # type: ignore[index]  # built above
    assert await chain(people, "chief") == [expected]


async def _only_id(town: Town, model: type[Any], prefix: str) -> str:
    (row,) = await town.rows(model)
    return town.id(prefix, row.id)


async def test_what_is_missing_is_reported_at_the_grid_and_above(people: Town) -> None:
    """HS-05: a problem without owner appears in the gap report."""
    await problem(people, text="Nothing planned")
    unowned = await problem(people, text="Nobody answers")
    await measure(people, unowned, "Somebody should")
    late = await problem(people, text="Late")
    east = people.id("org", people.organizations[EAST])
    await responsibility(people, await measure(people, late, "Done too late"), due=1, organizationId=east)
    query = f"query($g: ID!, $o: ID!) {{ grid(id: $g) {{ listGaps {{ ...Gaps }} }} organization(id: $o) {{ listGaps {{ ...Gaps }} }} }} {GAPS}"
    given = {"g": people.id("grid", people.grids[EAST]), "o": east}
    before = {
        "problemsWithoutMeasure": {"nodes": [{"text": "Nothing planned"}]},
        "measuresWithoutOwner": {"nodes": [{"text": "Somebody should"}]},
        "responsibilitiesPastDue": {"nodes": []},
    }
    found = (await people.ask("secretary", query, **given))["data"]
    assert found == {"grid": {"listGaps": before}, "organization": {"listGaps": before}}
    await let_days_pass(people, 2)
    after = {
        **before,
        "responsibilitiesPastDue": {"nodes": [{"ownerName": "East", "measure": {"text": "Done too late"}}]},
    }
    found = (await people.ask("secretary", query, **given))["data"]
    assert found == {"grid": {"listGaps": after}, "organization": {"listGaps": after}}
    none: dict[str, Any] = {name: {"nodes": []} for name in before}
    west = {"g": people.id("grid", people.grids[WEST]), "o": people.id("org", people.organizations[WEST])}
    assert (await people.ask("secretary", query, **west))["data"]["organization"]["listGaps"] == none
    assert (await people.ask("western", query, **given))["data"]["organization"]["listGaps"] == none
    for gap, text in (("NO_MEASURE", "Nothing planned"), ("NO_OWNER", "Nobody answers"), ("PAST_DUE", "Late")):
        assert [item["text"] for item in await chain(people, "secretary", gap=[gap])] == [text]
        (item,) = await chain(people, "secretary", gap=[gap])
        assert item["gaps"] == [gap]
    both = await chain(people, "secretary", gap=["NO_MEASURE", "PAST_DUE"])
    assert [item["text"] for item in both] == ["Late", "Nothing planned"]
    assert [item["text"] for item in await chain(people, "chief", overdue=True)] == ["Late"]
    assert [item["text"] for item in await chain(people, "chief", ownerOrganizationId=east)] == ["Late"]


async def test_the_day_ends_in_the_city(people: Town) -> None:
    """What is due today is in time until the day is over; the next day it is not."""
    east = people.id("org", people.organizations[EAST])
    await responsibility(people, await measure(people, await problem(people)), due=0, organizationId=east)
    (item,) = await chain(people, "chief")
    assert (item["overdue"], item["nextDueOn"]) == (False, day(0))
    await let_days_pass(people, 1)
    (item,) = await chain(people, "chief")
    assert (item["overdue"], item["nextDueOn"], item["gaps"]) == (True, day(-1), ["PAST_DUE"])
    top = item["measures"]["nodes"][0]["responsibilities"]["nodes"][0]
    assert top["overdue"] is True


async def test_lists_are_seen_at_the_place_in_the_team_and_by_who_answers(people: Town) -> None:
    lamps = await measure(people, await problem(people))
    for username in ("chief", "secretary", "worker"):
        assert len(await chain(people, username)) == 1
    for username in ("posted", "analyst", "western", "resident"):
        assert await chain(people, username) == []
    await people.member("admin", "tenant_admin")
    assign = "mutation($input: AssignToGridInput!) { assignToGrid(input: $input) { userErrors { code } } }"
    posted = people.id("member", (await people.actor("posted")).member_id or uuid7())
    given = {"gridId": people.id("grid", people.grids[EAST]), "memberId": posted, "capacity": "AUXILIARY_POLICE"}
    assert (await people.change("admin", assign, input=given))["userErrors"] == []
    assert len(await chain(people, "posted")) == 1  # in the team of the grid
    west = people.id("org", people.organizations[WEST])
    part = await responsibility(people, lamps, organizationId=west)
    assert len(await chain(people, "western")) == 1  # whose organization answers
    assert await refusal(
        people, "western", "addMeasure", problemId=await _only_id(people, ListProblem, "problem"), text="x"
    ) == (
        "FORBIDDEN",
        [],
    )
    assert (await kept(people, "western", "recordResult", responsibilityId=part, text="Done from here"))["version"] == 1


async def test_who_may_keep_lists_keeps_those_of_the_own_place(people: Town) -> None:
    for username, place, code in (
        ("chief", WEST, "FORBIDDEN"),
        ("western", EAST, "FORBIDDEN"),
        ("worker", EAST, "FORBIDDEN"),
        ("posted", EAST, "FORBIDDEN"),
        ("resident", EAST, "FORBIDDEN"),
    ):
        given = {"gridId": people.id("grid", people.grids[place]), "category": "SANITATION", "text": "x"}
        assert (await refusal(people, username, "addProblem", **given))[0] == code
    top = await problem(people)
    assert await refusal(people, "western", "addMeasure", problemId=top, text="x") == ("NOT_FOUND", ["problemId"])
    unknown = people.id("problem", uuid7())
    assert await refusal(people, "chief", "closeProblem", problemId=unknown, expectedVersion=1) == (
        "NOT_FOUND",
        ["problemId"],
    )
    other = people.id("grid", people.grids[EAST])
    assert await refusal(people, "chief", "reviseListItem", itemId=other, expectedVersion=1, text="x") == (
        "NOT_FOUND",
        ["itemId"],
    )


async def test_who_answers_in_person_says_what_came_of_it_and_changes_nothing_else(people: Town) -> None:
    """HS-05: the owner's word is the result, with no right to write lists and none to read others."""
    plain = people.id("member", await people.member("plain"))
    top = await problem(people)
    lamps = await measure(people, top)
    mine = await responsibility(people, lamps, memberId=plain)
    others = await responsibility(people, lamps, memberId=people.id("member", await people.member("other")))
    elsewhere = await measure(people, await problem(people))
    unseen = await responsibility(people, elsewhere, organizationId=people.id("org", people.organizations[EAST]))
    assert await refusal(people, "plain", "recordResult", responsibilityId=others, text="x") == ("FORBIDDEN", [])
    hidden = ("NOT_FOUND", ["responsibilityId"])
    assert await refusal(people, "plain", "recordResult", responsibilityId=unseen, text="x") == hidden
    assert await refusal(people, "resident", "recordResult", responsibilityId=mine, text="x") == hidden
    for name, given in (
        ("addMeasure", {"problemId": top, "text": "x"}),
        ("reviseListItem", {"itemId": mine, "expectedVersion": 1, "dueOn": day(9)}),
    ):
        assert await refusal(people, "plain", name, **given) == ("FORBIDDEN", [])
    assert (await kept(people, "plain", "recordResult", responsibilityId=mine, text="Lamps are up"))["version"] == 1
    again = await refusal(people, "plain", "recordResult", responsibilityId=mine, text="Twice")
    assert again == ("LIST_RESULT_EXISTS", [])


async def test_a_refusal_names_its_field_and_changes_nothing(people: Town) -> None:
    grid = people.id("grid", people.grids[EAST])
    told = {"gridId": grid, "category": "SANITATION", "text": "x"}
    assert await refusal(people, "chief", "addProblem", **{**told, "category": "NO_SUCH"}) == (
        "CATEGORY_NOT_LISTED",
        ["category"],
    )
    assert await refusal(people, "chief", "addProblem", **{**told, "text": " "}) == ("TEXT_REQUIRED", ["text"])
    assert await refusal(people, "chief", "addProblem", **{**told, "text": "x" * 1001}) == ("TEXT_TOO_LONG", ["text"])
    assert await people.rows(ListProblem) == []
    top = await problem(people)
    lamps = await measure(people, top)
    due = {"measureId": lamps, "dueOn": day(3)}
    east = people.id("org", people.organizations[EAST])
    away = people.id("member", (await people.actor("western")).member_id or uuid7())
    for given, expected in (
        (due, ("LIST_OWNER_INVALID", ["memberId"])),
        ({**due, "memberId": away, "organizationId": east}, ("LIST_OWNER_INVALID", ["memberId"])),
        ({**due, "memberId": away}, ("NOT_FOUND", ["memberId"])),
        ({**due, "memberId": people.id("member", uuid7())}, ("NOT_FOUND", ["memberId"])),
        ({**due, "organizationId": people.id("org", uuid7())}, ("NOT_FOUND", ["organizationId"])),
        ({**due, "organizationId": east, "dueOn": day(-1)}, ("LIST_DUE_PAST", ["dueOn"])),
    ):
        assert await refusal(people, "chief", "assignResponsibility", **given) == expected
    part = await responsibility(people, lamps, organizationId=east)
    assert await refusal(people, "chief", "closeProblem", problemId=top, expectedVersion=3) == ("LIST_NOT_COMPLETE", [])
    await kept(people, "chief", "recordResult", responsibilityId=part, text="Done")
    assert await refusal(people, "chief", "recordResult", responsibilityId=part, text="Again") == (
        "LIST_RESULT_EXISTS",
        [],
    )
    moved = {"itemId": part, "expectedVersion": 1, "dueOn": day(9)}
    assert await refusal(people, "chief", "reviseListItem", **moved) == ("LIST_RESULT_EXISTS", [])
    assert await refusal(people, "chief", "closeProblem", problemId=top, expectedVersion=3) == (
        "VERSION_CONFLICT",
        ["expectedVersion"],
    )
    await kept(people, "chief", "closeProblem", problemId=top, expectedVersion=4)
    assert await refusal(people, "chief", "addMeasure", problemId=top, text="x") == ("LIST_PROBLEM_CLOSED", [])
    assert [row.version for row in await people.rows(ListEvent)] == [1, 2, 3, 4, 5]


async def test_a_problem_may_come_from_a_case_of_the_grid_that_one_sees(people: Town) -> None:
    ask = "mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id } userErrors { code } } }"
    given = {"gridId": people.id("grid", people.grids[EAST]), "category": "SANITATION", "title": "Dark"}
    case = (await people.change("resident", ask, input=given))["case"]["id"]
    await problem(people, caseId=case)
    west = {"gridId": people.id("grid", people.grids[WEST]), "category": "SANITATION", "text": "x", "caseId": case}
    assert await refusal(people, "western", "addProblem", **west) == ("NOT_FOUND", ["caseId"])
    next_door = uuid7()
    await people.add(
        Grid(
            tenant_id=people.tenant_id,
            id=next_door,
            organization_id=people.organizations[EAST],
            path=people.paths[EAST],
            code="east-2",
            name="East 2",
            kind="GENERAL",
            valid_from=date(2020, 1, 1),
        )
    )
    beside = {**west, "gridId": people.id("grid", next_door)}
    assert await refusal(people, "secretary", "addProblem", **beside) == ("LIST_CASE_ELSEWHERE", ["caseId"])
    (row,) = await people.rows(ListProblem)
    query = "query($id: ID!) { node(id: $id) { ... on ListProblem { case { id } } } }"
    found = await people.ask("worker", query, id=people.id("problem", row.id))
    assert found["data"]["node"] == {"case": {"id": case}}


async def test_the_same_sent_again_is_one_item_and_the_first_answer(people: Town) -> None:
    tops = await asyncio.gather(*(problem(people, idempotencyKey="k") for _ in range(6)))
    assert len(set(tops)) == len(await people.rows(ListProblem)) == 1
    top = tops[0]
    sent = {"problemId": top, "text": "New lamps", "idempotencyKey": "k"}
    measures = await asyncio.gather(*(kept(people, "chief", "addMeasure", **sent) for _ in range(6)))
    assert len({item["id"] for item in measures}) == len(await people.rows(ListMeasure)) == 1
    assert await refusal(people, "chief", "addMeasure", **{**sent, "text": "Other"}) == (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
    )
    east = people.id("org", people.organizations[EAST])
    given = {"measureId": measures[0]["id"], "organizationId": east, "dueOn": day(1), "idempotencyKey": "k"}
    parts = await asyncio.gather(*(kept(people, "chief", "assignResponsibility", **given) for _ in range(3)))
    result = {"responsibilityId": parts[0]["id"], "text": "Done", "idempotencyKey": "k"}
    results = await asyncio.gather(*(kept(people, "chief", "recordResult", **result) for _ in range(6)))
    assert len({item["id"] for item in parts}) == len({item["id"] for item in results}) == 1
    await kept(people, "chief", "closeProblem", problemId=top, expectedVersion=4)
    assert (await kept(people, "chief", "recordResult", **result))["id"] == results[0]["id"]  # a retry that comes late
    assert (await keep(people, "secretary", "addMeasure", **sent))["userErrors"][0]["code"] == "LIST_PROBLEM_CLOSED"
    assert len(await people.rows(ListEvent)) == 5


async def test_every_change_is_told_once_in_history_log_and_audit(people: Town) -> None:
    top = await problem(people)
    lamps = await measure(people, top)
    east, west = (people.id("org", people.organizations[place]) for place in (EAST, WEST))
    part = await responsibility(people, lamps, organizationId=east)
    for given in (
        {"itemId": lamps, "text": "Better lamps"},
        {"itemId": part, "dueOn": day(9), "organizationId": west},
    ):
        await kept(people, "secretary", "reviseListItem", expectedVersion=1, **given)
    assert await refusal(people, "chief", "reviseListItem", itemId=lamps, expectedVersion=1, text="x") == (
        "VERSION_CONFLICT",
        ["expectedVersion"],
    )
    await kept(people, "chief", "reviseListItem", itemId=top, expectedVersion=5, category="SAFETY")
    query = """query($id: ID!) { node(id: $id) { ... on ListProblem { version category events { nodes { seq kind itemKind text
      category dueOn ownerName actor { name } item { __typename } } } } } }"""
    found = (await people.ask("secretary", query, id=top))["data"]["node"]
    assert (found["version"], found["category"]) == (6, "SAFETY")

    def step(seq: int, kind: str, item: str, by: str = "chief", **left: Any) -> dict[str, Any]:
        said = {"text": None, "category": None, "dueOn": None, "ownerName": None, **left}
        thing = {"__typename": f"List{item.capitalize()}"}
        return {"seq": seq, "kind": kind, "itemKind": item, **said, "actor": {"name": f"Invented {by}"}, "item": thing}

    revised, dark = "LIST_ITEM_REVISED", "The stairs are dark"
    assert found["events"]["nodes"] == [
        step(1, "PROBLEM_LISTED", "PROBLEM", text=dark, category="SANITATION"),
        step(2, "MEASURE_PLANNED", "MEASURE", text="New lamps"),
        step(3, "RESPONSIBILITY_ASSIGNED", "RESPONSIBILITY", dueOn=day(7), ownerName="East"),
        step(4, revised, "MEASURE", "secretary", text="Better lamps"),
        step(5, revised, "RESPONSIBILITY", "secretary", dueOn=day(9), ownerName="West"),
        step(6, revised, "PROBLEM", text=dark, category="SAFETY"),
    ]
    (row,) = await people.rows(ListProblem)
    types = ["ProblemListed", "MeasurePlanned", "ResponsibilityAssigned", *["ListItemRevised"] * 3]
    assert [event.type for event in await people.rows(Event, subject_id=row.id)] == types
    entries = await people.rows(AuditEntry, object_id=row.id)
    assert {(entry.action, entry.object_type) for entry in entries} == {("list:write", "list_problem")}
    assert all(set(entry.detail) == {"gridId", "item", "itemId"} for entry in entries)


async def test_a_member_posted_to_the_community_may_answer_and_sees_the_problem_then(people: Town) -> None:
    away, west = uuid7(), people.organizations[WEST]
    home = {"organization_id": west, "path": people.paths[WEST]}
    await people.add(Member(tenant_id=people.tenant_id, id=away, name="Invented guest", **home))
    lamps = await measure(people, await problem(people))
    given = {"measureId": lamps, "memberId": people.id("member", away), "dueOn": day(0)}
    assert await refusal(people, "chief", "assignResponsibility", **given) == ("NOT_FOUND", ["memberId"])
    sent = {"member_id": away, "organization_id": people.organizations[EAST], "starts_on": date(2020, 1, 1)}
    await people.add(Posting(tenant_id=people.tenant_id, id=uuid7(), **sent))
    assert (await kept(people, "chief", "assignResponsibility", **given))["ownerName"] == "Invented guest"
    posted = (await people.actor("posted")).member_id or uuid7()
    assert await chain(people, "posted") == []
    await responsibility(people, lamps, memberId=people.id("member", posted))
    (seen,) = await chain(people, "posted")
    owners = seen["measures"]["nodes"][0]["responsibilities"]["nodes"]
    assert [owner["ownerName"] for owner in owners] == ["Invented guest", "Invented posted"]
    assert [owner["owner"] for owner in owners] == [None, {"name": "Invented posted"}]
    found = await chain(people, "posted", ownerId=people.id("member", posted))
    assert len(found) == 1
    assert await chain(people, "posted", ownerId=people.id("member", away)) == []  # whom it may not see


async def test_the_stream_brings_events_to_those_who_see_the_lists_and_to_nobody_else(people: Town) -> None:
    async def heard(username: str) -> AsyncIterator[str]:
        context = Context(services=people.services, actor=await people.actor(username), request_id="r")
        start = people.services.positions.seal(0, tenant_id=people.tenant_id, log="list_events")
        async for item in follow(context, "list_events", visible_after, start):
            yield people.id("problem", item.subject_id)

    first = await problem(people)
    other = {"gridId": people.id("grid", people.grids[WEST]), "category": "SANITATION", "text": "Noise"}
    second = (await kept(people, "western", "addProblem", **other))["id"]
    await measure(people, first)
    for username, expected in (("worker", [first, first]), ("western", [second])):
        stream = heard(username)
        assert [await anext(stream) for _ in expected] == expected
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(stream)


async def test_the_example_is_answered_as_it_stands_in_the_guide(people: Town) -> None:
    query = re.search(r"```graphql\n(query FourLists.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert query is not None
    await measure(people, await problem(people))
    await problem(people, text="Nothing planned")
    grid = (await people.ask("chief", query[1], id=people.id("grid", people.grids[EAST])))["data"]["grid"]
    found = [(item["text"], item["gaps"]) for item in grid["fourLists"]["nodes"]]
    assert sorted(found) == [("Nothing planned", ["NO_MEASURE"]), ("The stairs are dark", ["NO_OWNER"])]
    assert grid["listGaps"] == {"problemsWithoutMeasure": {"totalCount": 1, "nodes": [{"text": "Nothing planned"}]}}
