"""Verifying: the chain is walked from its first link on, a page at a time, and everything is computed anew.

What a walk can prove: that each sealed entry is as it was when it was sealed, that none is missing between two others, and
that the chain is the one whose heads were signed. What is newer than the last head somebody kept outside the database could
be cut off together with the heads in it: hence ``civicgrid audit export-head``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, and_, bindparam, func, select

from server.audit.heads import SignedHead
from server.audit.keys import HeadKeys
from server.audit.models import AuditHead, AuditSeal
from server.audit.rules import Entry, Head, genesis, instant, seal_hash
from server.audit.service.entries import entry_of, hashed
from server.audit.service.sealing import COUNTER, first_id
from server.events.models import AuditEntry
from tenants.models import TenantCounter
from tenants.sessions import WriteSession
from tenants.sets import table_of
from tenants.statements import Prepared

PAGE = 5_000
# All entries are looked at every hour (``jobs.LOOK_EVERY``): what was made before a head by more than this has a seal by then,
# and what bears a time that is longer ago when it is sealed has a reason for it.
GRACE = timedelta(hours=2)


class Fault(StrEnum):
    """What is wrong, seen at the first place where it shows."""

    ENTRY_MISSING = "ENTRY_MISSING"
    ENTRY_CHANGED = "ENTRY_CHANGED"
    SEAL_MISSING = "SEAL_MISSING"
    SEAL_CHANGED = "SEAL_CHANGED"
    CHAIN_REWRITTEN = "CHAIN_REWRITTEN"
    CHAIN_CUT = "CHAIN_CUT"
    HEAD_FORGED = "HEAD_FORGED"
    ENTRY_ADDED = "ENTRY_ADDED"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first fault. seq: its place in the chain; entry_id: the entry, where one can be named.

    after: of CHAIN_REWRITTEN, the last place that is proven, so that the fault lies between the two.
    """

    fault: Fault
    seq: int | None
    entry_id: UUID | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """entries: how many were found to be right. covered: the last place that a signed head proves, 0 for none.

    unsealed: entries that have no seal yet. late: entries that were sealed more than ``GRACE`` after the time they bear, for
    people to ask why; first_late: the place of the first, None for none.
    """

    entries: int
    heads: int
    covered: int
    unsealed: int
    late: int
    first_late: int | None
    finding: Finding | None


class _Link(NamedTuple):
    """A seal, with the entry it is of; None for one that is gone."""

    seq: int
    entry_id: UUID
    prev_hash: bytes
    hash: bytes
    sealed_at: datetime
    entry: Entry | None


@dataclass(slots=True)
class _Walk:
    """Where a walk stands."""

    hash: bytes
    seq: int = 0
    covered: int = 0
    late: int = 0
    first_late: int | None = None


async def verify(
    session: WriteSession, tenant_id: UUID, keys: HeadKeys, *, kept: Sequence[SignedHead] = ()
) -> Verified:
    """Walk the chain of a city. kept: heads that somebody kept outside the database; they count like those in it.

    Reads in one transaction of one city, changes nothing and holds up nobody.
    """
    signed = [*kept, *await heads_of(session, tenant_id)]
    proven = [each for each in signed if _is_ours(each, tenant_id, keys)]
    heads = _by_place(proven)
    # Before the walk, like the heads: seals go on being made while it is under way.
    counted = await _counted(session, tenant_id)
    walk = _Walk(genesis(tenant_id))
    finding = await _along(session, tenant_id, walk, heads)
    if finding is None and walk.seq < max([counted, *heads]):
        finding = Finding(Fault.CHAIN_CUT, walk.seq + 1)
    if finding is None:
        forged = [each.head.seq for each in signed if each not in proven]
        finding = Finding(Fault.HEAD_FORGED, min(forged)) if forged else await _added(session, tenant_id, proven)
    unsealed = await _count_unsealed(session, tenant_id)
    return Verified(walk.seq, len(proven), walk.covered, unsealed, walk.late, walk.first_late, finding)


async def heads_of(session: WriteSession, tenant_id: UUID) -> list[SignedHead]:
    """The signed heads of a city, the oldest first."""
    row = table_of(AuditHead).c
    statement = select(row.seq, row.hash, row.at, row.key, row.signature).where(row.tenant_id == tenant_id)
    found = await session.execute(statement.order_by(row.seq, row.at))
    return [SignedHead(Head(tenant_id, each.seq, each.hash, each.at, each.key), each.signature) for each in found]


def _is_ours(signed: SignedHead, tenant_id: UUID, keys: HeadKeys) -> bool:
    return signed.head.tenant_id == tenant_id and keys.verify(signed.head, signed.signature)


def _by_place(signed: Sequence[SignedHead]) -> Mapping[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    for each in signed:
        found.setdefault(each.head.seq, set()).add(each.head.hash)
    return found


async def _along(
    session: WriteSession, tenant_id: UUID, walk: _Walk, heads: Mapping[int, set[bytes]]
) -> Finding | None:
    """Take the walk to the end of the chain, or to the first link that is wrong."""
    async for link in _links(session, tenant_id):
        finding = _look(walk, link)
        if finding is not None:
            return finding
        if heads.get(link.seq, {link.hash}) != {link.hash}:
            return Finding(Fault.CHAIN_REWRITTEN, link.seq, link.entry_id, after=walk.covered)
        walk.seq, walk.hash = link.seq, link.hash
        if link.seq in heads:
            walk.covered = link.seq
        if _is_late(link):
            walk.late, walk.first_late = walk.late + 1, walk.first_late or link.seq
    return None


def _look(walk: _Walk, link: _Link) -> Finding | None:
    """What is wrong with the next link."""
    if link.seq != walk.seq + 1:
        return Finding(Fault.SEAL_MISSING, walk.seq + 1)
    if link.entry is None:
        return Finding(Fault.ENTRY_MISSING, link.seq, link.entry_id)
    if link.prev_hash != walk.hash:
        return Finding(Fault.SEAL_CHANGED, link.seq, link.entry_id)
    if seal_hash(link.prev_hash, link.seq, link.sealed_at, link.entry) != link.hash:
        return Finding(Fault.ENTRY_CHANGED, link.seq, link.entry_id)
    return None


def _is_late(link: _Link) -> bool:
    return link.entry is not None and link.entry.at < _latest(link.sealed_at)


@lru_cache(maxsize=16)
def _latest(sealed_at: datetime) -> str:
    """Entries sealed then are late if their ``at``, which compares as text, is before this."""
    return instant(sealed_at - GRACE)


async def _counted(session: WriteSession, tenant_id: UUID) -> int:
    """How far the chain went, by the counter of seals."""
    counter = select(TenantCounter.last).where(TenantCounter.tenant_id == tenant_id, TenantCounter.name == COUNTER)
    return await session.scalar(counter) or 0


async def _added(session: WriteSession, tenant_id: UUID, signed: Sequence[SignedHead]) -> Finding | None:
    """The first entry without a seal that is so old that the last head would have found it."""
    if not signed:
        return None
    last = max(each.head.at for each in signed)
    entry = table_of(AuditEntry).c
    statement = select(entry.id).where(*_without_seal(tenant_id), entry.id < first_id(last - GRACE))
    found = await session.scalar(statement.order_by(entry.id).limit(1))
    return None if found is None else Finding(Fault.ENTRY_ADDED, None, found)


async def _count_unsealed(session: WriteSession, tenant_id: UUID) -> int:
    return (await session.scalar(select(func.count()).where(*_without_seal(tenant_id)))) or 0


def _without_seal(tenant_id: UUID) -> tuple[Any, Any]:
    entry, sealed = table_of(AuditEntry).c, table_of(AuditSeal).c
    has_seal = select(sealed.seq).where(sealed.tenant_id == tenant_id, sealed.entry_id == entry.id).exists()
    return entry.tenant_id == tenant_id, ~has_seal


async def _links(session: WriteSession, tenant_id: UUID) -> AsyncIterator[_Link]:
    """The seals in their order with their entries, a page of rows at a time."""
    after = 0
    while True:
        rows = await _page().run(session, {"tenant": tenant_id, "after": after})
        for row in rows:
            seq, entry_id, prev_hash, hash_, sealed_at, *values = row
            yield _Link(seq, entry_id, prev_hash, hash_, sealed_at, None if values[0] is None else entry_of(values))
        if len(rows) < PAGE:
            return
        after = rows[-1]["seq"]


@cache
def _page() -> Prepared:
    sealed, entry = table_of(AuditSeal), table_of(AuditEntry)
    tenant = bindparam("tenant", type_=Uuid())
    row = sealed.c
    return Prepared(
        select(row.seq, row.entry_id, row.prev_hash, row.hash, row.sealed_at, *hashed(entry))
        .select_from(sealed.outerjoin(entry, and_(entry.c.tenant_id == tenant, entry.c.id == row.entry_id)))
        .where(row.tenant_id == tenant, row.seq > bindparam("after", type_=BigInteger()))
        .order_by(row.seq)
        .limit(PAGE)
    )
