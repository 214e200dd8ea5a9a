"""Rows of due work: who has some, claiming under a lease, finding one's own again, putting off and giving up.

A claim is a promise to try, never the right to an effect: the effect and ``done_at`` are written in one transaction
that holds the row (``hold``), so that a process that dies leaves either both or neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from server.events.models import DueWork
from server.events.record import audit
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

MAX_ATTEMPTS = 10
LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
DONE = "DONE"
DEAD_LETTER = "DEAD_LETTER"
STANDING = "standing"


class Handler(Protocol):
    """The effect of one kind of work, in the engine's transaction; the row of ``work_id`` is locked and undone.

    It may set the row's ``done_at`` and ``outcome``; a later ``due_at`` instead means once more at that time; leaving
    both alone means DONE. Whatever it raises undoes everything and is tried again.
    """

    def __call__(
        self,
        session: WriteSession,
        *,
        work_id: UUID,
        actor: Actor,
        registry: Registry,
    ) -> Awaitable[None]:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row as it was claimed. ``attempts`` counts this claim; ``lease_until`` tells this claim from later ones."""

    id: UUID
    kind: str
    attempts: int
    lease_until: datetime


async def due_tenants(
    operator: Database,
    kinds: Collection[str],
    *,
    waiting: timedelta = timedelta(0),
) -> list[UUID]:
    """The cities with work of these kinds that could have been claimed for ``waiting`` already.

    ``operator`` is a database of the operator's role: the only one that sees the rows of all cities, and it only sees.
    """
    statement = (
        select(DueWork.tenant_id)
        .where(DueWork.kind.in_(sorted(kinds)), _claimable(now() - waiting))
        .group_by(DueWork.tenant_id)
    )
    async with operator.across() as session:
        return list(await session.scalars(statement))


async def claim(
    database: Database,
    tenant_id: UUID,
    kinds: Collection[str],
    *,
    limit: int = 20,
    lease: timedelta = LEASE,
) -> list[Claimed]:
    """Claim up to ``limit`` due rows of one city, the longest due first; rows that others hold are passed over."""
    at = now()
    statement = (
        select(DueWork)
        .where(DueWork.tenant_id == tenant_id, DueWork.kind.in_(sorted(kinds)), _claimable(at))
        .order_by(DueWork.due_at, DueWork.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    async with database.write(tenant_id) as session:
        rows = (await session.scalars(statement)).all()
        for row in rows:
            row.lease_until = at + lease
            row.attempts += 1
    return [Claimed(row.id, row.kind, row.attempts, at + lease) for row in rows]


async def hold(session: WriteSession, tenant_id: UUID, claimed: Claimed) -> DueWork | None:
    """The claimed row, locked until the transaction ends; None when it is done or has become somebody else's."""
    statement = (
        select(DueWork)
        .where(
            DueWork.tenant_id == tenant_id,
            DueWork.id == claimed.id,
            DueWork.done_at.is_(None),
            DueWork.lease_until == claimed.lease_until,
        )
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement)


async def conclude(session: WriteSession, row: DueWork, *, was_due_at: datetime) -> None:
    """Mark a row done after its handler, unless the handler did, or put it off by a later ``due_at``."""
    await session.flush()
    await session.refresh(row)
    if row.done_at is not None:
        return
    if row.due_at > was_due_at:
        row.attempts = 0
        row.lease_until = None
    else:
        row.done_at = now()
        row.outcome = DONE
    await session.flush()


def put_off(row: DueWork, attempts: int) -> timedelta:
    """Extend the lease of a row that failed, twice as long each time up to ``LONGEST_PAUSE``; returns the pause."""
    pause = min(timedelta(seconds=2**attempts), LONGEST_PAUSE)
    row.lease_until = now() + pause
    return pause


def bury(session: WriteSession, row: DueWork, *, error: str, actor: Actor) -> None:
    """Give a row up for people to look at; the audit trail says so. ``error`` is a type's name, never a message."""
    row.done_at = now()
    row.outcome = DEAD_LETTER
    audit(
        session,
        action="due_work:bury",
        object_type="due_work",
        object_id=row.id,
        actor=actor,
        detail={"kind": row.kind, "subject_id": str(row.subject_id), "attempts": row.attempts, "error": error},
    )


async def keep_standing(database: Database, tenant_id: UUID, kind: str) -> None:
    """See to it that a city has the one row of work that comes back for ever; a buried one is dug up again."""
    statement = insert(DueWork).values(
        tenant_id=tenant_id,
        id=uuid7(),
        kind=kind,
        subject_id=tenant_id,
        step=STANDING,
        due_at=now(),
        attempts=0,
        created_at=now(),
    )
    fresh = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[DueWork.tenant_id, DueWork.kind, DueWork.subject_id, DueWork.step],
        set_={"due_at": fresh.due_at, "attempts": 0, "lease_until": None, "done_at": None, "outcome": None},
        where=DueWork.done_at.is_not(None),
    )
    async with database.write(tenant_id) as session:
        await session.execute(statement)


def _claimable(at: datetime) -> ColumnElement[bool]:
    free = or_(DueWork.lease_until.is_(None), DueWork.lease_until <= at)
    return and_(DueWork.done_at.is_(None), DueWork.due_at <= at, free)
