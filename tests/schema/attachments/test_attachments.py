"""Files as clients of the city send, attach and see them (peers F17, sources P-03, P-10)."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from server.attachments.models import Attachment
from server.attachments.rules import MOST_OF_MESSAGE, MOST_UNATTACHED, MOST_WAITING
from server.attachments.rules import announce as announced
from server.attachments.service.announcing import announce_file
from server.errors import NotPermitted
from server.events.models import AuditEntry, Event
from tenants.context import Actor
from tenants.ids import uuid7
from tests.fixtures.sending import announce, put, reported, seen, sent, stepped
from tests.fixtures.town import WEST, Town
from tests.server.files import samples

ATTACH = (
    "mutation($input: AttachFilesInput!) { attachFiles(input: $input) "
    "{ case { attachments(first: 60) { nodes { id purpose } totalCount } } userErrors { code field } } }"
)
POST = (
    "mutation($input: PostMessageInput!) { postMessage(input: $input) "
    "{ message { id text attachments(first: 20) { nodes { id purpose } } } userErrors { code field } } }"
)


@pytest.fixture
async def people(town: Town) -> Town:
    await town.resident("resident")
    await town.resident("neighbor")
    await town.resident("stranger", WEST)
    await town.member("secretary", "first_secretary")
    await town.member("posted", "posted_member")
    await town.member("idle", "posted_member")
    await town.member("admin", "tenant_admin")
    return town


async def refusal(town: Town, username: str, query: str, **given: Any) -> tuple[str, list[str]]:
    payload = await town.change(username, query, input=given)
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


async def not_announced(town: Town, username: str, **words: Any) -> tuple[str, list[str]]:
    payload = await announce(town, username, b"x" * 2000, words.pop("mediaType", "image/png"), **words)
    assert (payload["attachment"], payload["uploadUrl"], payload["expiresAt"]) == (None, None, None)
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


async def test_a_photograph_goes_from_the_reporter_to_whoever_sees_the_case(
    people: Town, web: httpx.AsyncClient
) -> None:
    """Evidence: announced, sent, shown; without what the telephone wrote, with a preview."""
    case_id = await reported(people, "resident")
    data = samples.photograph(orientation=6)
    payload = await announce(people, "resident", data, "image/jpeg", caseId=case_id, filename="../my fence.JPG")
    waiting = payload["attachment"]
    assert waiting == {
        "id": waiting["id"],
        "state": "PENDING",
        "reason": None,
        "filename": "my fence.jpg",
        "mediaType": "image/jpeg",
        "bytes": len(data),
        "width": None,
        "height": None,
        "purpose": "EVIDENCE",
        "url": None,
        "thumbnailUrl": None,
    }
    assert await seen(people, "secretary", waiting["id"]) is None
    assert (await put(web, payload, data)).status_code == 204
    found = await seen(people, "secretary", waiting["id"])
    assert found is not None
    assert (found["state"], found["width"], found["height"]) == ("READY", 480, 640)
    response = await web.get(found["url"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"my fence.jpg\"; filename*=UTF-8''my%20fence.jpg"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert int(response.headers["content-length"]) == len(response.content) == found["bytes"]
    assert samples.REMARK.encode() not in response.content
    with Image.open(BytesIO(response.content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((480, 640), {})
    small = await web.get(found["thumbnailUrl"])
    with Image.open(BytesIO(small.content)) as picture:
        assert (small.headers["content-type"], picture.size) == ("image/webp", (240, 320))


async def test_nobody_sees_a_file_of_a_case_they_do_not_see(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    file = await sent(people, web, "resident", samples.image(), caseId=case_id)
    for username in ("resident", "secretary", "posted", "admin"):
        assert (await seen(people, username, file)) is not None
    for username in ("neighbor", "stranger"):
        assert (await seen(people, username, file)) is None
        words = {"mediaType": "image/png", "caseId": case_id}
        assert await not_announced(people, username, **words) == ("NOT_FOUND", ["caseId"])


async def test_a_file_in_a_message_is_for_those_who_read_the_message(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    mine = await sent(people, web, "resident", samples.image())
    for username in ("secretary", "neighbor", "admin"):
        assert await seen(people, username, mine) is None
    payload = await people.change("resident", POST, input={"caseId": case_id, "attachmentIds": [mine]})
    assert payload["message"]["text"] is None
    assert payload["message"]["attachments"]["nodes"] == [{"id": mine, "purpose": "MESSAGE"}]
    inside = await sent(people, web, "secretary", samples.PDF, "application/pdf")
    given = {"caseId": case_id, "thread": "INTERNAL", "text": "see", "attachmentIds": [inside]}
    assert (await people.change("secretary", POST, input=given))["userErrors"] == []
    assert {name for name in people.usernames if await seen(people, name, mine)} == {"resident", "secretary"}
    staff = {"secretary", "posted", "idle", "admin"}
    assert {name for name in people.usernames if await seen(people, name, inside)} == staff
    query = "query($id: ID!) { case(id: $id) { attachments { totalCount } } }"
    assert (await people.ask("secretary", query, id=case_id))["data"]["case"] == {"attachments": {"totalCount": 0}}


async def test_files_sent_before_the_report_are_attached_to_it(people: Town, web: httpx.AsyncClient) -> None:
    files = [await sent(people, web, "resident", samples.image()) for _ in range(2)]
    case_id = await reported(people, "resident")
    given = {"caseId": case_id, "attachmentIds": [*files, files[0]]}
    for _ in range(2):
        payload = await people.change("resident", ATTACH, input=given)
        nodes = [{"id": file, "purpose": "EVIDENCE"} for file in files]
        assert payload["case"]["attachments"] == {"nodes": nodes, "totalCount": 2}
    assert len(await people.rows(Event, type="CaseFilesAttached")) == 1
    assert [row.purpose for row in await people.rows(Attachment)] == ["EVIDENCE", "EVIDENCE"]


async def test_who_has_the_case_shows_what_was_done(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    await stepped(people, "secretary", "dispatchCase", case_id)
    await stepped(people, "posted", "claimCase", case_id)
    file = await sent(people, web, "posted", samples.image("PNG"), "image/png", caseId=case_id)
    found = await seen(people, "resident", file)
    assert found is not None
    assert found["purpose"] == "RESULT"
    assert await not_announced(people, "idle", caseId=case_id) == ("FORBIDDEN", [])
    assert await not_announced(people, "admin", caseId=case_id) == ("FORBIDDEN", [])


async def test_only_own_files_that_are_there_and_free_are_attached(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    other = await reported(people, "resident", title="Another")
    foreign = await sent(people, web, "neighbor", samples.image())
    waiting = (await announce(people, "resident", samples.image(), "image/jpeg"))["attachment"]["id"]
    used = await sent(people, web, "resident", samples.image(), caseId=other)
    field = ["attachmentIds"]
    for ids, code in (
        ([foreign], "NOT_FOUND"),
        ([people.id("attachment", uuid7())], "NOT_FOUND"),
        ([case_id], "NOT_FOUND"),
        ([waiting], "ATTACHMENT_NOT_READY"),
        ([used], "ATTACHMENT_IN_USE"),
    ):
        for query in (ATTACH, POST):
            assert await refusal(people, "resident", query, caseId=case_id, attachmentIds=ids) == (code, field)
    many = [people.id("attachment", uuid7()) for _ in range(MOST_OF_MESSAGE + 1)]
    too_many = ("ATTACHMENTS_TOO_MANY", field)
    assert await refusal(people, "resident", POST, caseId=case_id, attachmentIds=many) == too_many
    assert await refusal(people, "resident", ATTACH, caseId=case_id, attachmentIds=many * 5) != too_many
    assert await people.rows(Event, type="CaseFilesAttached") == []


async def test_what_is_announced_is_checked(people: Town) -> None:
    case_id = await reported(people, "resident")
    most = people.services.files.most
    for words, expected in (
        ({"mediaType": "image/svg+xml"}, ("ATTACHMENT_TYPE", ["mediaType"])),
        ({"mediaType": "application/zip"}, ("ATTACHMENT_TYPE", ["mediaType"])),
        ({"mediaType": "image/png; charset=x"}, ("ATTACHMENT_TYPE", ["mediaType"])),
        ({"mediaType": "x" * 10_000}, ("ATTACHMENT_TYPE", ["mediaType"])),
        ({"bytes": 0}, ("ATTACHMENT_SIZE", ["bytes"])),
        ({"bytes": -1}, ("ATTACHMENT_SIZE", ["bytes"])),
        ({"bytes": most + 1}, ("ATTACHMENT_SIZE", ["bytes"])),
        ({"filename": ""}, ("ATTACHMENT_NAME", ["filename"])),
        ({"filename": "../.."}, ("ATTACHMENT_NAME", ["filename"])),
        ({"filename": "\u202e\u200b"}, ("ATTACHMENT_NAME", ["filename"])),
        ({"filename": "x" * 10_000}, ("ATTACHMENT_NAME", ["filename"])),
        ({"filename": "a\x00.png"}, ("TEXT_NOT_STORABLE", ["filename"])),
        ({"caseId": people.id("case", uuid7())}, ("NOT_FOUND", ["caseId"])),
    ):
        assert await not_announced(people, "resident", **{"caseId": case_id, **words}) == expected
    assert await people.rows(Attachment) == []
    largest = await announce(people, "resident", b"", "image/png", bytes=most, filename="a\u202egnp.exe")
    assert largest["attachment"]["filename"] == "agnp.exe.png"


async def test_an_account_announces_only_so_many_files_without_sending_them(people: Town) -> None:
    for _ in range(MOST_WAITING):
        assert (await announce(people, "resident", b"x", "text/plain"))["userErrors"] == []
    assert await not_announced(people, "resident") == ("ATTACHMENTS_WAITING", [])
    assert (await announce(people, "neighbor", b"x", "text/plain"))["userErrors"] == []


async def test_an_account_has_only_so_many_files_that_are_attached_to_nothing(
    people: Town, web: httpx.AsyncClient
) -> None:
    """They lie in the store for a day; one that becomes part of a case makes room for the next."""
    case_id = await reported(people, "resident")
    files = [await sent(people, web, "resident", samples.TEXT, "text/plain") for _ in range(MOST_UNATTACHED - 1)]
    assert (await announce(people, "resident", b"x", "text/plain"))["userErrors"] == []
    assert await not_announced(people, "resident") == ("ATTACHMENTS_WAITING", [])
    assert (await announce(people, "neighbor", b"x", "text/plain"))["userErrors"] == []
    given = {"caseId": case_id, "attachmentIds": files[:1]}
    assert (await people.change("resident", ATTACH, input=given))["userErrors"] == []
    assert (await announce(people, "resident", b"x", "text/plain"))["userErrors"] == []


async def test_every_step_of_a_file_is_written_down_without_its_name(people: Town, web: httpx.AsyncClient) -> None:
    file = await sent(people, web, "resident", samples.TEXT, "text/plain", filename="Invented Person.txt")
    assert [event.type for event in await people.rows(Event, subject_type="attachment")] == [
        "AttachmentAnnounced",
        "AttachmentReceived",
    ]
    entries = await people.rows(AuditEntry, object_type="attachment")
    account_id = (await people.actor("resident")).account_id
    assert {entry.actor_id for entry in entries} == {account_id}
    assert all("Invented" not in str(entry.detail) for entry in entries)
    assert file == people.id("attachment", entries[0].object_id)


async def test_a_refused_file_says_why_to_who_sent_it(people: Town, web: httpx.AsyncClient) -> None:
    case_id = await reported(people, "resident")
    for data, media_type, reason in (
        (b"MZ\x90\x00" + b"\x00" * 100, "image/png", "TYPE_MISMATCH"),
        (samples.bomb(), "image/png", "TOO_MANY_PIXELS"),
        (samples.image()[:900], "image/jpeg", "UNREADABLE"),
    ):
        payload = await announce(people, "resident", data, media_type, caseId=case_id)
        response = await put(web, payload, data)
        assert response.status_code == 422
        assert response.json()["errors"][0]["extensions"] == {"code": "UPLOAD_REFUSED", "reason": reason}
        found = await seen(people, "resident", payload["attachment"]["id"])
        assert found is not None
        assert (found["state"], found["reason"], found["url"]) == ("REFUSED", reason, None)
        assert await seen(people, "secretary", payload["attachment"]["id"]) is None
        assert (await put(web, payload, data)).status_code == 404


async def test_a_link_is_good_once_also_for_many_at_once(people: Town, web: httpx.AsyncClient) -> None:
    data = samples.image()
    payload = await announce(people, "resident", data, "image/jpeg")
    answers = await asyncio.gather(*[put(web, payload, data) for _ in range(6)])
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 204
    assert set(codes[1:]) <= {404, 409}
    assert (await put(web, payload, data)).status_code == 404
    assert len(await people.rows(Event, type="AttachmentReceived")) == 1


async def test_the_use_case_asks_for_the_right_by_itself(town: Town) -> None:
    """Also where nobody has asked at the edge of the API."""
    nobody = Actor(tenant_id=town.tenant_id, username="nobody")
    file = announced("invented.png", "image/png", 2_000, most=10_000)
    async with town.services.database.write(town.tenant_id) as session:
        with pytest.raises(NotPermitted):
            await announce_file(session, file=file, case_id=None, account_id=uuid7(), actor=nobody)
