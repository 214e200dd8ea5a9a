"""Files that never came, that nobody attached, and those of removed messages, as the worker finds them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import time_machine

from server.attachments import jobs
from server.attachments.models import Attachment
from server.attachments.rules import UNATTACHED_FOR
from server.attachments.service.announcing import TIDY
from server.events.models import DueWork, Event
from server.files.links import UPLOAD_LIFETIME, Variant
from server.files.store import Store, StoreAway, key_of
from server.jobs.work import conclude
from tenants.clock import now
from tenants.ids import split_public_id
from tests.fixtures.sending import announce, put, reported, sent
from tests.fixtures.town import Town
from tests.server.files import samples

EXPIRED = UPLOAD_LIFETIME + timedelta(minutes=2)
OLD = UNATTACHED_FOR + timedelta(minutes=2)


@pytest.fixture
async def people(town: Town) -> Town:
    await town.resident("resident")
    return town


async def tidied(town: Town, later: timedelta) -> list[str | None]:
    """Let the worker do what is due after a time; the outcomes of all work on files so far."""
    handle = jobs.handlers(town.services.files.store)[TIDY]
    with time_machine.travel(now() + later):
        for work in await town.rows(DueWork, kind=TIDY, done_at=None):
            if work.due_at > now():
                continue
            async with town.services.transactions.open(town.system) as session:
                row = await session.get_one(DueWork, (town.tenant_id, work.id))
                was_due_at = row.due_at
                await handle(session, work_id=row.id, actor=town.system, registry=town.services.registry)
                await conclude(session, row, was_due_at=was_due_at)
    return [row.outcome for row in await town.rows(DueWork, kind=TIDY)]


async def stored(town: Town, attachment_id: str) -> set[Variant]:
    """Which files of an attachment lie in the store."""
    split = split_public_id(attachment_id)
    assert split is not None
    found = set()
    for variant in Variant:
        try:
            await town.services.files.store.read_all(key_of(town.tenant_id, split[1], variant))
        except FileNotFoundError:
            continue
        found.add(variant)
    return found


async def test_a_file_that_never_came_goes_after_its_link(people: Town, web: httpx.AsyncClient) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    assert await tidied(people, timedelta(minutes=10)) == [None]
    assert (await put(web, payload, b"")).status_code == 400
    assert await tidied(people, EXPIRED) == ["DONE"]
    assert await people.rows(Attachment) == []
    events = [event.type for event in await people.rows(Event, subject_type="attachment")]
    assert events == ["AttachmentAnnounced", "AttachmentRemoved"]
    assert (await put(web, payload, samples.TEXT)).status_code == 404


async def test_what_an_upload_left_behind_that_died_goes_with_the_row(people: Town) -> None:
    payload = await announce(people, "resident", samples.TEXT, "text/plain")
    split = split_public_id(payload["attachment"]["id"])
    assert split is not None
    await people.services.files.store.put(key_of(people.tenant_id, split[1]), b"half done")
    assert await tidied(people, EXPIRED) == ["DONE"]
    assert await stored(people, payload["attachment"]["id"]) == set()


async def test_a_file_nobody_attached_goes_after_a_day(people: Town, web: httpx.AsyncClient) -> None:
    file = await sent(people, web, "resident", samples.image())
    assert await tidied(people, EXPIRED) == [None]
    assert await stored(people, file) == set(Variant)
    assert await tidied(people, OLD) == ["DONE"]
    assert await stored(people, file) == set()
    assert await people.rows(Attachment) == []


async def test_a_refused_file_can_be_asked_about_for_a_day(people: Town, web: httpx.AsyncClient) -> None:
    payload = await announce(people, "resident", samples.TEXT, "image/png")
    assert (await put(web, payload, samples.TEXT)).status_code == 422
    await tidied(people, EXPIRED)
    assert [row.reason for row in await people.rows(Attachment)] == ["TYPE_MISMATCH"]
    await tidied(people, OLD)
    assert await people.rows(Attachment) == []


async def test_a_file_of_a_case_stays(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    file = await sent(people, web, "resident", samples.image(), caseId=case_id)
    assert await tidied(people, OLD) == ["DONE"]
    assert await stored(people, file) == set(Variant)


async def test_files_of_a_message_that_was_taken_back_go_at_once(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    file = await sent(people, web, "resident", samples.image())
    posted = await people.change(
        "resident",
        "mutation($input: PostMessageInput!) { postMessage(input: $input) { message { id } } }",
        input={"caseId": case_id, "attachmentIds": [file]},
    )
    await people.change(
        "resident",
        "mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) { userErrors { code } } }",
        input={"messageId": posted["message"]["id"]},
    )
    assert await stored(people, file) == set(Variant)
    assert await tidied(people, timedelta(seconds=1)) == [None, "DONE"]
    assert await stored(people, file) == set()


async def test_a_store_that_is_away_keeps_the_row(people: Town) -> None:
    """Whatever a handler raises undoes everything: the work is tried again."""
    await announce(people, "resident", samples.TEXT, "text/plain")

    class Away(Store):
        async def remove(self, key: str) -> None:
            raise StoreAway(key)

    (work,) = await people.rows(DueWork, kind=TIDY)
    handle = jobs.handlers(Away(people.services.files.store._objects))[TIDY]
    with time_machine.travel(now() + EXPIRED), pytest.raises(StoreAway):
        async with people.services.transactions.open(people.system) as session:
            await handle(session, work_id=work.id, actor=people.system, registry=people.services.registry)
    assert len(await people.rows(Attachment)) == 1


def test_a_file_lies_under_its_city_year_and_month() -> None:
    city = UUID("00000000-0000-7000-8000-000000000001")
    file = UUID("019caf8b-3c00-7000-8000-000000000002")
    assert key_of(city, file) == f"{city}/2026/03/{file}"
    assert key_of(city, file, Variant.THUMBNAIL) == f"{city}/2026/03/{file}.thumbnail"
