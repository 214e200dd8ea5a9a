"""Who may search the audit trail, what it shows of health data and sealed matters, and what residents see of themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.audit.service.sealing import seal
from server.events.models import AuditEntry
from tenants.clock import now
from tenants.ids import uuid7
from tests.fixtures.town import EAST, Town

ENTRIES = """query($filter: AuditEntryFilter) { auditEntries(filter: $filter, orderBy: AT_ASC, first: 50) { totalCount
  nodes { actorKind actorName action outcome times objectType objectId requestId detail sealedAs } } }"""
ABOUT_ME = "{ aboutMe(orderBy: AT_ASC) { nodes { who byMe what purpose action outcome } } }"
REGISTER = """mutation($input: RegisterResidentInput!) { registerResident(input: $input) { resident { id }
  userErrors { code } } }"""
RECORD = """mutation($input: RecordHealthCheckInput!) { recordHealthCheck(input: $input) { userErrors { code } } }"""
READ = 'query($id: ID!) { healthRecord(residentId: $id, purpose: "Follow-up") { id } }'
CHECK = {
    "checkedOn": "2021-06-10",
    "findings": {"pulse": 62},
    "consent": {"purpose": "Free check", "givenOn": "2021-06-01"},
}


async def _entries(town: Town, username: str, **filter_: Any) -> list[dict[str, Any]]:
    answer = await town.ask(username, ENTRIES, filter=filter_)
    assert answer["errors"] == []
    found: list[dict[str, Any]] = answer["data"]["auditEntries"]["nodes"]
    assert answer["data"]["auditEntries"]["totalCount"] == len(found)
    return found


async def _lived(town: Town) -> str:
    """A town where somebody entered a resident, read their health data, and was refused; the resident's public id."""
    await town.member("admin", "tenant_admin")
    await town.member("secretary", "community_secretary")
    await town.member("doctor", "health_worker")
    id_ = town.id("resident", await town.resident("lan"))
    given = {
        "gridId": town.id("grid", town.grids[EAST]),
        "name": "Invented",
        "sex": "FEMALE",
        "birthDate": "1990-01-01",
    }
    assert (await town.change("secretary", REGISTER, input=given))["userErrors"] == []
    assert (await town.change("doctor", RECORD, input={"residentId": id_, **CHECK}))["userErrors"] == []
    assert (await town.ask("doctor", READ, id=id_))["data"]["healthRecord"] is not None
    assert (await town.ask("secretary", READ, id=id_))["data"]["healthRecord"] is None
    return id_


async def test_an_admin_searches_the_trail(town: Town) -> None:
    id_ = await _lived(town)
    registered, refused = await _entries(town, "admin", actorName=["secretary", "doctor", "lan"])
    assert (registered["action"], registered["outcome"], registered["times"]) == ("resident:create", "DONE", 1)
    assert (registered["actorKind"], registered["objectType"], registered["sealedAs"]) == ("USER", "Resident", None)
    assert (refused["action"], refused["outcome"], refused["detail"]) == ("health_record:read", "REFUSED", {"times": 1})
    assert f"resident_{refused['objectId']}" == id_
    assert await _entries(town, "admin", outcome=["REFUSED"]) == [refused]
    assert await _entries(town, "admin", objectId=id_) == [refused]
    assert await _entries(town, "admin", objectId=refused["objectId"]) == [refused]
    assert await _entries(town, "admin", action=["resident:create"], objectType=["Resident"]) == [registered]
    assert await _entries(town, "admin", since=(now() + timedelta(hours=1)).isoformat()) == []
    async with town.services.database.write(town.tenant_id) as session:
        await seal(session, town.tenant_id)
    places = [entry["sealedAs"] for entry in await _entries(town, "admin", actorName=["secretary"])]
    assert sorted(places) == places
    assert None not in places


async def test_the_trail_shows_no_health_data_and_no_sealed_matter(town: Town) -> None:
    await _lived(town)
    written = {row.action for row in await town.rows(AuditEntry, outcome="DONE")}
    assert {"health_check:record", "health_record:read"} <= written
    await town.add(_entry(town, "sealed:appoint"))
    shown = {entry["action"] for entry in await _entries(town, "admin") if entry["outcome"] == "DONE"}
    assert written - shown == {"health_check:record", "health_record:read"}


@pytest.mark.parametrize("role", ["first_secretary", "grid_worker", "police", "health_worker", "analyst"])
async def test_nobody_else_reads_the_trail(town: Town, role: str) -> None:
    await _lived(town)
    await town.member("somebody", role)
    assert await _entries(town, "somebody") == []
    assert await _entries(town, "lan") == []


async def test_an_id_that_is_none_is_refused(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    answer = await town.ask("admin", ENTRIES, filter={"objectId": "nothing"})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_resident_sees_who_read_and_wrote_their_data_in_plain_words(town: Town) -> None:
    id_ = await _lived(town)
    await town.ask("lan", READ, id=id_)
    told = (await town.ask("lan", ABOUT_ME))["data"]["aboutMe"]["nodes"]
    assert [(line["who"], line["byMe"], line["what"], line["purpose"], line["outcome"]) for line in told] == [
        ("Invented doctor", False, "Wrote down a health check of you", None, "DONE"),
        ("Invented doctor", False, "Read your health data", "Follow-up", "DONE"),
        ("Invented secretary", False, "Tried to read your health data, and was refused", None, "REFUSED"),
        ("lan", True, "Read your health data", "Follow-up", "DONE"),
    ]
    chinese = (await town.ask("lan", ABOUT_ME, language="zh-CN"))["data"]["aboutMe"]["nodes"]
    assert [line["what"] for line in chinese] == [
        "登记了您的健康体检",
        "查看了您的健康数据",
        "试图查看您的健康数据,已被拒绝",
        "查看了您的健康数据",
    ]


async def test_nobody_sees_what_is_about_others(town: Town) -> None:
    await _lived(town)
    await town.resident("neighbor")
    for username in ("neighbor", "admin", "doctor", "secretary"):
        assert (await town.ask(username, ABOUT_ME))["data"]["aboutMe"]["nodes"] == []


async def test_other_changes_of_a_residents_entry_are_told_as_such(town: Town) -> None:
    resident_id = await town.resident("lan")
    for action, outcome in (("resident:create", "DONE"), ("resident:update", "DONE"), ("resident:update", "REFUSED")):
        entry = _entry(town, action)
        entry.object_type, entry.object_id, entry.outcome = "Resident", resident_id, outcome
        entry.detail = {"times": 1}
        await town.add(entry)
    told = (await town.ask("lan", ABOUT_ME))["data"]["aboutMe"]["nodes"]
    assert [(line["who"], line["what"]) for line in told] == [
        ("test", "Entered you as a resident"),
        ("test", "Changed your data"),
        ("test", "Tried to change your data, and was refused"),
    ]


def _entry(town: Town, action: str) -> AuditEntry:
    return AuditEntry(
        tenant_id=town.tenant_id,
        id=uuid7(),
        at=now(),
        actor_kind="SYSTEM",
        actor_name="test",
        action=action,
        object_type="Appointment",
        object_id=uuid7(),
        request_id="-",
        detail={},
    )
