"""One connection of the web process: the head of a request may be neither endless nor slow.

The parser under uvicorn keeps whatever a client sends as request line and headers, for as long as it likes to send.
Here a head holds at most MAX_HEAD bytes and MAX_HEADERS fields, and is there within HEAD_SECONDS of its first byte, or
of the connection. Otherwise the answer is 431 (RFC 6585, 5) or 408 (RFC 9110, 15.5.9) with the body of all refusals
(docs/api.md), and the connection ends. What was asked on it before is answered first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEAD = 65_536  # twice what a query string may hold
MAX_HEADERS = 100
HEAD_SECONDS = 10.0
_PARTING_SECONDS = 1.0  # closed at once, a client that is still sending would be reset before it reads why
_FIELD_ENDS = 4  # the colon, a space and the end of the line


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a request that no application gets to see."""

    status: int
    message: str

    def answer(self) -> bytes:
        """The whole response."""
        error = {"message": self.message, "extensions": {"code": "BAD_REQUEST"}}
        body = orjson.dumps({"errors": [error]})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        return STATUS_LINE[self.status] + head + body


MALFORMED = Fault(400, "This is not HTTP/1.1.")
LATE = Fault(408, "The request line and the headers took too long to arrive.")
TOO_LARGE = Fault(431, f"Request line and headers may hold at most {MAX_HEAD} bytes and {MAX_HEADERS} fields.")


class Connection(HttpToolsProtocol):
    """What uvicorn does, with an end to every head. A request that arrives in one piece starts no timer."""

    _head_open = False
    _ended = False  # refused, or a WebSocket by now: nothing more is read here
    _fault = MALFORMED
    _loose = 0  # bytes since the last whole head or piece of a body: of an open head, or of trailers
    _span = 0  # no less than the bytes of the head that is open or ends in this piece
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn narrows it too
        """A client has connected."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or has been sent away."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of what the client sends, up to 256 kB."""
        if self._ended:
            return
        length = len(data)
        self._loose += length
        self._span += length
        super().data_received(data)
        if not self._loose:
            self._span = length
        elif self._loose > MAX_HEAD:
            self._refuse(TOO_LARGE)
        if self._timer is None and (self._head_open or self._idle()):
            self._expect_head()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._head_open = True
        if self._timer is not None:
            self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole. Errors: HttpParserError when it is too large, which stops the parser."""
        self._head_open = False
        self._loose = 0
        self._cancel()
        if len(self.headers) > MAX_HEADERS or (self._span > MAX_HEAD and self._size() > MAX_HEAD):
            self._fault = TOO_LARGE
            raise httptools.HttpParserError
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, whose length is the application's business."""
        self._loose = 0
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """The connection goes over to another protocol."""
        self._ended = True
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser stumbled over; ``msg``, uvicorn's own words, is not sent."""
        del msg
        self._refuse(self._fault)

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + _FIELD_ENDS for name, value in self.headers)

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # None at first

    def _expect_head(self) -> None:
        if self._ended:
            return
        self._cancel()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if not self._idle():  # we are the slow ones: while a request is answered, the next is not read
            self._expect_head()
        elif self._head_open:
            self._refuse(LATE)
        else:
            self.transport.close()

    def _refuse(self, fault: Fault) -> None:
        if self._ended:
            return
        self._ended = True
        self._cancel()
        if self._idle():
            self._part(fault)
        elif not self.cycle.more_body:
            self.cycle.keep_alive = False
        elif self.cycle.response_started or self.pipeline:
            self.transport.close()
        else:  # the fault is in the body of the one request there is: whoever reads it has lost its client
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._part(fault)

    def _part(self, fault: Fault) -> None:
        """Answer, then read and throw away for a moment what is still under way (RFC 9112, 9.6)."""
        self.transport.write(fault.answer())
        self.transport.write_eof()
        self._timer = self.loop.call_later(_PARTING_SECONDS, self.transport.close)
