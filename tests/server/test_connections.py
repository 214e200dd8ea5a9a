"""Connections over a real socket: heads have an end, in bytes and in time, and everything legal goes on working."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import orjson
import pytest
import websockets
from starlette.types import Receive, Scope, Send

from server import connections
from server.connections import MAX_HEAD, MAX_HEADERS
from tests.fixtures.live import serving

SECONDS = 0.3
PIECE = b"a" * 65_536
GET = b"GET /%s HTTP/1.1\r\nhost: city\r\n%s\r\n"
POST = b"POST /%s HTTP/1.1\r\nhost: city\r\n%s\r\n"


@dataclass(slots=True)
class Echo:
    """An application that answers with path, query length and body length; ``/slow`` waits until it is let go."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(receive, send)
            return
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            length += len(message["body"])
            more = message["more_body"]
        if scope["path"] == "/slow":
            self.begun.set()
            await self.go.wait()
        body = b"%s %d %d" % (scope["path"].encode(), len(scope["query_string"]), length)
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that sends bytes as they are."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def refused(self) -> tuple[int, str]:
        """Status and code of the last answer of a connection, after which it has ended."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        assert b"content-type: application/json\r\n" in head
        assert b"connection: close\r\n" in head
        (error,) = orjson.loads(await self.reader.read())["errors"]
        return int(head.split()[1]), error["extensions"]["code"]


@pytest.fixture
def app() -> Echo:
    return Echo()


@pytest.fixture
async def host(app: Echo) -> AsyncIterator[str]:
    async with serving(app) as found:
        yield found


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head has less time than a test wants to wait."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", SECONDS)


@asynccontextmanager
async def caller(host: str) -> AsyncIterator[Caller]:
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port), limit=2**20)
    async with asyncio.timeout(20):
        yield Caller(reader, writer)
    writer.close()


@pytest.fixture
async def client(host: str) -> AsyncIterator[Caller]:
    async with caller(host) as found:
        yield found


def padding(size: int, *, name: bytes = b"x-padding") -> bytes:
    return name + b": " + b"a" * (size - len(name) - 4) + b"\r\n"


async def test_a_head_of_just_the_size_is_served_and_one_byte_more_is_refused(client: Caller) -> None:
    others = len(b"/" + b"host: city\r\n")
    await client.say(GET % (b"", padding(MAX_HEAD - others)))
    assert await client.hear() == (200, b"/ 0 0")
    await client.say(GET % (b"", padding(MAX_HEAD - others + 1)))
    assert await client.refused() == (431, "BAD_REQUEST")


async def test_a_hundred_fields_are_served_and_one_more_is_refused(client: Caller) -> None:
    await client.say(GET % (b"", b"x: 1\r\n" * (MAX_HEADERS - 1)))
    assert await client.hear() == (200, b"/ 0 0")
    await client.say(GET % (b"", b"x: 1\r\n" * MAX_HEADERS))
    assert await client.refused() == (431, "BAD_REQUEST")


async def test_the_second_head_of_a_piece_has_the_same_end(client: Caller) -> None:
    await client.say(GET % (b"first", b""), GET % (b"", padding(MAX_HEAD)), GET % (b"third", b""))
    assert await client.hear() == (200, b"/first 0 0")
    assert await client.reader.read() == b""


async def test_an_address_of_30_kilobytes_is_served(client: Caller) -> None:
    await client.say(GET % (b"graphql?query=" + b"a" * 30_000, b""))
    assert await client.hear() == (200, b"/graphql 30006 0")


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"GET / HTTP/1.1\r\nx-endless: ", id="a value"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: city\r\nx-", id="a name"),
        pytest.param(b"GET /", id="an address"),
        pytest.param(POST % (b"", b"transfer-encoding: chunked\r\n") + b"1\r\na\r\n0\r\nx-endless: ", id="a trailer"),
    ],
)
async def test_what_has_no_end_is_refused_without_being_kept(client: Caller, start: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        await client.say(start)
        with suppress(ConnectionError):  # the server may read and throw away all there is, or end it before
            for _ in range(960):  # 60 MB
                await client.say(PIECE)
            await client.reader.read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
    assert time.perf_counter() - began < 5


async def test_who_sends_too_much_can_read_why(client: Caller) -> None:
    await client.say(b"GET / HTTP/1.1\r\nx-endless: ", PIECE, PIECE)
    assert await client.refused() == (431, "BAD_REQUEST")


async def test_a_trailer_too_long_is_refused(client: Caller) -> None:
    await client.say(POST % (b"", b"transfer-encoding: chunked\r\n"), b"1\r\na\r\n")
    await client.say(b"0\r\nx-endless: ", PIECE * 6)  # more than one piece as the server reads it
    assert await client.refused() == (431, "BAD_REQUEST")


@pytest.mark.usefixtures("hurried")
async def test_a_head_that_trickles_is_refused_in_time(client: Caller) -> None:
    began = time.perf_counter()
    await client.say(b"GET / HTTP/1.1\r\nx-slow: ")
    answer = asyncio.create_task(client.refused())
    while not answer.done():
        await client.say(b"a")
        await asyncio.wait([answer], timeout=0.01)
    assert await answer == (408, "BAD_REQUEST")
    assert SECONDS <= time.perf_counter() - began < SECONDS + 2


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("first", [b"", b"\r\n", GET % (b"", b"") + b"\r\n"])
async def test_who_says_nothing_is_sent_away_in_silence(client: Caller, first: bytes) -> None:
    await client.say(first)
    if b"GET" in first:
        assert await client.hear() == (200, b"/ 0 0")
        await client.say(b"\r\n")
    assert await client.reader.read() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_quiet_connection_and_a_slow_body_have_their_own_time(client: Caller) -> None:
    await client.say(GET % (b"", b""))
    assert await client.hear() == (200, b"/ 0 0")
    await asyncio.sleep(SECONDS * 1.5)  # idle, shorter than the server's keep-alive
    await client.say(POST % (b"", b"content-length: 4\r\n"))
    for _ in range(4):
        await asyncio.sleep(SECONDS / 2)
        await client.say(b"a")
    assert await client.hear() == (200, b"/ 0 4")


async def test_a_large_body_does_not_count(client: Caller) -> None:
    await client.say(POST % (b"", b"content-length: 655360\r\n"), PIECE * 10, GET % (b"next", b""))
    assert await client.hear() == (200, b"/ 0 655360")
    assert await client.hear() == (200, b"/next 0 0")


async def test_requests_in_one_piece_are_answered_in_order(client: Caller) -> None:
    asked = [GET % (b"%d" % number, padding(1_000)) for number in range(200)]
    await client.say(*asked)
    assert [await client.hear() for _ in asked] == [(200, b"/%d 0 0" % number) for number in range(200)]


@pytest.mark.parametrize("second", [GET % (b"", padding(MAX_HEAD + 1)), b"no http\r\n\r\n"])
async def test_what_was_asked_before_the_fault_is_answered(app: Echo, client: Caller, second: bytes) -> None:
    await client.say(GET % (b"slow", b""), second)
    await app.begun.wait()
    app.go.set()
    assert await client.hear() == (200, b"/slow 0 0")
    assert await client.reader.read() == b""


@pytest.mark.usefixtures("hurried")
async def test_while_we_are_slow_the_next_head_may_wait(app: Echo, client: Caller) -> None:
    second = GET % (b"second", b"")
    await client.say(GET % (b"slow", b""), second[:20])
    await app.begun.wait()
    await asyncio.sleep(SECONDS * 1.5)
    app.go.set()
    assert await client.hear() == (200, b"/slow 0 0")
    await client.say(second[20:])
    assert await client.hear() == (200, b"/second 0 0")


async def test_a_body_that_is_no_http_is_refused_and_its_reader_let_go(app: Echo, client: Caller) -> None:
    await client.say(POST % (b"slow", b"transfer-encoding: chunked\r\n"), b"1\r\na\r\n")
    await client.say(b"zz\r\n")
    assert await client.refused() == (400, "BAD_REQUEST")
    assert not app.begun.is_set()


async def test_what_is_no_http_is_told_so_in_json(client: Caller) -> None:
    await client.say(b"no http\r\n\r\n")
    assert await client.refused() == (400, "BAD_REQUEST")


@pytest.mark.usefixtures("hurried")
async def test_a_websocket_stays(host: str) -> None:
    async with websockets.connect(f"ws://{host}/graphql") as socket:
        await asyncio.sleep(SECONDS * 1.5)
        await socket.send("still there")
        assert await socket.recv() == "still there"


async def test_the_head_of_a_websocket_has_the_same_end(client: Caller) -> None:
    upgrade = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    key = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    await client.say(GET % (b"", upgrade + key + padding(MAX_HEAD)))
    assert await client.refused() == (431, "BAD_REQUEST")
