"""Sealing: entries get their places in the chain after their commit, so that nobody who writes waits for it.

The order is the sealer's: it numbers what it can see, the oldest first. A transaction that commits late has its entries
numbered later, never skipped, because what is looked for is what has no seal. Sealers of one city take turns at its counter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from server.audit.keys import HeadKeys
from server.audit.models import AuditHead, AuditSeal
from server.audit.rules import Entry, Head, genesis, seal_hash
from server.audit.service.entries import entry_of, hashed
from server.events.models import AuditEntry
from server.events.record import next_number
from tenants.clock import database_now
from tenants.ids import uuid7
from tenants.sessions import WriteSession
from tenants.sets import insert_rows, table_of

COUNTER = "audit_seal"
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many entries were sealed, and the number of the last seal; 0 before the first."""

    count: int
    last: int


async def seal(session: WriteSession, tenant_id: UUID, *, since: datetime | None = None, limit: int = BATCH) -> Sealed:
    """Give up to ``limit`` entries without a seal their places in the chain; the transaction holds the counter.

    since: look at entries made from then on only, by the time in their ids; None looks at all there are.
    """
    last = await next_number(session, tenant_id, COUNTER, count=0)
    found = await _unsealed(session, tenant_id, since, limit)
    if not found:
        return Sealed(0, last)
    sealed_at = await database_now(session)
    links = [await _last_hash(session, tenant_id)]
    for seq, entry in enumerate(found, last + 1):
        links.append(seal_hash(links[-1], seq, sealed_at, entry))
    await insert_rows(
        session,
        AuditSeal,
        tenant_id,
        {
            "seq": range(last + 1, last + 1 + len(found)),
            "entry_id": [UUID(entry.id) for entry in found],
            "prev_hash": links[:-1],
            "hash": links[1:],
            "sealed_at": [sealed_at] * len(found),
        },
    )
    return Sealed(len(found), await next_number(session, tenant_id, COUNTER, count=len(found)))


async def sign_head(session: WriteSession, tenant_id: UUID, keys: HeadKeys, *, every: int = 1) -> Head | None:
    """Sign how far the chain goes, if ``every`` or more entries were sealed since the last head of this key; else None."""
    signed = await session.scalar(
        select(func.max(AuditHead.seq)).where(AuditHead.tenant_id == tenant_id, AuditHead.key == keys.id)
    )
    newest = await _newest(session, tenant_id)
    if newest is None or newest[0] - (signed or 0) < every:
        return None
    at = await database_now(session)
    head = Head(tenant_id, newest[0], newest[1], at, keys.id)
    session.add(
        AuditHead(
            tenant_id=tenant_id,
            id=uuid7(),
            seq=head.seq,
            hash=head.hash,
            at=at,
            key=head.key_id,
            signature=keys.sign(head),
        )
    )
    await session.flush()
    return head


def first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond (RFC 9562, 5.7): ids made from then on are not below it."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def _unsealed(session: WriteSession, tenant_id: UUID, since: datetime | None, limit: int) -> list[Entry]:
    entry, sealed = table_of(AuditEntry), table_of(AuditSeal)
    has_seal = select(sealed.c.seq).where(sealed.c.tenant_id == tenant_id, sealed.c.entry_id == entry.c.id).exists()
    statement = select(*hashed(entry)).where(entry.c.tenant_id == tenant_id, ~has_seal).order_by(entry.c.id)
    if since is not None:
        statement = statement.where(entry.c.id >= first_id(since))
    rows = await session.execute(statement.limit(limit))
    return [entry_of(row) for row in rows]


async def _last_hash(session: WriteSession, tenant_id: UUID) -> bytes:
    """The hash to go on from. Where seals are missing at the end, their numbers stay missing, for all to see."""
    newest = await _newest(session, tenant_id)
    return genesis(tenant_id) if newest is None else newest[1]


async def _newest(session: WriteSession, tenant_id: UUID) -> tuple[int, bytes] | None:
    """Number and hash of the last seal."""
    row = table_of(AuditSeal).c
    statement = select(row.seq, row.hash).where(row.tenant_id == tenant_id).order_by(row.seq.desc()).limit(1)
    found = (await session.execute(statement)).one_or_none()
    return None if found is None else (found.seq, found.hash)
