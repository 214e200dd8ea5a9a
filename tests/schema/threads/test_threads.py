"""Threads of a case as clients of the city use them (WH-12, AQ-03, P-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from schema.context import Context
from schema.planner.streams import follow
from server.events.models import AuditEntry, DueWork, Event
from server.threads.models import CaseMessage
from server.threads.stream import visible_after
from tenants.ids import uuid7
from tests.fixtures.sending import reported, sent, stepped
from tests.fixtures.town import WEST, Town
from tests.server.files import samples

POST = (
    "mutation($input: PostMessageInput!) { postMessage(input: $input) "
    "{ message { id thread text fromReporter deletedAt replyTo { id } } userErrors { code field } } }"
)
DELETE = (
    "mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) "
    "{ message { id text deletedAt attachments { totalCount } } userErrors { code field } } }"
)
READ = (
    "query($id: ID!, $filter: CaseMessageFilter) { case(id: $id) { messages(first: 20, filter: $filter) "
    "{ nodes { thread text fromReporter } totalCount } } }"
)


@pytest.fixture
async def people(town: Town) -> Town:
    """Residents, a secretary who dispatches, posted members of whom one handles, staff elsewhere and above."""
    await town.resident("resident")
    await town.resident("neighbor")
    await town.resident("stranger", WEST)
    await town.member("secretary", "first_secretary")
    await town.member("posted", "posted_member")
    await town.member("idle", "posted_member")
    await town.member("worker", "grid_worker")
    await town.member("elsewhere", "first_secretary", WEST)
    await town.member("admin", "tenant_admin")
    await town.member("analyst", "analyst")
    return town


@pytest.fixture
async def case_id(people: Town) -> str:
    """A case in the hands of ``posted``."""
    found = await reported(people, "resident")
    await stepped(people, "secretary", "dispatchCase", found)
    await stepped(people, "posted", "claimCase", found)
    return found


async def post(town: Town, username: str, case_id: str, **words: Any) -> dict[str, Any]:
    """Write; the payload."""
    return await town.change(username, POST, input={"caseId": case_id, "text": f"by {username}", **words})


async def written(town: Town, username: str, case_id: str, **words: Any) -> str:
    payload = await post(town, username, case_id, **words)
    assert payload["userErrors"] == []
    id_: str = payload["message"]["id"]
    return id_


async def refusal(town: Town, username: str, case_id: str, **words: Any) -> tuple[str, list[str]]:
    payload = await post(town, username, case_id, **words)
    assert payload["message"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


async def read(town: Town, username: str, case_id: str, **condition: Any) -> list[str | None] | None:
    """The texts somebody reads; None for whoever does not see the case."""
    answer = await town.ask(username, READ, id=case_id, filter=condition or None)
    assert answer["errors"] == []
    found = answer["data"]["case"]
    if found is None:
        return None
    page = found["messages"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["text"] for node in page["nodes"]]


async def test_reporter_and_handler_write_to_each_other_and_others_do_not_read_it(people: Town, case_id: str) -> None:
    """WH-12: other residents do not see private follow-ups; nor do colleagues without the case, nor the administrator."""
    await written(people, "resident", case_id, text="Which office?")
    await written(people, "posted", case_id, text="The one at the market")
    await written(people, "worker", case_id, text="It opens at nine")
    await written(people, "secretary", case_id, text="Bring your card")
    every = ["Which office?", "The one at the market", "It opens at nine", "Bring your card"]
    for username in ("resident", "posted", "worker", "secretary"):
        assert await read(people, username, case_id) == every
    for username in ("idle", "admin"):
        assert await read(people, username, case_id) == []
    for username in ("neighbor", "stranger", "elsewhere"):
        assert await read(people, username, case_id) is None


async def test_what_staff_write_among_themselves_never_reaches_the_reporter(people: Town, case_id: str) -> None:
    await written(people, "secretary", case_id, text="Be patient", thread="INTERNAL")
    await written(people, "idle", case_id, text="I know the place", thread="INTERNAL")
    await written(people, "resident", case_id, text="Hello")
    inside = ["Be patient", "I know the place"]
    assert await read(people, "resident", case_id) == ["Hello"]
    assert await read(people, "resident", case_id, thread="INTERNAL") == []
    assert await read(people, "idle", case_id) == inside
    assert await read(people, "admin", case_id) == inside
    assert await read(people, "posted", case_id) == [*inside, "Hello"]
    assert await read(people, "posted", case_id, thread="PRIVATE") == ["Hello"]
    assert await refusal(people, "resident", case_id, thread="INTERNAL") == ("FORBIDDEN", [])
    assert await refusal(people, "admin", case_id) == ("FORBIDDEN", [])
    assert await refusal(people, "idle", case_id) == ("FORBIDDEN", [])


async def test_a_task_opens_the_thread_among_staff_and_not_the_private_one(people: Town, case_id: str) -> None:
    """T9: a department with a share helps; it does not have the case."""
    west = people.id("org", people.organizations[WEST])
    await stepped(people, "secretary", "assignTasks", case_id, organizationIds=[west], text="Look at the pipes")
    await written(people, "resident", case_id, text="I am ill, come after five")
    await written(people, "secretary", case_id, text="Take the long ladder", thread="INTERNAL")
    assert await read(people, "elsewhere", case_id) == ["Take the long ladder"]
    assert await refusal(people, "elsewhere", case_id, thread="PRIVATE") == ("FORBIDDEN", [])
    await written(people, "elsewhere", case_id, text="We have one", thread="INTERNAL")
    assert await read(people, "resident", case_id) == ["I am ill, come after five"]


async def test_whoever_does_not_see_the_case_is_told_the_same_as_of_none(people: Town, case_id: str) -> None:
    unknown = people.id("case", uuid7())
    for username in ("neighbor", "stranger", "elsewhere"):
        for thread in ("PRIVATE", "INTERNAL"):
            assert await refusal(people, username, case_id, thread=thread) == ("NOT_FOUND", ["caseId"])
            assert await refusal(people, username, unknown, thread=thread) == ("NOT_FOUND", ["caseId"])
    assert await people.rows(CaseMessage) == []


async def test_a_message_is_an_event_with_ids_only(people: Town, case_id: str) -> None:
    await written(people, "resident", case_id, text="my door number is secret")
    (row,) = await people.rows(CaseMessage)
    (event,) = await people.rows(Event, subject_type="case_message")
    assert (event.type, event.subject_id, event.seq) == ("CaseMessagePosted", row.id, row.seq)
    (entry,) = await people.rows(AuditEntry, object_type="case_message")
    assert entry.detail == {"caseId": str(row.case_id), "thread": "PRIVATE"}
    assert (row.from_reporter, row.author_member_id) == (True, None)


async def test_answers_stay_within_their_thread(people: Town, case_id: str) -> None:
    question = await written(people, "resident", case_id)
    answer = await post(people, "posted", case_id, replyToId=question)
    assert answer["message"]["replyTo"] == {"id": question}
    inside = await written(people, "posted", case_id, thread="INTERNAL")
    other = await reported(people, "resident", title="Another")
    for words in (
        {"replyToId": inside},
        {"replyToId": question, "thread": "INTERNAL"},
        {"replyToId": people.id("message", uuid7())},
        {"replyToId": case_id},
    ):
        assert await refusal(people, "posted", case_id, **words) == ("NOT_FOUND", ["replyToId"])
    assert await refusal(people, "resident", other, replyToId=question) == ("NOT_FOUND", ["replyToId"])


async def test_a_message_says_something_and_not_too_much(people: Town, case_id: str) -> None:
    assert await refusal(people, "resident", case_id, text=" \n") == ("MESSAGE_EMPTY", ["text"])
    assert await refusal(people, "resident", case_id, text="x" * 4001) == ("TEXT_TOO_LONG", ["text"])
    assert await refusal(people, "resident", case_id, text="a\x00b") == ("TEXT_NOT_STORABLE", ["text"])
    long = "栏" * 4000
    await written(people, "resident", case_id, text=f"  {long} ")
    assert await read(people, "resident", case_id) == [long]


async def test_a_message_that_shows_nothing_says_nothing(people: Town, case_id: str) -> None:
    for unseen in ("\u200b", " \u2060\ufeff\u200d ", "\u3164", "\u2800\ufe0f"):
        assert await refusal(people, "resident", case_id, text=unseen) == ("MESSAGE_EMPTY", ["text"])
    await written(people, "resident", case_id, text="👩\u200d🔧")


async def test_retries_of_a_message_are_one_message(people: Town, case_id: str) -> None:
    payloads = await asyncio.gather(*[post(people, "resident", case_id, idempotencyKey="k") for _ in range(8)])
    assert len({payload["message"]["id"] for payload in payloads}) == 1
    assert len(await people.rows(CaseMessage)) == 1
    assert len(await people.rows(Event, subject_type="case_message")) == 1
    assert await refusal(people, "resident", case_id, idempotencyKey="k", text="other") == (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
    )
    await written(people, "posted", case_id, idempotencyKey="k")


async def test_an_author_takes_a_message_back_and_its_place_stays(
    people: Town, case_id: str, web: httpx.AsyncClient
) -> None:
    file = await sent(people, web, "resident", samples.image())
    message = await written(people, "resident", case_id, text="regretted", attachmentIds=[file])
    for username in ("posted", "secretary"):
        payload = await people.change(username, DELETE, input={"messageId": message})
        assert payload["userErrors"] == [{"code": "FORBIDDEN", "field": []}]
    for username in ("neighbor", "idle"):
        payload = await people.change(username, DELETE, input={"messageId": message})
        assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["messageId"]}]
    payload = await people.change("resident", DELETE, input={"messageId": message})
    left = payload["message"]
    assert (left["id"], left["text"], left["attachments"]) == (message, None, {"totalCount": 0})
    assert left["deletedAt"] is not None
    again = await people.change("resident", DELETE, input={"messageId": message})
    assert again["message"] == left
    assert await read(people, "posted", case_id) == [None]
    assert await read(people, "posted", case_id, deleted=False) == []
    (row,) = await people.rows(CaseMessage)
    assert row.text is None
    events = await people.rows(Event, subject_type="case_message")
    assert [event.type for event in events] == ["CaseMessagePosted", "CaseMessageDeleted"]
    assert row.seq == events[-1].seq
    steps = [(work.kind, work.step) for work in await people.rows(DueWork) if work.kind == "attachment.tidy"]
    assert steps == [("attachment.tidy", "expire"), ("attachment.tidy", "remove")]


async def test_nothing_is_written_to_a_case_that_is_struck_off(people: Town, case_id: str) -> None:
    message = await written(people, "resident", case_id)
    for username, name, words in (
        ("posted", "startCase", {}),
        ("posted", "resolveCase", {"result": "Emptied"}),
        ("posted", "giveFeedback", {"feedback": "They are empty now"}),
        ("resident", "rateCase", {"rating": "SATISFIED"}),
        ("secretary", "archiveCase", {}),
    ):
        await stepped(people, username, name, case_id, **words)
    assert await refusal(people, "resident", case_id) == ("CASE_CLOSED", [])
    payload = await people.change("resident", DELETE, input={"messageId": message})
    assert payload["userErrors"] == [{"code": "CASE_CLOSED", "field": []}]
    assert await read(people, "resident", case_id) == ["by resident"]


async def test_whoever_gave_a_case_back_reads_no_further(people: Town, case_id: str) -> None:
    await written(people, "resident", case_id, text="for you")
    assert await read(people, "posted", case_id) == ["for you"]
    await stepped(people, "posted", "releaseCase", case_id, reason="ill")
    assert await read(people, "posted", case_id) == []
    assert await read(people, "secretary", case_id) == ["for you"]


async def test_the_stream_brings_messages_to_those_who_may_read_them_and_to_nobody_else(
    people: Town, case_id: str
) -> None:
    async def heard(username: str, count: int) -> list[tuple[str, str]]:
        """So many notices from the beginning of the log: message ids and cursors."""
        context = Context(services=people.services, actor=await people.actor(username), request_id="r")
        start = people.services.positions.seal(0, tenant_id=people.tenant_id, log="case_messages")
        found: list[tuple[str, str]] = []
        stream = follow(context, "case_messages", visible_after, start)
        async for item in stream:
            found.append((people.id("message", item.id), item.cursor))
            if len(found) == count:
                break
        return found

    first = await written(people, "resident", case_id)
    inside = await written(people, "secretary", case_id, thread="INTERNAL")
    last = await written(people, "posted", case_id)
    assert [id_ for id_, _cursor in await heard("resident", 2)] == [first, last]
    assert [id_ for id_, _cursor in await heard("posted", 3)] == [first, inside, last]
    assert [id_ for id_, _cursor in await heard("idle", 1)] == [inside]
    await people.change("resident", DELETE, input={"messageId": first})
    assert [id_ for id_, _cursor in await heard("posted", 3)] == [inside, last, first]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await heard("neighbor", 1)
