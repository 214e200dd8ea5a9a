"""Streams of a log by cursor: a subscriber who was away misses nothing, and sees only what it may see now.

No database connection is held while a subscriber waits: a wake-up (or five seconds) leads to one short read. The
actor is built anew for every read, so a role that ended, a session that was signed out or an expired token ends the
stream at the next event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Integer
from sqlalchemy.sql.elements import BindParameter

from schema.context import Context
from schema.errors import present
from schema.planner.binding import BadInput, Parameters
from tenants import clock
from tenants.context import Actor
from tenants.errors import AppError, Unauthenticated
from tenants.viewer import Viewer

PAGE = 100
_LOOK_SECONDS = 5.0
_LARGEST = 2**63 - 1
VisibleAfter = Callable[[Viewer, BindParameter[int], BindParameter[int]], ColumnElement[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A visible row of the log."""

    seq: int
    id: UUID
    subject_id: UUID


async def follow(context: Context, name: str, visible_after: VisibleAfter, after: str | None) -> AsyncIterator[Item]:
    """Every visible item above the cursor, then new ones as they are committed, each once and in order.

    after: the cursor of the last item seen; None starts with what happens from now on. Errors: BadInput for a cursor
    that is none, Unauthenticated when the caller's credential ends.
    """
    tenant_id = (await _present(context)).tenant_id
    seq = None if after is None else _position(after)

    def build(viewer: Viewer, parameters: Parameters) -> ColumnElement[str]:
        return visible_after(viewer, parameters.own("seq", BigInteger()), parameters.own("limit", Integer()))

    async with context.services.pubsub.waiter(tenant_id) as bell:
        while True:
            bell.clear()
            context.actor = await _present(context)
            own = {"seq": _LARGEST if seq is None else seq, "limit": PAGE}
            text = await context.services.reads.raw(context.actor, name, build, own)
            found = orjson.loads(text or '{"rows":[],"last":0}')
            for row in found["rows"]:
                yield Item(seq=row[0], id=UUID(row[1]), subject_id=UUID(row[2]))
                seq = row[0]
            if len(found["rows"]) < PAGE:
                seq = max(seq or 0, found["last"])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await bell.wait()


async def _present(context: Context) -> Actor:
    claims = context.claims
    try:
        if claims is None:
            return context.require_actor()
        if claims.expires_at <= clock.now():
            raise Unauthenticated("The access token has expired; connect again with a new one.")
        return await context.services.accounts.actors.of(claims, context.request_id)
    except AppError as error:
        raise present(error, context) from error


def _position(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) > _LARGEST:
        message = "This is no cursor of this stream; use the cursor of the last item you received."
        raise BadInput(message)
    return int(cursor)
