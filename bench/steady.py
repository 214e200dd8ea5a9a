"""Open-loop load: requests go out when they are due, whether or not earlier ones were answered, as far as connections go.

Latency counts from the instant a request was due, so a server that stalls cannot hide it by being asked less.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import urlsplit

_OK = 200
_LATE = 1.0  # seconds: what could not be sent by then is not sent any more


@dataclass(slots=True)
class Seen:
    """What came back.

    latencies: milliseconds, of answers with 200 only. statuses: how many answers of each. reopened: how many requests
    were sent again, because the connection kept from an earlier one had been closed.
    """

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    reopened: int = 0

    def below(self, share: float) -> float:
        """The latency that this share of the answers stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def add(self, other: Seen) -> None:
        """Count another run in."""
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.reopened += other.reopened


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who asks: POST requests of those bodies in turn, ``rate`` a second over at most that many connections."""

    url: str
    headers: Mapping[str, str]
    bodies: Sequence[bytes]
    rate: float
    connections: int = 256


async def flow(source: Source, seconds: float) -> Seen:
    """Ask for so long. Errors: OSError when the server cannot be reached."""
    seen, connections = Seen(), _Connections(source.url)
    begun = time.perf_counter()
    count = int(source.rate * seconds)
    requests = islice(cycle([_request(source, body) for body in source.bodies]), count)
    free = asyncio.Semaphore(source.connections)
    async with asyncio.TaskGroup() as asking:
        for number, request in enumerate(requests):
            due = begun + number / source.rate
            await asyncio.sleep(due - time.perf_counter())
            await free.acquire()
            if time.perf_counter() > begun + seconds + _LATE:
                break
            asking.create_task(_ask(connections, request, due, seen)).add_done_callback(lambda _done: free.release())
    connections.close()
    return seen


_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connections:
    """Open connections nobody is using; a new one is made when there is none."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._idle: list[_Connection] = []

    def take(self) -> _Connection | None:
        """A connection that was used before and is not known to be closed; None when there is none."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def open(self) -> _Connection:
        """A connection of this moment. Errors: OSError."""
        return await asyncio.open_connection(self._host, self._port)

    def put(self, connection: _Connection) -> None:
        """Leave a connection for the next request."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close them all."""
        for _, writer in self._idle:
            writer.close()


async def _ask(connections: _Connections, request: bytes, due: float, seen: Seen) -> None:
    head, connection = None, connections.take()
    if connection is not None:
        head = await _head(connection, request)
        seen.reopened += head is None
    if head is None or connection is None:
        connection = await connections.open()
        head = await _head(connection, request)
    if head is None:
        message = "the server closed a new connection without an answer"
        raise ConnectionError(message)
    length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
    await connection[0].readexactly(length)
    status = int(head.split(b" ", 2)[1])
    seen.statuses[status] += 1
    if status == _OK:
        seen.latencies.append((time.perf_counter() - due) * 1000)
    connections.put(connection)


async def _head(connection: _Connection, request: bytes) -> bytes | None:
    """The head of the answer, in lower case; None when the server closed the connection without one (RFC 9112, 9.3.1)."""
    reader, writer = connection
    writer.write(request)
    try:
        return (await reader.readuntil(b"\r\n\r\n")).lower()
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        writer.close()
        if isinstance(error, asyncio.IncompleteReadError) and error.partial:
            raise
        return None


def _request(source: Source, body: bytes) -> bytes:
    address = urlsplit(source.url)
    given = {"host": address.netloc, "content-type": "application/json", "content-length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in (given | dict(source.headers)).items()]
    head = "\r\n".join([f"POST {address.path} HTTP/1.1", *lines, "", ""])
    return head.encode() + body
