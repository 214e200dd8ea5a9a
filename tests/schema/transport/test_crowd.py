"""Only so much is under way over sockets: the next operation is refused, and the socket goes on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection

from schema.transport.crowd import MOST_OF_CALLER, MOST_OF_SOCKET
from tests.fixtures.city import Platform
from tests.schema.applications.test_socket import connected, hear, say

STREAM = {"query": "subscription { caseEvents { cursor } }"}


async def _opened(address: str, token: str, stack: AsyncExitStack) -> ClientConnection:
    socket = await stack.enter_async_context(connected(address, token))
    assert await hear(socket) == {"type": "connection_ack"}
    return socket


async def _stream(socket: ClientConnection, count: int) -> None:
    for number in range(count):
        await say(socket, type="subscribe", id=str(number), payload=STREAM)


async def _asked(socket: ClientConnection, id_: str) -> dict[str, Any]:
    """The answer to a query; it comes after all that was refused before."""
    await say(socket, type="subscribe", id=id_, payload={"query": "{ __typename }"})
    answer = await hear(socket)
    if answer["type"] == "next":
        assert await hear(socket) == {"id": id_, "type": "complete"}
    return answer


async def test_a_socket_has_only_so_much_under_way(platform: Platform, live: str) -> None:
    async with AsyncExitStack() as stack:
        socket = await _opened(live, await platform.sign_in("jiamusi", "dispatcher"), stack)
        await _stream(socket, MOST_OF_SOCKET)
        for id_ in ("a", "b"):
            error = await _asked(socket, id_)
            assert (error["id"], error["type"]) == (id_, "error")
            assert error["payload"] == [
                {
                    "message": "100 operations are under way already; complete some of them first.",
                    "extensions": {"code": "TOO_MANY_SUBSCRIPTIONS"},
                }
            ]
        await say(socket, type="complete", id="7")
        assert (await _asked(socket, "a"))["payload"]["data"] == {"__typename": "Query"}


async def test_an_account_has_only_so_many_streams_on_all_its_sockets(platform: Platform, live: str) -> None:
    """Which is its own affair: a neighbor's socket is as free as ever. An ended stream makes room."""
    token = await platform.sign_in("jiamusi", "dispatcher")
    over = 3 * MOST_OF_SOCKET - MOST_OF_CALLER
    async with AsyncExitStack() as stack:
        sockets = [await _opened(live, token, stack) for _ in range(3)]
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for socket in sockets:
            await _stream(socket, MOST_OF_SOCKET)
            hearing = asyncio.create_task(_all_heard(socket, heard))
            stack.callback(hearing.cancel)
        async with asyncio.timeout(30):
            refused = [await heard.get() for _ in range(over)]
        codes = {(message["type"], message["payload"][0]["extensions"]["code"]) for message in refused}
        assert codes == {("error", "TOO_MANY_SUBSCRIPTIONS")}
        neighbor = await _opened(live, await platform.sign_in("jiamusi", "resident"), stack)
        await say(neighbor, type="subscribe", id="1", payload=STREAM)
        assert (await _asked(neighbor, "2"))["type"] == "next"
    async with AsyncExitStack() as stack:
        socket = await _opened(live, token, stack)
        await _stream(socket, 1)
        assert (await _asked(socket, "2"))["type"] == "next"


async def _all_heard(socket: ClientConnection, heard: asyncio.Queue[dict[str, Any]]) -> None:
    async for frame in socket:
        await heard.put(orjson.loads(frame))
