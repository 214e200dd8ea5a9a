"""GraphQL over WebSocket on a real server: the protocol's close codes, and a stream that resumes without loss."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from server.main import MAX_FRAME, application
from tenants.positions import Positions
from tests.fixtures.city import Api, Platform

PROTOCOL = Subprotocol("graphql-transport-ws")
EVENTS = (
    "subscription($after: String) { caseEvents(after: $after) { cursor event { kind seq } case { number status } } }"
)
REPORT = """mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id number } userErrors { code message } } }"""


@pytest.fixture
async def address(platform: Platform) -> AsyncIterator[str]:
    """The address of a web server in this process."""
    app = application(platform.services)
    config = uvicorn.Config(
        app,
        port=0,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="error",
    )
    server = uvicorn.Server(config)
    config.load()
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/graphql"
    server.should_exit = True
    await serving


@asynccontextmanager
async def connected(address: str, token: str | None) -> AsyncIterator[ClientConnection]:
    """A socket that has been acknowledged."""
    async with websockets.connect(address, subprotocols=[PROTOCOL]) as socket:
        payload = {"authorization": f"Bearer {token}"} if token else None
        await say(socket, type="connection_init", payload=payload)
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(15):
        frame = await socket.recv()
    assert isinstance(frame, str)
    found: dict[str, Any] = orjson.loads(frame)
    return found


async def closed_with(socket: ClientConnection) -> int:
    async with asyncio.timeout(15):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


async def told_of(socket: ClientConnection, number: str) -> dict[str, Any]:
    """The first notice of a case."""
    while True:
        notice: dict[str, Any] = (await hear(socket))["payload"]["data"]["caseEvents"]
        if notice["case"]["number"] == number:
            return notice


async def report(api: Api, slug: str, title: str, *, username: str = "resident") -> str:
    """Report a case as a resident of the city; its number is returned."""
    grid = (await api(slug, username, "{ viewer { resident { grid { id } } } }"))["data"]["viewer"]["resident"]["grid"]
    category = (await api(slug, username, "{ tenant { categories { code } } }"))["data"]["tenant"]
    given = {
        "gridId": grid["id"],
        "category": category["categories"][0]["code"],
        "title": title,
        "description": "Seen this morning.",
        "idempotencyKey": title,
    }
    payload = (await api(slug, username, REPORT, input=given))["data"]["reportCase"]
    assert payload["userErrors"] == []
    number: str = payload["case"]["number"]
    return number


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        "1",
        "null",
        "{",
        "[" * 10_000,
        '{"type": 1}',
        '{"type": "connection_init", "payload": "x"}',
        '{"type": "no"}',
    ],
)
async def test_frames_that_are_no_messages_close_with_4400(address: str, frame: str) -> None:
    async with websockets.connect(address, subprotocols=[PROTOCOL]) as socket:
        await socket.send(frame)
        assert await closed_with(socket) == 4400


@pytest.mark.parametrize("payload", ["x", None, {"query": 1}, {"query": "{ __typename }", "variables": []}])
async def test_subscriptions_that_are_none_close_with_4400(address: str, payload: object) -> None:
    async with connected(address, None) as socket:
        await say(socket, type="subscribe", id="1", payload=payload)
        assert await closed_with(socket) == 4400


async def test_the_protocols_other_close_codes(address: str) -> None:
    async with websockets.connect(address, subprotocols=[PROTOCOL]) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": "{ __typename }"})
        assert await closed_with(socket) == 4401
    async with connected(address, None) as socket:
        await say(socket, type="connection_init")
        assert await closed_with(socket) == 4429
    async with websockets.connect(address, subprotocols=[PROTOCOL]) as socket:
        await say(socket, type="connection_init", payload={"authorization": "Bearer wrong"})
        assert await closed_with(socket) == 4403
    async with websockets.connect(address, subprotocols=[Subprotocol("graphql-ws")]) as socket:
        assert await closed_with(socket) == 4406
    async with connected(address, None) as socket:
        await socket.send("x" * (MAX_FRAME + 1))
        assert await closed_with(socket) == 1009


async def test_queries_work_over_the_socket_too(address: str, platform: Platform) -> None:
    async with connected(address, await platform.sign_in("daye", "analyst")) as socket:
        await say(socket, type="subscribe", id="q", payload={"query": "{ viewer { username } }"})
        answer = await hear(socket)
        assert answer["payload"].pop("extensions")["cost"]["actualQueryCost"] == 2
        assert answer == {"id": "q", "type": "next", "payload": {"data": {"viewer": {"username": "analyst"}}}}
        assert await hear(socket) == {"id": "q", "type": "complete"}
        await say(socket, type="subscribe", id="e", payload={"query": "{ nope }"})
        refused = await hear(socket)
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "GRAPHQL_VALIDATION_FAILED")
        await say(socket, type="subscribe", id="s", payload={"query": "{ aaaaa } " + "x" * 400})
        refused = await hear(socket)
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "GRAPHQL_PARSE_FAILED")
        await say(socket, type="subscribe", id="d", payload={"query": "{ members(first: 1) { nodes { phone } } }"})
        denied = (await hear(socket))["payload"]
        assert [error["path"] for error in denied["errors"]] == [["members", "nodes", 0, "phone"]]


async def test_a_stream_resumes_from_its_cursor_without_loss(address: str, platform: Platform, api: Api) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    numbers = [await report(api, "daye", "lamp 1")]
    async with connected(address, token) as socket:
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}
        await say(
            socket,
            type="subscribe",
            id="1",
            payload={"query": EVENTS, "variables": {"after": await platform.cursor("daye")}},
        )
        first = await told_of(socket, numbers[0])
    assert first["event"]["kind"] == "REPORTED"
    numbers += [await report(api, "daye", f"lamp {n}") for n in (2, 3)]  # nobody listens
    async with connected(address, token) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": first["cursor"]}})
        found = [(await hear(socket))["payload"]["data"]["caseEvents"] for _ in range(2)]
        numbers.append(await report(api, "daye", "lamp 4"))
        found.append((await hear(socket))["payload"]["data"]["caseEvents"])
    assert [notice["case"]["number"] for notice in found] == numbers[1:]
    assert len({notice["cursor"] for notice in [first, *found]}) == 4


OWN = """subscription($after: String) { caseEvents(after: $after) {
  cursor event { id kind seq } case { number version events(first: 100) { nodes { seq } edges { cursor } } } } }"""


async def test_a_stream_tells_nothing_of_what_its_subscriber_may_not_see(
    address: str, platform: Platform, api: Api
) -> None:
    """What others report in between leaves no trace: no number grows by it, and no cursor holds one."""
    seen: list[dict[str, Any]] = []
    async with connected(address, await platform.sign_in("daye", "resident_2")) as socket:
        await say(
            socket,
            type="subscribe",
            id="1",
            payload={"query": OWN, "variables": {"after": await platform.cursor("daye")}},
        )
        for hidden in (0, 1, 2, 5):
            for number in range(hidden):
                await report(api, "daye", f"not for everybody {hidden} {number}")
            own = await report(api, "daye", f"own {hidden}", username="resident_2")
            seen.append(await told_of(socket, own))
    assert [(notice["event"]["kind"], notice["event"]["seq"]) for notice in seen] == [("REPORTED", 1)] * 4
    assert [notice["case"]["version"] for notice in seen] == [1] * 4
    assert [notice["case"]["events"]["nodes"] for notice in seen] == [[{"seq": 1}]] * 4
    (of_history,) = {edge["cursor"] for notice in seen for edge in notice["case"]["events"]["edges"]}
    assert orjson.loads(base64.urlsafe_b64decode(of_history + "=" * (-len(of_history) % 4)))[1:] == [1]
    cursors = [notice["cursor"] for notice in seen]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", cursor) for cursor in cursors)
    for one, other in itertools.combinations(map(base64.urlsafe_b64decode, cursors), 2):
        assert not {one[place : place + 4] for place in range(21)} & {other[place : place + 4] for place in range(21)}


async def test_a_stream_shows_only_what_its_subscriber_may_see(address: str, platform: Platform, api: Api) -> None:
    async with connected(address, await platform.sign_in("jiamusi", "dispatcher")) as socket:
        await say(
            socket,
            type="subscribe",
            id="1",
            payload={"query": EVENTS, "variables": {"after": await platform.cursor("jiamusi")}},
        )
        seen_before: list[str] = []
        await report(api, "daye", "not for Jiamusi")
        number = await report(api, "jiamusi", "for Jiamusi")
        while number not in seen_before:
            seen_before.append((await hear(socket))["payload"]["data"]["caseEvents"]["case"]["number"])
        assert all(found.startswith("JIAMUSI-") for found in seen_before)


async def test_a_stream_ends_when_its_session_is_signed_out(address: str, platform: Platform, api: Api) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    async with connected(address, token) as socket:
        await say(
            socket,
            type="subscribe",
            id="1",
            payload={"query": EVENTS, "variables": {"after": await platform.cursor("daye", 2**40)}},
        )
        assert (await api("daye", "first_secretary", "mutation { signOut(input: {}) { signedOut } }"))["data"]
        await report(api, "daye", "after the end")
        ended = await hear(socket)
    assert ended["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("cursor", ["x", "", "0", "3094", "-1", "9" * 400, "é" * 32, "\x00" * 32, "A" * 32, "=" * 32])
async def test_a_cursor_that_is_none_is_bad_input(address: str, platform: Platform, cursor: str) -> None:
    assert await refused(address, platform, cursor) == {
        "message": "This is no cursor of this stream; use the cursor of the last item you received.",
        "code": "BAD_USER_INPUT",
    }


async def test_cursors_of_elsewhere_are_bad_input(address: str, platform: Platform, api: Api) -> None:
    """Of another city, damaged, of another log, of a connection, sealed with another secret."""
    daye = (await platform.tenant("daye")).id
    own = await platform.cursor("daye")
    await report(api, "daye", "for a page")
    page = (await api("daye", "first_secretary", "{ cases(first: 1) { pageInfo { endCursor } } }"))["data"]["cases"]
    for cursor in (
        await platform.cursor("jiamusi"),
        own[:-1] + ("A" if own[-1] != "A" else "B"),
        ("A" if own[0] != "A" else "B") + own[1:],
        own + "=",
        own[:-4],
        own.swapcase(),
        platform.services.positions.seal(0, tenant_id=daye, log="other"),
        Positions("another secret of the platform").seal(0, tenant_id=daye, log="case_events"),
        page["pageInfo"]["endCursor"],
    ):
        assert (await refused(address, platform, cursor))["code"] == "BAD_USER_INPUT", cursor


async def refused(address: str, platform: Platform, cursor: str) -> dict[str, str]:
    """Message and code of the only answer to a stream from this cursor."""
    async with connected(address, await platform.sign_in("daye", "first_secretary")) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": cursor}})
        (error,) = (await hear(socket))["payload"]["errors"]
    return {"message": error["message"], "code": error["extensions"]["code"]}
