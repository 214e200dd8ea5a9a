"""What is refused leaves an entry, outside the refused transaction, and never more of them than a few a minute."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from server.audit.service.refusals import MOST, OTHERS, Refusals, Thing
from server.events.models import AuditEntry
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.fixtures.town import EAST, WEST, Town

CREATE = "mutation($input: RegisterResidentInput!) { registerResident(input: $input) { userErrors { code } } }"
REPORT = """mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id } userErrors { code } } }"""
ACCEPT = "mutation($id: ID!) { acceptCase(input: {caseId: $id, expectedVersion: 1}) { userErrors { code } } }"
RECORD = (
    'query($id: ID!) { healthRecord(residentId: $id, purpose: "curious") { id } '
    "healthCheckEligibility(residentId: $id) { eligible } }"
)
SEALED = "mutation($id: ID!) { closeSealed(input: {caseId: $id, expectedVersion: 1}) { userErrors { code } } }"


async def _refused(town: Town) -> list[tuple[str, str, UUID, str | None, dict[str, Any]]]:
    rows = await town.rows(AuditEntry, outcome="REFUSED")
    return [(row.action, row.object_type, row.object_id, row.actor_name, row.detail) for row in rows]


async def test_a_refused_mutation_leaves_an_entry_and_nothing_else(town: Town) -> None:
    await town.member("police-one", "police")
    before = await town.rows(AuditEntry)
    case_id = uuid7()
    payload = await town.change("police-one", ACCEPT, id=town.id("case", case_id))
    assert payload["userErrors"] == [{"code": "FORBIDDEN"}]
    assert await _refused(town) == [("case:accept", "case", case_id, "police-one", {"times": 1})]
    assert len(await town.rows(AuditEntry)) == len(before) + 1


async def test_a_thing_that_the_actor_does_not_see_is_noted_whether_there_is_one_or_not(town: Town) -> None:
    await town.member("secretary", "community_secretary", EAST)
    await town.resident("lan", WEST)
    given = {"gridId": town.id("grid", town.grids[WEST]), "category": "SANITATION", "title": "Bins"}
    hidden = (await town.change("lan", REPORT, input=given))["case"]["id"]
    nowhere = town.id("case", uuid7())
    answers = [await town.change("secretary", ACCEPT, id=id_) for id_ in (hidden, nowhere)]
    assert [answer["userErrors"] for answer in answers] == [[{"code": "NOT_FOUND"}]] * 2
    await town.services.refusals.close()
    found = [(row[0], town.id(row[1], row[2]), row[3], row[4]) for row in await _refused(town)]
    assert found == [("case:accept", id_, "secretary", {"times": 1}) for id_ in (hidden, nowhere)]


async def test_a_place_out_of_reach_is_refused_with_a_trace_after_the_rollback(town: Town) -> None:
    """The use case itself refuses, within its transaction, of which nothing is left."""
    await town.member("worker", "grid_worker", EAST)
    await town.member("admin", "tenant_admin")
    given = {
        "name": "Invented",
        "gridId": town.id("grid", town.grids[WEST]),
        "sex": "FEMALE",
        "birthDate": "1990-01-01",
    }
    payload = await town.change("worker", CREATE, input=given)
    assert payload["userErrors"] == [{"code": "FORBIDDEN"}]
    assert await _refused(town) == [("resident:create", "grid", town.grids[WEST], "worker", {"times": 1})]


async def test_the_same_refusals_of_a_minute_are_one_entry_with_their_number(town: Town) -> None:
    await town.member("police-one", "police")
    ids = [uuid7() for _ in range(30)]
    for case_id in ids:
        await town.change("police-one", ACCEPT, id=town.id("case", case_id))
    assert [(row[2], row[4]) for row in await _refused(town)] == [(ids[0], {"times": 1})]
    await town.services.refusals.close()
    assert [(row[2], row[4]) for row in await _refused(town)] == [(ids[0], {"times": 1}), (ids[-1], {"times": 29})]


async def test_health_data_refused_are_noted_under_whoever_asked(town: Town) -> None:
    await town.member("secretary", "first_secretary")
    resident_id = await town.resident("resident-one")
    answer = await town.ask("secretary", RECORD, id=town.id("resident", resident_id))
    assert answer == {"data": {"healthRecord": None, "healthCheckEligibility": None}, "errors": []}
    await town.services.refusals.close()
    found = await _refused(town)
    assert {row[:4] for row in found} == {("health_record:read", "resident", resident_id, "secretary")}
    assert sum(row[4]["times"] for row in found) == 2
    unknown = await town.ask("secretary", RECORD, id=town.id("resident", uuid7()))
    assert unknown == answer
    assert len(await _refused(town)) == len(found)


async def test_sealed_matters_leave_no_trace_where_others_read(town: Town) -> None:
    await town.member("police-one", "police")
    with structlog.testing.capture_logs() as logged:
        payload = await town.change("police-one", SEALED, id=town.id("sealed", uuid7()))
    assert payload["userErrors"] == [{"code": "FORBIDDEN"}]
    assert await _refused(town) == []
    assert [(line["event"], line["action"]) for line in logged] == [("sealed_refused", "sealed:handle")]


async def test_one_actor_fills_no_disk(town: Town) -> None:
    """Each of many actions a hundred times, from many requests at once."""
    actor = Actor(tenant_id=town.tenant_id, account_id=uuid7(), username="nobody")
    actions = [permission.value for permission in Permission if not permission.value.startswith("sealed:")]
    assert len(actions) > MOST
    refusals = town.services.refusals
    await asyncio.gather(*(refusals.note(actor, action) for _ in range(100) for action in actions))
    rows = await _refused(town)
    assert len(rows) == MOST + 1
    assert {row[0] for row in rows} == {*actions[:MOST], OTHERS}
    await refusals.close()
    found = await _refused(town)
    assert len(found) == 2 * (MOST + 1)
    assert sum(row[4]["times"] for row in found) == 100 * len(actions)
    assert {(row[1], row[2]) for row in found} == {("Account", actor.account_id)}


async def test_a_window_ends_by_itself_and_another_begins(town: Town) -> None:
    refusals = Refusals(town.services.database, window_seconds=0.05)
    actor = Actor(tenant_id=town.tenant_id, account_id=uuid7(), username="nobody")
    things = [Thing("case", uuid7()) for _ in range(3)]
    await refusals.note(actor, "case:accept", thing=things[0])
    await refusals.note(actor, "case:accept", thing=things[1])
    await asyncio.gather(*refusals._tasks)
    await refusals.note(actor, "case:accept", thing=things[2])
    await refusals.close()
    assert [(row[2], row[4]["times"]) for row in await _refused(town)] == [(thing.id, 1) for thing in things]
    assert (refusals._windows, dict(refusals._open)) == ({}, {})


async def test_a_refusal_stands_when_its_trace_cannot_be_written(town: Town) -> None:
    refusals = Refusals(town.services.database)
    nowhere = Actor(tenant_id=uuid7(), account_id=uuid7(), username="nobody")
    with structlog.testing.capture_logs() as logged:
        await refusals.note(nowhere, "case:accept")
    await refusals.close()
    assert [line["event"] for line in logged] == ["refusal_not_written"]
    async with town.services.database.write(town.tenant_id) as session:
        statement = select(AuditEntry.id).where(AuditEntry.tenant_id == town.tenant_id, AuditEntry.outcome == "REFUSED")
        assert list(await session.scalars(statement)) == []
