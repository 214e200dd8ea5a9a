"""Intake as clients call it: questions, likely duplicates, reports for somebody else and without a name, channels."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from schema.context import Context
from schema.documents.asked import Asked
from schema.intake.mutations import REPORT_POINTS
from server.events.models import AuditEntry
from tests.fixtures.town import EAST, OPERATIONS, WEST, Town

ANONYMOUS = "mutation($input: ReportAnonymouslyInput!) { reportAnonymously(input: $input) { trackingCode userErrors { code field } } }"
TRACK = """query($code: String!) { caseByTrackingCode(code: $code) { number category status rating
  steps { kind status said } messages { fromReporter text } } }"""
RATE = "mutation($input: RateTrackedCaseInput!) { rateTrackedCase(input: $input) { rating userErrors { code field } } }"
ADD = "mutation($input: AddToTrackedCaseInput!) { addToTrackedCase(input: $input) { added userErrors { code field } } }"
REPORT = "mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id version %s } userErrors { code field } } }"
SUGGEST = """query($input: SuggestDuplicatesInput!) { suggestDuplicates(input: $input) {
  number category status inGrid words case { title } } }"""


async def stranger(town: Town, query: str, peer: str | None = None, **variables: Any) -> dict[str, Any]:
    """Ask without signing in, from an address of one's own; the payload of the one field."""
    peer = peer or f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    context = Context(services=town.services, actor=None, request_id="request-1", peer=peer)
    body = orjson.loads((await OPERATIONS.run(context, Asked(query=query, variables=variables))).body)
    assert "errors" not in body, body
    found: dict[str, Any] = next(iter(body["data"].values()))
    return found


async def report(town: Town, username: str, shown: str = "status", place: str = EAST, **words: Any) -> dict[str, Any]:
    given = {"gridId": town.id("grid", town.grids[place]), "category": "SANITATION", "title": "Bins are full", **words}
    return await town.change(username, REPORT % shown, input=given)


async def anonymous(town: Town, **words: Any) -> dict[str, Any]:
    given = {"tenant": "daye", "gridCode": EAST, "category": "SANITATION", "title": "Bins are full", **words}
    return await stranger(town, ANONYMOUS, input=given)


@pytest.fixture
async def people(town: Town) -> Town:
    await town.resident("resident")
    await town.resident("neighbor")
    await town.member("secretary", "first_secretary")
    await town.member("worker", "grid_worker")
    await town.member("admin", "tenant_admin")
    return town


async def test_the_categories_are_a_tree_with_their_questions(people: Town) -> None:
    query = "{ caseCategories { code parent depth department questions } }"
    found = {each["code"]: each for each in (await people.ask("resident", query))["data"]["caseCategories"]}
    codes = list(found)
    assert codes.index("FOOD") == codes.index("MARKET") + 1
    assert (found["FOOD"]["parent"], found["FOOD"]["depth"], found["FOOD"]["department"]) == (
        "MARKET",
        1,
        "market_office",
    )
    assert found["FOOD"]["questions"] == found["MARKET"]["questions"]
    assert found["MARKET"]["questions"]["required"] == ["shop"]
    assert found["SANITATION"]["questions"] is None
    assert (await people.ask(None, query))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_answers_come_back_with_the_case_and_faults_name_the_question(people: Town) -> None:
    shown = "answers source { kind channel } origin anonymous onBehalf queue { code }"
    payload = await report(people, "resident", shown, category="FOOD", answers={"shop": "Noodles"})
    assert (
        payload["case"].items()
        >= {
            "answers": {"shop": "Noodles"},
            "source": {"kind": "APP", "channel": None},
            "origin": "RESIDENT_REPORTED",
            "anonymous": False,
            "onBehalf": False,
            "queue": None,
        }.items()
    )
    for answers, code, field in (
        ({}, "ANSWER_REQUIRED", ["answers", "shop"]),
        ({"shop": 1}, "ANSWER_INVALID", ["answers", "shop"]),
        ({"shop": "x", "seenOn": "x"}, "ANSWER_INVALID", ["answers", "seenOn"]),
        ([1], "ANSWERS_INVALID", ["answers"]),
    ):
        payload = await report(people, "resident", category="FOOD", answers=answers)
        assert payload == {"case": None, "userErrors": [{"code": code, "field": field}]}


async def test_a_report_without_a_name_is_followed_answered_and_rated_by_its_code(people: Town) -> None:
    with capture_logs() as logs:
        payload = await anonymous(people)
        code = payload["trackingCode"]
        assert payload["userErrors"] == []
        tracked = await stranger(people, TRACK, code=code)
        assert (tracked["status"], tracked["steps"]) == (
            "REPORTED",
            [{"kind": "REPORTED", "status": "REPORTED", "said": None}],
        )
        assert await stranger(people, ADD, input={"code": code, "text": "Again"}) == {"added": True, "userErrors": []}
        refused = await stranger(people, RATE, input={"code": code, "rating": "SATISFIED"})
        assert [error["code"] for error in refused["userErrors"]] == ["CASE_WRONG_STATUS"]
    assert code not in repr(logs)
    tracked = await stranger(people, TRACK, code=code)
    assert tracked["messages"] == [{"fromReporter": True, "text": "Again"}]
    (case,) = (
        await people.ask(
            "secretary", "{ cases { nodes { id number anonymous reporter { name } events { nodes { actorRole } } } } }"
        )
    )["data"]["cases"]["nodes"]
    assert (case["number"], case["anonymous"], case["reporter"]) == (tracked["number"], True, None)
    assert case["events"]["nodes"] == [{"actorRole": "anonymous"}]
    assert (await people.ask("resident", "{ cases { nodes { id } } }"))["data"]["cases"]["nodes"] == []


async def test_a_wrong_code_and_an_unknown_one_are_told_the_same(people: Town) -> None:
    code = (await anonymous(people))["trackingCode"]
    last = "0" if code[-1] != "0" else "2"
    for other in (code[:-1] + last, code.replace("DAYE", "WUHAN"), "DAYE", "x", ""):
        context = Context(services=people.services, actor=None, request_id="request-1")
        answer = await OPERATIONS.run(context, Asked(query=TRACK, variables={"code": other}))
        assert orjson.loads(answer.body)["data"] == {"caseByTrackingCode": None}
        told = [{"code": "NOT_FOUND", "field": ["code"]}]
        assert (await stranger(people, RATE, input={"code": other, "rating": "SATISFIED"}))["userErrors"] == told
        assert (await stranger(people, ADD, input={"code": other, "text": "x"}))["userErrors"] == told


async def test_an_address_reports_a_few_times_at_once(people: Town) -> None:
    peer = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    given = {"tenant": "daye", "gridCode": EAST, "category": "SANITATION", "title": "Bins"}
    most = people.services.throttle.budgets.of("anonymous").capacity // REPORT_POINTS
    codes: list[str] = []
    for _ in range(most + 2):
        payload = await stranger(people, ANONYMOUS, peer, input=given)
        codes += [error["code"] for error in payload["userErrors"]] or ["reported"]
    assert codes[0] == "reported"
    assert codes[-1] == "TOO_MANY_REPORTS"
    told = await stranger(people, ANONYMOUS.replace("code field", "message"), peer, input=given)
    assert re.fullmatch(r"Too many reports at once: try again in \d+ seconds\.", told["userErrors"][0]["message"])
    assert (await anonymous(people))["userErrors"] == []


async def test_what_is_not_taken_does_not_count_as_a_report(people: Town) -> None:
    """Whoever mistypes the code of a grid can still report; the requests themselves are paid for."""
    peer = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    given = {"tenant": "daye", "gridCode": "nowhere", "category": "SANITATION", "title": "Bins"}
    most = people.services.throttle.budgets.of("anonymous").capacity // REPORT_POINTS
    for _ in range(most + 1):
        payload = await stranger(people, ANONYMOUS, peer, input=given)
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    assert (await stranger(people, ANONYMOUS, peer, input={**given, "gridCode": EAST}))["userErrors"] == []


async def test_faults_of_a_report_without_a_name_are_told_by_field(people: Town) -> None:
    for words, error in (
        ({"tenant": "nowhere"}, {"code": "NOT_FOUND", "field": ["tenant"]}),
        ({"gridCode": "nowhere"}, {"code": "NOT_FOUND", "field": ["gridCode"]}),
        ({"category": "MARKET"}, {"code": "ANSWER_REQUIRED", "field": ["answers", "shop"]}),
        ({"title": ""}, {"code": "TEXT_REQUIRED", "field": ["title"]}),
    ):
        assert await anonymous(people, **words) == {"trackingCode": None, "userErrors": [error]}


async def test_staff_report_for_somebody_and_reading_whom_is_logged(people: Town) -> None:
    contact = {"contact": {"name": "Invented Wang", "phone": "+86 555 0100"}}
    shown = "onBehalf reporter { name } contact { name phone }"
    case = (await report(people, "worker", shown, onBehalfOf=contact, source="HOTLINE"))["case"]
    assert (case["onBehalf"], case["reporter"], case["contact"]) == (
        True,
        None,
        {"name": "Invented Wang", "phone": "+86 555 0100"},
    )
    async with people.services.database.write(people.tenant_id) as session:
        rows = select(AuditEntry).where(AuditEntry.tenant_id == people.tenant_id, AuditEntry.action == "case:contact")
        read = (await session.scalars(rows)).all()
    assert [(str(entry.object_id), entry.detail) for entry in read] == [(case["id"][5:], {"purpose": "INTAKE"})] * 2
    query = "query($id: ID!) { case(id: $id) { contact { name } } }"
    answer = await people.ask("admin", query, id=case["id"])
    assert answer["data"]["case"]["contact"] == {"name": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    plain = (await report(people, "worker", shown))["case"]
    assert plain["contact"] == {"name": None, "phone": None}


async def test_a_case_on_behalf_of_a_resident_is_the_residents(people: Town) -> None:
    resident = await people.resident("third")
    given = {"residentId": people.id("resident", resident)}
    assert (await report(people, "worker", "onBehalf", onBehalfOf=given, source="DOOR"))["case"]["onBehalf"] is True
    mine = (await people.ask("third", "{ cases { nodes { source { kind } } } }"))["data"]["cases"]["nodes"]
    assert mine == [{"source": {"kind": "DOOR"}}]
    for words in (
        {"onBehalfOf": given},
        {"source": "DESK"},
        {"origin": "PROACTIVE_VISIT"},
        {"service": {"mode": "GUIDE"}},
    ):
        payload = await report(people, "resident", **words)
        assert [error["code"] for error in payload["userErrors"]] == ["INTAKE_STAFF_ONLY"]
    payload = await report(people, "worker", service={"mode": "AGENT"})
    assert payload["userErrors"] == [{"code": "CONSENT_REQUIRED", "field": ["service", "consented"]}]


async def test_cases_are_filtered_and_counted_by_source(people: Town) -> None:
    await report(people, "resident")
    await report(people, "worker", source="DOOR", origin="PROACTIVE_VISIT")
    await report(people, "worker", source="DOOR")
    query = """{ cases { countBy(key: SOURCE) { key count } }
      visits: cases(filter: {origin: PROACTIVE_VISIT}) { totalCount }
      doors: cases(filter: {source: [DOOR], anonymous: false}) { totalCount } }"""
    data = (await people.ask("secretary", query))["data"]
    assert data == {
        "cases": {"countBy": [{"key": "DOOR", "count": 2}, {"key": "APP", "count": 1}]},
        "visits": {"totalCount": 1},
        "doors": {"totalCount": 2},
    }


async def suggested(town: Town, username: str, place: str = EAST, **words: Any) -> list[dict[str, Any]]:
    given = {"gridId": town.id("grid", town.grids[place]), "category": "SANITATION", "title": "Full bins", **words}
    found: list[dict[str, Any]] = (await town.ask(username, SUGGEST, input=given))["data"]["suggestDuplicates"]
    return found


async def test_the_same_matter_is_suggested_by_place_category_and_words(people: Town) -> None:
    await report(people, "resident", title="Dogs")
    await report(people, "resident", title="Bins are full")
    await report(people, "resident", title="Broken lamp", category="SAFETY")
    await report(people, "resident", title="Bins are full", track="COMPLAINT")
    await people.resident("far", WEST)
    await report(people, "far", place=WEST, title="Full bins")
    found = await suggested(people, "secretary")
    assert [(each["case"]["title"], each["words"], each["inGrid"]) for each in found] == [
        ("Bins are full", 2, True),
        ("Bins are full", 2, True),
        ("Dogs", 0, True),
    ]
    assert [(each["case"], each["words"]) for each in await suggested(people, "secretary", WEST)] == [(None, 0)]


async def test_residents_get_others_cases_without_their_words_and_no_complaints(people: Town) -> None:
    await report(people, "resident", title="Dogs")
    await report(people, "resident", title="Bins are full")
    await report(people, "resident", title="Bins are full", track="COMPLAINT")
    found = await suggested(people, "neighbor")
    assert [(each["case"], each["words"], each["status"]) for each in found] == [(None, 0, "REPORTED")] * 2
    assert [each["number"][-6:] for each in found] == ["000002", "000001"]
    own = await suggested(people, "resident")
    assert [each["case"]["title"] for each in own] == ["Bins are full", "Bins are full", "Dogs"]
    nowhere = {"gridId": people.id("grid", uuid4())}
    assert await suggested(people, "neighbor", **nowhere) == []
    (error,) = (await people.ask(None, SUGGEST, input={**nowhere, "category": "SANITATION"}))["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_administrator_gives_channels_their_secrets(people: Town) -> None:
    create = "mutation($input: CreateChannelSecretInput!) { createChannelSecret(input: $input) { secret userErrors { code field } } }"
    retire = "mutation($input: RetireChannelSecretsInput!) { retireChannelSecrets(input: $input) { retired userErrors { code } } }"
    made = [await people.change("admin", create, input={"channel": "chat"}) for _ in range(3)]
    assert [bool(each["secret"]) for each in made] == [True, True, False]
    assert made[2]["userErrors"] == [{"code": "CHANNEL_SECRETS_FULL", "field": ["channel"]}]
    assert made[0]["secret"].startswith("whsec_")
    assert made[0]["secret"] != made[1]["secret"]
    refused = await people.change("secretary", create, input={"channel": "chat"})
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    assert (await people.change("admin", retire, input={"channel": "chat"}))["retired"] == 1
    assert (await people.change("admin", retire, input={"channel": "chat", "all": True}))["retired"] == 1
