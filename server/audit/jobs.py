"""The standing work that seals a city's audit trail and signs its heads: it puts itself off, for ever.

Every ``SEAL_EVERY`` what was made lately is sealed. Every ``LOOK_EVERY`` all entries are looked at, so that one whose
transaction took longer than ``LATELY`` is sealed as well, and a head is signed; so it is whenever ``HEAD_ENTRIES`` are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from server.audit.keys import HeadKeys
from server.audit.service.sealing import BATCH, seal, sign_head
from server.events.models import DueWork
from server.jobs.work import Handler
from tenants.clock import database_now, now
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import WriteSession

SEAL = "audit.seal"
LOOK = "audit.look"
SEAL_EVERY = timedelta(minutes=1)
LOOK_EVERY = timedelta(hours=1)
LATELY = timedelta(minutes=10)
HEAD_ENTRIES = 1_000


def handlers(keys: HeadKeys) -> Mapping[str, Handler]:
    """The standing work, with the keys that sign."""

    async def seal_lately(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:  # noqa: ARG001 - a handler's form
        """Seal what was made lately; at once again when there was more than one batch."""
        sealed = await seal(session, actor.tenant_id, since=now() - LATELY)
        await sign_head(session, actor.tenant_id, keys, every=HEAD_ENTRIES)
        await _again(session, work_id, actor, SEAL_EVERY, full=sealed.count == BATCH)

    async def look(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:  # noqa: ARG001 - a handler's form
        """Seal whatever has no seal, however old, and sign a head when nothing is left."""
        sealed = await seal(session, actor.tenant_id)
        full = sealed.count == BATCH
        await sign_head(session, actor.tenant_id, keys, every=HEAD_ENTRIES if full else 1)
        await _again(session, work_id, actor, LOOK_EVERY, full=full)

    return {SEAL: seal_lately, LOOK: look}


async def _again(session: WriteSession, work_id: UUID, actor: Actor, every: timedelta, *, full: bool) -> None:
    row = await session.scalar(select(DueWork).where(DueWork.tenant_id == actor.tenant_id, DueWork.id == work_id))
    if row is not None:
        row.due_at = await database_now(session) + (timedelta(0) if full else every)
