"""The parts of the web process that are no GraphQL: health, response headers, and the log line of each request."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

from server.files.links import DOWNLOADS

Probe = Callable[[], Awaitable[None]]
_WORTH_COMPRESSING = 1_000  # bytes: a smaller answer fits into one packet anyway
_log = structlog.get_logger(__name__)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


def health_routes(probes: dict[str, Probe]) -> list[BaseRoute]:
    """``/livez`` answers for the process, ``/readyz`` for what it depends on: 503 names what is away."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        states = {name: await _state(probe) for name, probe in probes.items()}
        ready = all(state == "ok" for state in states.values())
        return JSONResponse({"status": "ok" if ready else "unavailable", **states}, status_code=200 if ready else 503)

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _state(probe: Probe) -> str:
    try:
        await probe()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a dependency, it is away
        _log.warning("not_ready", error=repr(error))
        return "unavailable"
    return "ok"


class Straight:
    """Sends requests for one path, which nearly all are for, past the router."""

    def __init__(self, path: str, app: ASGIApp, others: ASGIApp) -> None:
        self._path = path
        self._app = app
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        straight = scope["type"] == "http" and scope["path"] == self._path
        await (self._app if straight else self._others)(scope, receive, send)


class Surroundings:
    """Compresses answers, adds security headers to them and logs each request without its content.

    Compression cannot tell a stranger a secret here (BREACH): that takes many requests in the victim's name with text of
    the stranger's choice, and no browser adds a bearer token by itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        add_compress_type("application/graphql-response+json")
        self._app = app
        self._compressing = CompressMiddleware(app, minimum_size=_WORTH_COMPRESSING, zstd_level=3, gzip_level=3)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            # A file is compressed by its own kind, and a part of one is told by the bytes it has as it is.
            accepts = not scope["path"].startswith(DOWNLOADS) and any(
                name == b"accept-encoding" for name, _value in scope["headers"]
            )
            await (self._compressing if accepts else self._app)(scope, receive, sending)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            _log.debug("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)
