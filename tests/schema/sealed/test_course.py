"""A sealed matter from the report to the verdict, through the API (FD-01, FD-02, FD-04)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Text, cast, select

from server.events.models import AuditEntry, Event
from server.sealed.models import SealedAccess, SealedAllegation, SealedCase, SealedEvent
from server.sealed.replay import replay
from server.sealed.rules import SealedFacts, SealedSatisfaction, SealedStatus
from server.sealed.service.changes import read_log
from server.tables import metadata
from tests.fixtures.town import Town
from tests.schema.sealed.offices import RATE, READ, TRACK, County, codes, county

CANARY = "canary-5b1e"
SAID = [f"{CANARY} fees", f"{CANARY} gifts", f"{CANARY} silence"]


@pytest.fixture
async def offices(town: Town) -> County:
    return await county(town)


async def facts(offices: County, case_id: UUID) -> SealedFacts:
    async with offices.town.services.database.write(offices.town.tenant_id) as session:
        return replay(await read_log(session, case_id, tenant_id=offices.town.tenant_id))


async def walked(offices: County, *, name: str = "lan") -> tuple[str, str]:
    """A matter in inquiry by zone 4: its id and its code."""
    code = (await offices.report(name, allegations=SAID, subject=f"{CANARY} Zuo, accountant"))["trackingCode"]
    id_ = await offices.newest()
    note = {"factors": ["LONG_TIME", "MANY_PERSONS"], "note": f"{CANARY} too much for one"}
    assert (await offices.step("officer", "analyzeSealed", id_, 1, **note))["userErrors"] == []
    assert (await offices.step("officer", "assignSealed", id_, 2, zoneId=offices.zones["four"]))["userErrors"] == []
    assert (await offices.step("t1-discipline", "beginSealedInquiry", id_, 3))["userErrors"] == []
    return id_, code


async def test_the_whole_course_with_one_answer_per_allegation(offices: County) -> None:
    id_, code = await walked(offices)
    early = await offices.ask(None, RATE, input={"code": code, "verdict": "SATISFIED"})
    assert codes(early) == ["SEALED_WRONG_STATUS"]
    handed = {"target": f"{CANARY} Badou commission", "note": f"{CANARY} for filing"}
    assert (await offices.step("t1-discipline", "transferSealed", id_, 4, **handed))["sealedCase"] == {
        "status": "TRANSFERRED",
        "version": 5,
    }
    assert codes(await offices.step("t1-discipline", "beginSealedInquiry", id_, 5)) == ["SEALED_WRONG_STATUS"]
    for version, position in ((5, 2), (6, 1)):
        words = {"allegation": position, "text": f"{CANARY} answer {position}"}
        assert (await offices.step("officer", "giveSealedFeedback", id_, version, **words))["userErrors"] == []
    again = await offices.step("officer", "giveSealedFeedback", id_, 7, allegation=1, text="x")
    assert codes(again) == ["SEALED_ANSWERED"]
    assert codes(await offices.step("officer", "closeSealed", id_, 7)) == ["SEALED_NOT_ANSWERED"]
    early = await offices.ask(None, RATE, input={"code": code, "verdict": "SATISFIED"})
    assert codes(early) == ["SEALED_NOT_ANSWERED"]
    await offices.step("officer", "giveSealedFeedback", id_, 7, allegation=3, text=f"{CANARY} answer 3")
    assert await offices.ask(None, TRACK, code=code) == {
        "status": "FEEDBACK",
        "satisfaction": "NOT_RATED",
        "verdictAsked": True,
        "allegations": [{"position": n, "text": SAID[n - 1], "feedback": f"{CANARY} answer {n}"} for n in (1, 2, 3)],
    }
    assert (await offices.step("officer", "closeSealed", id_, 8))["sealedCase"] == {"status": "CLOSED", "version": 9}
    rated = await offices.ask(None, RATE, input={"code": code, "verdict": "PARTLY_SATISFIED", "comment": CANARY})
    assert rated == {"satisfaction": "PARTLY_SATISFIED", "userErrors": []}
    assert codes(await offices.ask(None, RATE, input={"code": code, "verdict": "SATISFIED"})) == ["SEALED_RATED"]
    await _check_told(offices, id_)
    await _check_stored(offices, UUID(id_.removeprefix("sealed_")))


async def _check_told(offices: County, id_: str) -> None:
    found = await offices.ask("officer", READ, id=id_)
    events = found.pop("events")["nodes"]
    assert found == {
        "number": 1,
        "status": "CLOSED",
        "version": 10,
        "subject": f"{CANARY} Zuo, accountant",
        "anonymous": False,
        "factors": ["LONG_TIME", "MANY_PERSONS"],
        "analysis": f"{CANARY} too much for one",
        "transferredTo": f"{CANARY} Badou commission",
        "transferNote": f"{CANARY} for filing",
        "answered": 3,
        "satisfaction": "PARTLY_SATISFIED",
        "about": {"code": "village"},
        "owner": None,
        "zone": {"name": "Zone 4"},
        "allegations": {
            "nodes": [{"position": n, "text": SAID[n - 1], "feedback": f"{CANARY} answer {n}"} for n in (1, 2, 3)]
        },
    }
    assert [(step["seq"], step["kind"], step["allegation"], step["owner"], step["zone"]) for step in events] == [
        (1, "RECEIVED", None, {"code": "discipline"}, None),
        (2, "ANALYZED", None, {"code": "discipline"}, None),
        (3, "ZONE_ASSIGNED", None, None, {"name": "Zone 4"}),
        (4, "INQUIRY_BEGUN", None, None, {"name": "Zone 4"}),
        (5, "TRANSFERRED", None, None, {"name": "Zone 4"}),
        (6, "FEEDBACK_GIVEN", 2, None, {"name": "Zone 4"}),
        (7, "FEEDBACK_GIVEN", 1, None, {"name": "Zone 4"}),
        (8, "FEEDBACK_GIVEN", 3, None, {"name": "Zone 4"}),
        (9, "CLOSED", None, None, {"name": "Zone 4"}),
        (10, "RATED", None, None, {"name": "Zone 4"}),
    ]


async def _check_stored(offices: County, case_id: UUID) -> None:
    """What is stored is what the log replays to; the reporter has no trace; no word stands in any table."""
    (row,) = await offices.town.rows(SealedCase)
    assert await facts(offices, case_id) == SealedFacts(
        status=SealedStatus(row.status),
        version=row.version,
        allegations=row.allegations,
        owner_id=row.owner_id,
        zone_id=row.zone_id,
        answered=frozenset({1, 2, 3}),
        satisfaction=SealedSatisfaction(row.satisfaction),
    )
    events = {event.kind: event for event in await offices.town.rows(SealedEvent)}
    for kind in ("RECEIVED", "RATED"):
        step = events[kind]
        assert (step.account_id, step.member_id, step.request_id) == (None, None, None)
    assert all(event.account_id for kind, event in events.items() if kind not in {"RECEIVED", "RATED"})
    assert [entry.object_type for entry in await offices.town.rows(AuditEntry) if "sealed" in entry.object_type] == []
    log = [event.type for event in await offices.town.rows(Event)]
    assert log == ["TenantApplied", "CooperationZoneCreated", "CooperationZoneCreated"]
    async with offices.town.services.database.write(offices.town.tenant_id) as session:
        for table in metadata.sorted_tables:
            if "tenant_id" not in table.c:
                continue
            rows = list(await session.scalars(select(cast(table.table_valued(), Text))))
            for needle in (CANARY, CANARY.encode().hex()):
                assert [line for line in rows if needle in line] == [], table.name


async def test_every_reading_is_written_down_and_the_leads_see_it(offices: County) -> None:
    id_, code = await walked(offices)
    before = len(await offices.town.rows(SealedAccess))
    await offices.ask("officer", READ, id=id_)
    await offices.ask("t1-discipline", "{ sealedCases { nodes { status } } }")
    await offices.ask(None, TRACK, code=code)
    found = (await offices.town.rows(SealedAccess))[before:]
    assert [(row.action, row.roles, row.account_id is None) for row in found] == [
        ("READ", "discipline_office", False),
        ("READ", "discipline_zone", False),
        ("TRACK", "", True),
    ]
    query = "query($id: ID!) { sealedCase(id: $id) { accesses(first: 3) { nodes { action roles } } } }"
    told = await offices.ask("lead", query, id=id_)
    assert told["accesses"]["nodes"] == [
        {"action": "TRACK", "roles": []},
        {"action": "READ", "roles": ["discipline_zone"]},
        {"action": "READ", "roles": ["discipline_office"]},
    ]
    answer = await offices.town.ask("officer", query, id=id_)
    assert answer["data"]["sealedCase"] == {"accesses": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_the_reporter_is_known_to_the_leads_alone_and_for_a_reason(offices: County) -> None:
    id_, _code = await walked(offices)
    query = """mutation($input: IdentifySealedReporterInput!) { identifySealedReporter(input: $input) {
      reporter { personId name } userErrors { code field } } }"""
    given = {"caseId": id_, "reason": f"{CANARY} threatened"}
    for username in ("officer", "t1-discipline"):
        assert codes(await offices.ask(username, query, input=given)) == ["FORBIDDEN"]
    assert codes(await offices.ask("lead", query, input={**given, "reason": " "})) == ["TEXT_REQUIRED"]
    payload = await offices.ask("lead", query, input=given)
    assert payload["reporter"]["name"] == "Invented lan"
    assert payload["reporter"]["personId"].startswith("resident_")
    (noted,) = await offices.town.rows(SealedAccess, action="IDENTIFY")
    assert noted.reason is not None
    assert CANARY.encode() not in noted.reason
    await offices.report("lan", withoutName=True)
    unknown = {"caseId": await offices.newest(), "reason": "Threatened"}
    assert await offices.ask("lead", query, input=unknown) == {"reporter": None, "userErrors": []}
    (row,) = (await offices.town.rows(SealedCase))[1:]
    assert (row.reporter, row.once) == (None, None)


async def test_a_retry_gets_the_first_code_and_another_report_is_refused(offices: County) -> None:
    first = await offices.report("lan", idempotencyKey="k1")
    assert await offices.report("lan", idempotencyKey="k1") == first
    assert codes(await offices.report("lan", idempotencyKey="k1", subject="Another")) == ["IDEMPOTENCY_KEY_REUSED"]
    other = await offices.report("officer", idempotencyKey="k1")
    assert other["userErrors"] == []
    assert other["trackingCode"] != first["trackingCode"]
    assert [row.number for row in await offices.town.rows(SealedCase)] == [1, 2]
    assert len(await offices.town.rows(SealedAllegation)) == 2
    assert (await offices.ask(None, TRACK, code=first["trackingCode"]))["status"] == "RECEIVED"


async def test_anybody_may_report_and_faults_are_named(offices: County) -> None:
    assert (await offices.report(None))["userErrors"] == []
    assert (await offices.report(None, organizationId=None, gridCode="east"))["userErrors"] == []
    east = (await offices.town.rows(SealedCase))[-1]
    assert (east.about_id, east.reporter) == (offices.town.organizations["east"], None)
    for words, code in (
        ({"gridCode": "east"}, "SEALED_ABOUT"),
        ({"organizationId": None, "gridCode": "nowhere"}, "NOT_FOUND"),
        ({"tenant": "nowhere"}, "NOT_FOUND"),
        ({"allegations": []}, "SEALED_ALLEGATIONS"),
        ({"allegations": ["x"] * 21}, "SEALED_ALLEGATIONS"),
        ({"allegations": [" "]}, "TEXT_REQUIRED"),
        ({"allegations": ["x" * 2001]}, "TEXT_TOO_LONG"),
    ):
        assert codes(await offices.report(None, **words)) == [code], words
    assert await offices.town.ask(None, TRACK, code="DAYE-0") == {"data": {"trackSealed": None}, "errors": []}
    given: dict[str, Any] = {"code": "DAYE-0", "verdict": "SATISFIED"}
    assert codes(await offices.ask(None, RATE, input=given)) == ["NOT_FOUND"]
