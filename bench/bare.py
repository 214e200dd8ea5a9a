"""The limit: an ASGI app without GraphQL, authentication or planning, that runs one hand-written statement per request.

One round trip, the tenant named everywhere and set for row security, as our own reads do. It takes a request as
``{"parameters": [...]}`` for the one statement it was started with.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

POOL_SIZE = 8  # as many as CIVICGRID_READ_POOL_SIZE gives ours


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _keep(_connection: object) -> None:
    """Nothing to reset: the setting ends with its transaction."""


class Bare:
    """The application; connects when the server starts."""

    def __init__(self, url: str, tenant: UUID, statements: dict[str, str]) -> None:
        self._url = url
        self._tenant = tenant
        self._statements = {
            path: f"select set_config('app.tenant_id', $1, true), ({text})" for path, text in statements.items()
        }
        self._pool: asyncpg.Pool[Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["method"] == "GET":
            await _answer(send, b"")
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        parameters = orjson.loads(body)["parameters"]
        if self._pool is None:
            raise RuntimeError
        async with self._pool.acquire() as connection:
            text: str = await connection.fetchval(
                self._statements[scope["path"]], str(self._tenant), self._tenant, *parameters, column=1
            )
        await _answer(send, text.encode())

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=POOL_SIZE, reset=_keep)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve what the environment names: BARE_DATABASE_URL, BARE_TENANT, BARE_PORT, BARE_STATEMENTS (JSON, by path)."""
    app = Bare(
        os.environ["BARE_DATABASE_URL"],
        UUID(os.environ["BARE_TENANT"]),
        orjson.loads(os.environ["BARE_STATEMENTS"]),
    )
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["BARE_PORT"]),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
    )


if __name__ == "__main__":
    main()
