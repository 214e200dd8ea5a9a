"""GraphQL over WebSocket on a real server: the protocol's close codes, and a stream that resumes without loss."""

from __future__ import annotations

import asyncio
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


async def report(api: Api, slug: str, title: str) -> str:
    """Report a case as the city's resident; its number is returned."""
    grid = (await api(slug, "resident", "{ viewer { resident { grid { id } } } }"))["data"]["viewer"]["resident"][
        "grid"
    ]
    category = (await api(slug, "resident", "{ tenant { categories { code } } }"))["data"]["tenant"]
    given = {
        "gridId": grid["id"],
        "category": category["categories"][0]["code"],
        "title": title,
        "description": "Seen this morning.",
        "idempotencyKey": title,
    }
    payload = (await api(slug, "resident", REPORT, input=given))["data"]["reportCase"]
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
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": "0"}})
        first = (await hear(socket))["payload"]["data"]["caseEvents"]
        while first["case"]["number"] != numbers[0]:
            first = (await hear(socket))["payload"]["data"]["caseEvents"]
    assert first["event"]["kind"] == "REPORTED"
    numbers += [await report(api, "daye", f"lamp {n}") for n in (2, 3)]  # nobody listens
    async with connected(address, token) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": first["cursor"]}})
        found = [(await hear(socket))["payload"]["data"]["caseEvents"] for _ in range(2)]
        numbers.append(await report(api, "daye", "lamp 4"))
        found.append((await hear(socket))["payload"]["data"]["caseEvents"])
    assert [notice["case"]["number"] for notice in found] == numbers[1:]
    cursors = [int(notice["cursor"]) for notice in [first, *found]]
    assert cursors == sorted(set(cursors))


async def test_a_stream_shows_only_what_its_subscriber_may_see(address: str, platform: Platform, api: Api) -> None:
    async with connected(address, await platform.sign_in("jiamusi", "dispatcher")) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": "0"}})
        seen_before: list[str] = []
        await report(api, "daye", "not for Jiamusi")
        number = await report(api, "jiamusi", "for Jiamusi")
        while number not in seen_before:
            seen_before.append((await hear(socket))["payload"]["data"]["caseEvents"]["case"]["number"])
        assert all(found.startswith("JIAMUSI-") for found in seen_before)


async def test_a_stream_ends_when_its_session_is_signed_out(address: str, platform: Platform, api: Api) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    async with connected(address, token) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": str(2**40)}})
        assert (await api("daye", "first_secretary", "mutation { signOut(input: {}) { signedOut } }"))["data"]
        await report(api, "daye", "after the end")
        ended = await hear(socket)
    assert ended["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_cursor_that_is_none_is_bad_input(address: str, platform: Platform) -> None:
    async with connected(address, await platform.sign_in("daye", "first_secretary")) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": EVENTS, "variables": {"after": "x"}})
        answer = await hear(socket)
    assert answer["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
