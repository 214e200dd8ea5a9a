"""The loop as a client of the city calls it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from schema.cases.mutations import CaseMutations
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town

CASE = "case { id version status } userErrors { code field message }"


async def step(town: Town, username: str, name: str, case: dict[str, Any], **words: Any) -> dict[str, Any]:
    """Run a case mutation on a case as a payload gave it; the payload."""
    input_type = f"{name[0].upper()}{name[1:]}Input"
    given = {"caseId": case["id"], "expectedVersion": case["version"], **words}
    return await town.change(
        username, f"mutation($input: {input_type}!) {{ {name}(input: $input) {{ {CASE} }} }}", input=given
    )


async def report(town: Town, username: str, place: str = EAST, **words: Any) -> dict[str, Any]:
    """Report a case; the payload."""
    given = {"gridId": town.id("grid", town.grids[place]), "category": "SANITATION", "title": "Bins are full", **words}
    return await town.change(
        username, f"mutation($input: ReportCaseInput!) {{ reportCase(input: $input) {{ {CASE} }} }}", input=given
    )


@pytest.fixture
async def people(town: Town) -> Town:
    """A resident, a first secretary and a posted member in the east; a resident in the west."""
    await town.resident("resident")
    await town.resident("stranger", WEST)
    await town.member("secretary", "first_secretary")
    await town.member("posted", "posted_member")
    return town


async def test_the_four_steps_of_daye(people: Town) -> None:
    """DY-08: order, dispatch, claim, rate."""
    payload = await report(people, "resident")
    case = payload["case"]
    assert payload == {"case": {"id": case["id"], "version": 1, "status": "REPORTED"}, "userErrors": []}
    for username, name, words, status in (
        ("secretary", "dispatchCase", {}, "DISPATCHED"),
        ("posted", "claimCase", {}, "CLAIMED"),
        ("posted", "startCase", {}, "IN_PROGRESS"),
        ("posted", "resolveCase", {"result": "Emptied"}, "RESOLVED"),
        ("posted", "giveFeedback", {"feedback": "They are empty now"}, "FEEDBACK_GIVEN"),
        ("resident", "rateCase", {"rating": "VERY_SATISFIED", "comment": "Thank you"}, "RATED"),
        ("secretary", "archiveCase", {}, "ARCHIVED"),
    ):
        payload = await step(people, username, name, case, **words)
        assert payload["userErrors"] == []
        assert payload["case"] == {"id": case["id"], "version": case["version"] + 1, "status": status}
        case = payload["case"]
    answer = await people.ask(
        "resident",
        "query($id: ID!) { case(id: $id) { number result rating ratingComment strikeOffNumber "
        "deadline { overdue } events(first: 20) { nodes { kind actorRole note } } } }",
        id=case["id"],
    )
    found = answer["data"]["case"]
    events = found.pop("events")["nodes"]
    year = found["number"].split("-")[1]
    assert found == {
        "number": f"DAYE-{year}-000001",
        "result": "Emptied",
        "rating": "VERY_SATISFIED",
        "ratingComment": "Thank you",
        "strikeOffNumber": f"DAYE-X{year}-000001",
        "deadline": {"overdue": False},
    }
    assert [(event["kind"], event["actorRole"]) for event in events] == [
        ("REPORTED", "resident"),
        ("DISPATCHED", "first_secretary"),
        ("CLAIMED", "posted_member"),
        ("STARTED", "posted_member"),
        ("RESOLVED", "posted_member"),
        ("FEEDBACK_GIVEN", "posted_member"),
        ("RATED", "resident"),
        ("ARCHIVED", "first_secretary"),
    ]


async def test_a_refusal_is_data_and_nothing_changes(people: Town) -> None:
    case = (await report(people, "resident"))["case"]

    async def refusal(username: str, name: str, **words: Any) -> tuple[str, list[str]]:
        payload = await step(people, username, name, words.pop("case", case), **words)
        assert payload["case"] is None
        (error,) = payload["userErrors"]
        return error["code"], error["field"]

    assert await refusal("posted", "dispatchCase") == ("FORBIDDEN", [])
    assert await refusal("stranger", "withdrawCase") == ("NOT_FOUND", ["caseId"])
    unknown = {"id": people.id("case", uuid7()), "version": 1}
    assert await refusal("secretary", "acceptCase", case=unknown) == ("NOT_FOUND", ["caseId"])
    of_another_kind = {"id": people.id("grid", people.grids[EAST]), "version": 1}
    assert await refusal("secretary", "acceptCase", case=of_another_kind) == ("NOT_FOUND", ["caseId"])
    assert await refusal("secretary", "rejectCase", reason=" ") == ("REASON_REQUIRED", ["reason"])
    assert await refusal("secretary", "dispatchCase", handlerId=people.id("member", uuid7())) == (
        "NOT_FOUND",
        ["handlerId"],
    )
    stale = {**case, "version": 7}
    assert await refusal("secretary", "acceptCase", case=stale) == ("VERSION_CONFLICT", ["expectedVersion"])
    payload = await step(people, "secretary", "acceptCase", case)
    assert payload["case"] == {"id": case["id"], "version": 2, "status": "ACCEPTED"}


async def test_retries_of_a_report_answer_with_the_same_case(people: Town) -> None:
    payloads = await asyncio.gather(*[report(people, "resident", idempotencyKey="k") for _ in range(8)])
    assert len({payload["case"]["id"] for payload in payloads}) == 1
    (error,) = (await report(people, "resident", idempotencyKey="k", title="Other"))["userErrors"]
    assert (error["code"], error["field"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])


async def test_of_many_claims_at_once_one_wins(people: Town) -> None:
    names = [f"posted{number}" for number in range(6)]
    for name in names:
        await people.member(name, "posted_member")
    case = (await report(people, "resident"))["case"]
    case = (await step(people, "secretary", "dispatchCase", case))["case"]
    payloads = await asyncio.gather(*[step(people, name, "claimCase", case) for name in names])
    codes = sorted([error["code"] for payload in payloads for error in payload["userErrors"]])
    assert codes == ["CASE_ALREADY_CLAIMED"] * 5
    assert [payload["case"]["status"] for payload in payloads if payload["case"]] == ["CLAIMED"]


async def test_somebody_who_has_not_signed_in_reports_nothing(people: Town) -> None:
    answer = await people.ask(
        None,
        "mutation($input: ReportCaseInput!) { reportCase(input: $input) { userErrors { code } } }",
        input={"gridId": people.id("grid", people.grids[EAST]), "category": "SANITATION", "title": "Bins"},
    )
    assert answer["data"] is None
    assert len(answer["errors"]) == 1


def test_the_mutations_bear_the_names_of_the_loop() -> None:
    fields = [field.python_name for field in CaseMutations.__strawberry_definition__.fields]  # type: ignore[attr-defined]
    assert fields == [
        "report_case",
        "accept_case",
        "reject_case",
        "triage_case",
        "dispatch_case",
        "claim_case",
        "release_case",
        "start_case",
        "escalate_case",
        "resolve_case",
        "give_feedback",
        "rate_case",
        "reopen_case",
        "withdraw_case",
        "archive_case",
    ]
