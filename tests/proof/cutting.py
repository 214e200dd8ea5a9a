"""A TCP proxy that takes whole requests to a server and keeps the answers from the client: it cuts the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Cutting:
    """waits: whether it cuts after the server's answer, or at once when the request is through. answers: bodies kept back."""

    host: str
    port: int
    waits: bool
    answers: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request goes through, nothing comes back."""
        request = await _message(reader)
        to_reader, to_writer = await asyncio.open_connection(self.host, self.port)
        to_writer.write(request)
        await to_writer.drain()
        if self.waits:
            self.answers.append((await _message(to_reader)).split(_HEAD_END, 1)[1])
        to_writer.close()
        writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole HTTP/1.1 message with a length."""
    head = await reader.readuntil(_HEAD_END)
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    return head + await reader.readexactly(length)


@asynccontextmanager
async def cutting(address: str, *, waits: bool) -> AsyncIterator[tuple[str, Cutting]]:
    """The proxy's URL in front of a server at ``host:port``, and the proxy."""
    host, port = address.split(":")
    proxy = Cutting(host, int(port), waits)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", proxy
