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

from schema.callers import asking
from schema.context import Context
from schema.errors import present
from schema.planner.binding import BadInput, Parameters
from tenants.context import Actor
from tenants.errors import AppError
from tenants.keys import Undecipherable
from tenants.positions import Positions
from tenants.viewer import Viewer

PAGE = 100
_LOOK_SECONDS = 5.0
_LARGEST = 2**63 - 1
VisibleAfter = Callable[[Viewer, BindParameter[int], BindParameter[int]], ColumnElement[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A visible row of the log. cursor: its place, sealed: the number would tell how much the viewer may not see."""

    cursor: str
    id: UUID
    subject_id: UUID


async def follow(context: Context, name: str, visible_after: VisibleAfter, after: str | None) -> AsyncIterator[Item]:
    """Every visible item above the cursor, then new ones as they are committed, each once and in order.

    name: of the log, which its cursors are bound to. after: the cursor of the last item seen; None starts with what
    happens from now on. Errors: those of ``present``: BAD_USER_INPUT for a cursor that is none, UNAUTHENTICATED when the
    caller's credential ends.
    """
    tenant_id = (await _present(context)).tenant_id
    positions = context.services.positions
    try:
        seq = None if after is None else _number(positions, after, tenant_id=tenant_id, log=name)
    except BadInput as error:
        raise present(error, context) from error

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
                seq = row[0]
                cursor = positions.seal(seq, tenant_id=tenant_id, log=name)
                yield Item(cursor=cursor, id=UUID(row[1]), subject_id=UUID(row[2]))
            if len(found["rows"]) < PAGE:
                seq = max(seq or 0, found["last"])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await bell.wait()


async def _present(context: Context) -> Actor:
    try:
        if context.claims is None:
            return context.require_actor()
        return (await asking(context.services, context.claims, context.request_id)).actor
    except AppError as error:
        raise present(error, context) from error


def _number(positions: Positions, cursor: str, *, tenant_id: UUID, log: str) -> int:
    try:
        return positions.unseal(cursor, tenant_id=tenant_id, log=log)
    except Undecipherable as error:
        message = "This is no cursor of this stream; use the cursor of the last item you received."
        raise BadInput(message) from error
