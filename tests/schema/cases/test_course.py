"""What is done beside the main line, as a client of the city calls it."""

from __future__ import annotations

from typing import Any

import pytest

from schema.cases.course_mutations import CourseMutations
from schema.cases.inputs import CaseStep
from server.cases.states import STEP_ORDER
from tests.fixtures.town import Town
from tests.schema.cases.test_mutations import report, step

MATTER = (
    "id title mergedInto { id status } survivor { number status resolvedAt result } "
    "merged(first: 5) { totalCount nodes { id status } }"
)


@pytest.fixture
async def people(town: Town) -> Town:
    """Two residents, a first secretary, a community secretary and a posted member in the east."""
    for username in ("resident", "neighbor"):
        await town.resident(username)
    await town.member("secretary", "first_secretary")
    await town.member("supervisor", "community_secretary")
    await town.member("posted", "posted_member")
    return town


async def in_hand(town: Town) -> dict[str, Any]:
    """A case that the posted member works on."""
    case: dict[str, Any] = (await report(town, "resident"))["case"]
    for username, name in (("secretary", "dispatchCase"), ("posted", "claimCase"), ("posted", "startCase")):
        case = (await step(town, username, name, case))["case"]
    return case


async def seen(town: Town, username: str, case: dict[str, Any], fields: str) -> Any:
    answer = await town.ask(username, f"query($id: ID!) {{ case(id: $id) {{ {fields} }} }}", id=case["id"])
    assert answer["errors"] == []
    return answer["data"]["case"]


async def test_the_reporter_of_a_merged_case_learns_how_the_matter_stands_and_no_more(people: Town) -> None:
    """T4, P-03: what somebody else has reported stays theirs."""
    first = (await report(people, "resident"))["case"]
    second = (await report(people, "neighbor", title="Rubbish everywhere"))["case"]
    payload = await step(people, "secretary", "mergeCase", second, intoCaseId=first["id"])
    assert (payload["case"]["status"], payload["userErrors"]) == ("MERGED", [])
    await step(people, "secretary", "acceptCase", first)
    merged = await seen(people, "neighbor", second, MATTER)
    number = (await seen(people, "resident", first, "number"))["number"]
    assert merged["survivor"] == {"number": number, "status": "ACCEPTED", "resolvedAt": None, "result": None}
    assert merged["mergedInto"] is None
    assert await seen(people, "neighbor", first, MATTER) is None
    survivor = await seen(people, "secretary", first, MATTER)
    assert survivor["merged"] == {"totalCount": 1, "nodes": [{"id": second["id"], "status": "MERGED"}]}
    assert survivor["survivor"] == {"number": None, "status": None, "resolvedAt": None, "result": None}
    assert (await seen(people, "secretary", second, MATTER))["mergedInto"] == {"id": first["id"], "status": "ACCEPTED"}
    assert (await seen(people, "resident", first, MATTER))["merged"] == {"totalCount": 0, "nodes": []}
    assert await seen(people, "resident", second, MATTER) is None


async def test_a_merged_case_keeps_the_way_it_came_in_by_and_tells_its_reporter_of_each_state(people: Town) -> None:
    """WH-16: of two ways in, staff see both beside the case that goes on."""
    first = (await report(people, "resident"))["case"]
    second = (await report(people, "secretary", source="HOTLINE", title="Rubbish, says a caller"))["case"]
    third = (await report(people, "neighbor", title="Rubbish everywhere"))["case"]
    for case in (second, third):
        payload = await step(people, "secretary", "mergeCase", case, intoCaseId=first["id"])
        assert payload["userErrors"] == []
    await step(people, "secretary", "acceptCase", first)
    ways = "source { kind channel } merged(first: 5, orderBy: REPORTED_ASC) { nodes { title source { kind channel } } }"
    assert await seen(people, "secretary", first, ways) == {
        "source": {"kind": "APP", "channel": None},
        "merged": {
            "nodes": [
                {"title": "Rubbish, says a caller", "source": {"kind": "HOTLINE", "channel": None}},
                {"title": "Rubbish everywhere", "source": {"kind": "APP", "channel": None}},
            ]
        },
    }
    history = "events(first: 1, orderBy: SEQ_DESC) { nodes { seq kind toStatus actorRole note by { __typename } } }"
    told = {"seq": 3, "kind": "SURVIVOR_MOVED", "toStatus": "MERGED", "actorRole": "system", "note": None, "by": None}
    assert await seen(people, "neighbor", third, f"{history} survivor {{ status }}") == {
        "events": {"nodes": [told]},
        "survivor": {"status": "ACCEPTED"},
    }


async def test_the_reporter_reads_of_progress_and_of_the_steps(people: Town) -> None:
    case = await in_hand(people)
    check = {"at": "2026-01-05T02:00:00Z", "findings": "The lid is broken"}
    words = {"text": "A new bin is ordered", "handling": "VISITING", "fieldCheck": check}
    case = (await step(people, "posted", "progressCase", case, **words))["case"]
    case = (await step(people, "supervisor", "urgeCase", case, text="By when?"))["case"]
    fields = (
        "supervision handling awaitsExplanation steps(first: 9) { nodes { step } } "
        "events(first: 1, orderBy: SEQ_DESC, filter: {kind: [PROGRESSED]}) "
        "{ nodes { note handling fieldCheck { at findings } } }"
    )
    found = await seen(people, "resident", case, fields)
    assert found == {
        "supervision": "URGED",
        "handling": "VISITING",
        "awaitsExplanation": False,
        "steps": {"nodes": [{"step": "REPORTED"}, {"step": "DISPATCHED"}, {"step": "CLAIMED"}]},
        "events": {
            "nodes": [
                {
                    "note": "A new bin is ordered",
                    "handling": "VISITING",
                    "fieldCheck": {"at": "2026-01-05T02:00:00+00:00", "findings": "The lid is broken"},
                }
            ]
        },
    }
    (error,) = (await step(people, "posted", "urgeCase", case, text="Now"))["userErrors"]
    assert (error["code"], error["field"]) == ("FORBIDDEN", [])
    (error,) = (await step(people, "supervisor", "urgeCase", case, text="Now"))["userErrors"]
    assert error["code"] == "CASE_URGE_OPEN"
    payload = await step(people, "posted", "answerUrge", case, text="Tomorrow")
    assert payload["userErrors"] == []


async def test_a_refusal_says_where_to_turn_and_is_appealed_against(people: Town) -> None:
    case = (await report(people, "resident"))["case"]
    words = {"reason": "Not ours", "turnTo": "Water company, 96137"}
    case = (await step(people, "secretary", "rejectCase", case, **words))["case"]
    assert await seen(people, "resident", case, "turnTo") == {"turnTo": "Water company, 96137"}
    payload = await step(people, "resident", "appealCase", case, reason="It is a public street")
    assert (payload["case"]["status"], payload["userErrors"]) == ("REPORTED", [])


def test_the_mutations_bear_the_names_of_what_they_do() -> None:
    fields = [field.python_name for field in CourseMutations.__strawberry_definition__.fields]  # type: ignore[attr-defined]
    assert fields == [
        "merge_case",
        "appeal_case",
        "reclassify_case",
        "send_back_case",
        "relay_feedback",
        "track_case",
        "urge_case",
        "answer_urge",
        "waive_urge",
        "progress_case",
        "explain_case",
    ]


def test_the_steps_of_the_schema_are_those_of_the_rules() -> None:
    assert [step.value for step in CaseStep] == [step.value for step in STEP_ORDER]
