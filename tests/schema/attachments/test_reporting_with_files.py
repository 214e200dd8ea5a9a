"""Files sent beforehand become part of the very report they are sent for, or nothing does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from server.cases.models import Case
from server.events.models import AuditEntry
from tenants.ids import uuid7
from tests.fixtures.sending import announce, reported, seen, sent
from tests.fixtures.town import Town
from tests.server.files import samples

REPORT = (
    "mutation($input: ReportCaseInput!) { reportCase(input: $input) "
    "{ case { id attachments(first: 9) { nodes { id purpose } } } userErrors { code field } } }"
)


@pytest.fixture
async def people(town: Town) -> Town:
    for username in ("resident", "neighbor"):
        await town.resident(username)
    await town.member("secretary", "first_secretary")
    return town


async def report(town: Town, username: str, files: list[str], **words: Any) -> dict[str, Any]:
    given = {"gridId": town.id("grid", town.grids["east"]), "category": "SANITATION", "title": "Bins are full", **words}
    return await town.change(username, REPORT, input={**given, "attachmentIds": files})


async def test_a_report_brings_its_files_once(people: Town, web: httpx.AsyncClient) -> None:
    files = [await sent(people, web, "resident", samples.image()) for _ in range(2)]
    payload = await report(people, "resident", files, idempotencyKey="one")
    assert payload["case"]["attachments"]["nodes"] == [{"id": file, "purpose": "EVIDENCE"} for file in files]
    assert await seen(people, "secretary", files[0]) is not None
    assert await report(people, "resident", files, idempotencyKey="one") == payload
    again = await report(people, "resident", files[:1], idempotencyKey="one")
    assert again["userErrors"] == [{"code": "IDEMPOTENCY_KEY_REUSED", "field": ["idempotencyKey"]}]
    (entry,) = [row for row in await people.rows(AuditEntry, object_type="case") if "attachmentIds" in row.detail]
    assert (entry.action, len(entry.detail["attachmentIds"])) == ("case:report", 2)
    assert len(await people.rows(Case)) == 1


async def test_a_file_that_cannot_be_shown_leaves_no_report(people: Town, web: httpx.AsyncClient) -> None:
    """Unknown, somebody else's, still to come, in use elsewhere: nothing is written, and the number is not used up."""
    used = await sent(people, web, "resident", samples.image())
    await reported(people, "resident", attachmentIds=[used])
    foreign = await sent(people, web, "neighbor", samples.image())
    waiting = (await announce(people, "resident", samples.image(), "image/jpeg"))["attachment"]["id"]
    for file, code in (
        (people.id("attachment", uuid7()), "NOT_FOUND"),
        ("nothing", "NOT_FOUND"),
        (foreign, "NOT_FOUND"),
        (waiting, "ATTACHMENT_NOT_READY"),
        (used, "ATTACHMENT_IN_USE"),
    ):
        payload = await report(people, "resident", [await sent(people, web, "resident", samples.image()), file])
        assert (payload["case"], payload["userErrors"]) == (None, [{"code": code, "field": ["attachmentIds"]}])
    assert len(await people.rows(Case)) == 1
    await reported(people, "resident")
    assert sorted(row.number[-6:] for row in await people.rows(Case)) == ["000001", "000002"]
