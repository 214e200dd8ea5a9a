"""The health record through the API: written once, read by few, and never unseen (DY-15, P-01)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from server.events.models import AuditEntry, Event
from server.health_checks.models import AccessLog, HealthCheck, HealthRecord
from tests.fixtures.town import WEST, Town, noon

CANARY = "canary-7f3a-hypertension"
RECORD = """
mutation ($input: RecordHealthCheckInput!) {
  recordHealthCheck(input: $input) { healthCheck { checkedOn findings } userErrors { code field message } }
}
"""
SILENT = "mutation ($input: RecordHealthCheckInput!) { recordHealthCheck(input: $input) { userErrors { code field } } }"
READ = """
query ($id: ID!, $purpose: String!) {
  healthRecord(residentId: $id, purpose: $purpose) {
    residentId consentPurpose consentedOn
    checks(first: 10) { totalCount nodes { checkedOn findings } edges { node { values: findings } } }
  }
}
"""
LOG = "{ myHealthAccessLog(orderBy: AT_ASC) { nodes { readerName readerRoles purpose } } }"
DENIED = (
    "tenant_admin",
    "first_secretary",
    "community_secretary",
    "grid_chief",
    "grid_worker",
    "posted_member",
    "police",
    "analyst",
)
CONSENT = {"purpose": "Free check and follow-up", "givenOn": "2021-06-01"}
FINDINGS = {"pulse": 62, "note": CANARY, "smoker": False, "weightKg": 71.5, "ecg": None}


async def resident(town: Town, username: str = "lan") -> str:
    """A woman entitled from 2021 to 2030, with a health worker at the place; her public id."""
    resident_id = await town.resident(username)
    if "doctor" not in town.usernames:
        await town.member("doctor", "health_worker")
    return town.id("resident", resident_id)


def check(id_: str, on: str = "2021-06-10", **given: Any) -> dict[str, Any]:
    return {"residentId": id_, "checkedOn": on, "findings": FINDINGS, "consent": CONSENT, **given}


async def written(town: Town) -> str:
    id_ = await resident(town)
    assert await town.change("doctor", SILENT, input=check(id_)) == {"userErrors": []}
    return id_


async def test_the_first_check_makes_the_record_and_the_next_joins_it(town: Town) -> None:
    id_ = await resident(town)
    first = await town.change("doctor", RECORD, input=check(id_))
    assert first == {"healthCheck": {"checkedOn": "2021-06-10", "findings": FINDINGS}, "userErrors": []}
    second = await town.change("doctor", RECORD, input=check(id_, "2023-06-10", consent=None, findings={"pulse": 64}))
    assert second == {"healthCheck": {"checkedOn": "2023-06-10", "findings": {"pulse": 64}}, "userErrors": []}
    (record,) = await town.rows(HealthRecord)
    checks = await town.rows(HealthCheck)
    assert [row.record_id for row in checks] == [record.id, record.id]
    assert [row.type for row in await town.rows(Event, subject_type="health_check")] == ["HealthCheckRecorded"] * 2
    entries = await town.rows(AuditEntry, action="health_check:record")
    assert [(row.object_id, row.actor_name) for row in entries] == [(row.id, "doctor") for row in checks]


async def test_resident_and_health_worker_read_the_record(town: Town) -> None:
    id_ = await written(town)
    await town.change("doctor", SILENT, input=check(id_, "2023-06-10", findings={"pulse": 64}))
    for username in ("doctor", "lan"):
        answer = await town.ask(username, READ, id=id_, purpose="Follow-up")
        assert answer["errors"] == []
        assert answer["data"]["healthRecord"] == {
            "residentId": id_,
            "consentPurpose": CONSENT["purpose"],
            "consentedOn": CONSENT["givenOn"],
            "checks": {
                "totalCount": 2,
                "nodes": [
                    {"checkedOn": "2023-06-10", "findings": {"pulse": 64}},
                    {"checkedOn": "2021-06-10", "findings": FINDINGS},
                ],
                "edges": [{"node": {"values": {"pulse": 64}}}, {"node": {"values": FINDINGS}}],
            },
        }


async def test_no_other_role_gets_anything_and_nothing_counts_as_read(town: Town) -> None:
    id_ = await written(town)
    for role in DENIED:
        username = role.replace("_", "-")
        await town.member(username, role)
        answer = await town.ask(username, READ, id=id_, purpose="Curiosity")
        assert answer == {"data": {"healthRecord": None}, "errors": []}, role
        refused = await town.change(username, SILENT, input=check(id_, "2023-06-10"))
        assert refused == {"userErrors": [{"code": "FORBIDDEN", "field": []}]}, role
    assert await town.rows(AccessLog) == []
    assert await town.rows(AuditEntry, action="health_record:read", outcome="DONE") == []
    assert len(await town.rows(HealthCheck)) == 1


async def test_neighbors_and_health_workers_of_other_places_get_nothing(town: Town) -> None:
    id_ = await written(town)
    await town.resident("neighbor")
    await town.member("far-doctor", "health_worker", WEST)
    for username in ("neighbor", "far-doctor"):
        answer = await town.ask(username, READ, id=id_, purpose="Curiosity")
        assert answer == {"data": {"healthRecord": None}, "errors": []}
    refused = await town.change("far-doctor", SILENT, input=check(id_, "2023-06-10"))
    assert refused == {"userErrors": [{"code": "NOT_FOUND", "field": ["residentId"]}]}
    assert await town.rows(AccessLog) == []


async def test_the_resident_sees_every_reading_and_nobody_else_does(town: Town) -> None:
    id_ = await written(town)
    await town.ask("doctor", READ, id=id_, purpose="Follow-up of blood pressure")
    await town.ask("lan", READ, id=id_, purpose="My own")
    await resident(town, "mei")
    log = await town.ask("lan", LOG)
    assert log["data"]["myHealthAccessLog"]["nodes"] == [
        {
            "readerName": "Invented doctor",
            "readerRoles": ["health_worker"],
            "purpose": "Follow-up of blood pressure",
        },
        {"readerName": "Invented lan", "readerRoles": ["resident"], "purpose": "My own"},
    ]
    for username in ("mei", "doctor"):
        assert (await town.ask(username, LOG))["data"] == {"myHealthAccessLog": {"nodes": []}}
    entries = await town.rows(AuditEntry, action="health_record:read")
    assert [(row.actor_name, len(row.detail["rows"])) for row in entries] == [("doctor", 3), ("lan", 3)]


async def test_reading_what_one_has_just_written_is_logged_too(town: Town) -> None:
    id_ = await resident(town)
    await town.change("doctor", RECORD, input=check(id_))
    assert [(row.reader_name, row.purpose) for row in await town.rows(AccessLog)] == [("Invented doctor", "RECORDING")]


async def test_two_readings_in_one_operation_keep_their_own_purposes(town: Town) -> None:
    lan = await written(town)
    mei = await resident(town, "mei")
    await town.change("doctor", SILENT, input=check(mei))
    query = """query ($lan: ID!, $mei: ID!) {
      one: healthRecord(residentId: $lan, purpose: "Of lan") { id }
      two: healthRecord(residentId: $mei, purpose: "Of mei") { id }
    }"""
    await town.ask("doctor", query, lan=lan, mei=mei)
    log = {(town.id("resident", row.resident_id), row.purpose) for row in await town.rows(AccessLog)}
    assert log == {(lan, "Of lan"), (mei, "Of mei")}


async def test_node_is_no_way_around_the_purpose(town: Town) -> None:
    await written(town)
    (record,) = await town.rows(HealthRecord)
    (row,) = await town.rows(HealthCheck)
    ids = [town.id("healthrecord", record.id), town.id("healthcheck", row.id)]
    for selection in ("... on HealthRecord { consentPurpose }", "... on HealthCheck { findings }", "id"):
        answer = await town.ask("doctor", f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {selection} }} }}", ids=ids)
        assert CANARY not in str(answer)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert await town.rows(AccessLog) == []


async def test_a_purpose_given_elsewhere_in_the_operation_does_not_open_node(town: Town) -> None:
    id_ = await written(town)
    (row,) = await town.rows(HealthCheck)
    query = """query ($id: ID!, $check: ID!) {
      healthRecord(residentId: $id, purpose: "Follow-up") { id }
      node(id: $check) { ... on HealthCheck { findings } }
    }"""
    answer = await town.ask("doctor", query, id=id_, check=town.id("healthcheck", row.id))
    assert CANARY not in str(answer)
    assert [error["path"] for error in answer["errors"]] == [["node"]]


async def test_a_purpose_is_a_line_of_text(town: Town) -> None:
    id_ = await written(town)
    for purpose, code in (("  ", "TEXT_REQUIRED"), ("line\nline", "TEXT_INVALID"), ("x\x00y", "TEXT_INVALID")):
        answer = await town.ask("doctor", READ, id=id_, purpose=purpose)
        assert answer["data"] == {"healthRecord": None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
    assert await town.rows(AccessLog) == []


async def test_what_is_not_written_down(town: Town) -> None:
    id_ = await resident(town)
    early = {**CONSENT, "givenOn": "2019-01-01"}
    refusals: tuple[tuple[dict[str, Any], str, list[str]], ...] = (
        ({"consent": None}, "CONSENT_MISSING", ["consent"]),
        ({"consent": {**CONSENT, "givenOn": "2021-06-11"}}, "CONSENT_AFTER_CHECK", ["consent", "givenOn"]),
        ({"checkedOn": noon(2).date().isoformat()}, "CHECK_IN_FUTURE", ["checkedOn"]),
        ({"checkedOn": "2021-02-28", "consent": early}, "INELIGIBLE_TOO_YOUNG", ["residentId"]),
        ({"checkedOn": "2019-12-31", "consent": early}, "INELIGIBLE_NO_POLICY", ["residentId"]),
        ({"findings": {}}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": [1]}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": {"nested": {"no": 1}}}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": {" ": 1}}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": {"n": "x" * 16_001}}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": {f"n{number}": 1 for number in range(101)}}, "FINDINGS_INVALID", ["findings"]),
        ({"findings": {"n": 10**30}}, "FINDINGS_INVALID", ["findings"]),
        ({"residentId": "resident_00000000-0000-7000-8000-000000000000"}, "NOT_FOUND", ["residentId"]),
    )
    for given, code, field in refusals:
        payload = await town.change("doctor", SILENT, input={**check(id_), **given})
        assert payload == {"userErrors": [{"code": code, "field": field}]}
    assert await town.rows(HealthRecord) == []
    assert await town.rows(HealthCheck) == []


async def test_today_is_the_day_when_none_is_given(town: Town) -> None:
    born = noon(0).date().replace(day=1) - timedelta(days=365 * 60)
    id_ = town.id("resident", await town.resident("lan", born=born))
    await town.member("doctor", "health_worker")
    given = {"residentId": id_, "findings": {"pulse": 60}, "consent": {"purpose": "Check", "givenOn": "2021-06-01"}}
    payload = await town.change("doctor", RECORD, input=given)
    today = (noon(0) - timedelta(hours=12)).date()
    assert payload["userErrors"] == []
    assert payload["healthCheck"]["checkedOn"] in (today.isoformat(), (today + timedelta(days=1)).isoformat())


async def test_the_database_never_holds_what_was_found(town: Town) -> None:
    id_ = await written(town)
    await town.ask("lan", READ, id=id_, purpose="My own")
    async with town.services.database.write(town.tenant_id) as session:
        tables = await session.scalars(text("select tablename from pg_tables where schemaname = 'public'"))
        seen = []
        for table in tables.all():
            if table == "alembic_version":
                continue
            rows = await session.scalars(text(f'select t::text from "{table}" t'))  # noqa: S608 - names from the catalog
            seen.append((table, "\n".join(rows.all())))
    dump = "\n".join(rows for _table, rows in seen)
    assert CONSENT["purpose"] in dump  # the dump does see values
    for trace in (CANARY, CANARY.encode().hex(), "weightKg", b"weightKg".hex()):
        assert [table for table, rows in seen if trace in rows] == []


@pytest.mark.parametrize("moved", ["to another check", "changed in place", "key gone"])
async def test_a_ciphertext_opens_only_where_it_was_written(town: Town, moved: str) -> None:
    lan = await written(town)
    mei = await resident(town, "mei")
    await town.change("doctor", SILENT, input=check(mei, findings={"pulse": 99}))
    first, second = await town.rows(HealthCheck)
    values: dict[str, dict[str, Any]] = {
        "to another check": {"findings": first.findings},
        "changed in place": {"findings": second.findings[:-1] + bytes([second.findings[-1] ^ 1])},
        "key gone": {"key_version": 9},
    }
    await _tamper(town, second.id, values[moved])
    answer = await town.ask("doctor", READ, id=mei, purpose="Follow-up")
    assert answer["data"] == {"healthRecord": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert CANARY not in str(answer)
    untouched = await town.ask("doctor", READ, id=lan, purpose="Follow-up")
    assert untouched["data"]["healthRecord"]["checks"]["nodes"][0]["findings"] == FINDINGS


async def _tamper(town: Town, check_id: UUID, values: dict[str, Any]) -> None:
    async with town.services.database.write(town.tenant_id) as session:
        await session.execute(
            update(HealthCheck)
            .where(HealthCheck.tenant_id == town.tenant_id, HealthCheck.id == check_id)
            .values(**values),
        )


async def test_nothing_leads_from_a_resident_or_a_case_to_health(town: Town) -> None:
    await resident(town)
    query = """{
      resident: __type(name: "Resident") { fields { type { name ofType { name } } } }
      case: __type(name: "Case") { fields { type { name ofType { name } } } }
    }"""
    answer = await town.ask("lan", query)
    assert answer["errors"] == []
    for found in answer["data"].values():
        names = {
            name for row in found["fields"] for name in (row["type"]["name"], (row["type"]["ofType"] or {}).get("name"))
        }
        assert [name for name in names if name and ("Health" in name or "Access" in name)] == []
