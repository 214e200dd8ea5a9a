"""Rows of due work: who has some, claiming under a lease, finding one's own again, putting off and giving up.

A claim is a promise to try, never the right to an effect: the effect and ``done_at`` are written in one transaction
that holds the row (``hold``), so that a process that dies leaves either both or neither. What is due and whose lease
has ended is decided by the database's clock, so the clocks of workers may differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, and_, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from server.events.models import DueWork
from server.events.record import audit
from tenants.clock import database_now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession
from tenants.sets import Columns, ids_of, table_of, texts_of, update_rows

MAX_ATTEMPTS = 10
BATCH = 1_000
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


class BatchHandler(Protocol):
    """The effects of many rows of one kind and city, in one transaction; all rows are locked, undone and due.

    It marks the rows it settles (``settle``) and returns their ids; the others are then tried one by one by the kind's
    ``Handler``. So are all of them when it raises, which undoes everything.
    """

    def __call__(
        self,
        session: WriteSession,
        *,
        held: Sequence[Held],
        actor: Actor,
        registry: Registry,
    ) -> Awaitable[Collection[UUID]]:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A locked row of a batch."""

    id: UUID
    subject_id: UUID
    step: str


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
        .where(DueWork.kind.in_(sorted(kinds)), _claimable(waiting))
        .group_by(DueWork.tenant_id)
    )
    async with operator.across() as session:
        return list(await session.scalars(statement))


async def claim(
    database: Database,
    tenant_id: UUID,
    kinds: Collection[str],
    *,
    fresh: Collection[str] = (),
    tried: Collection[str] = (),
    limit: int = 20,
    lease: timedelta = LEASE,
) -> list[Claimed]:
    """Claim up to ``limit`` due rows of one city, the longest due first; rows that others hold are passed over.

    fresh, tried: further kinds, of which only rows are claimed that nobody has tried yet, or somebody has.
    """
    row = table_of(DueWork).c
    wanted = or_(
        row.kind == any_(texts_of(sorted(kinds))),
        and_(row.kind == any_(texts_of(sorted(fresh))), row.attempts == 0),
        and_(row.kind == any_(texts_of(sorted(tried))), row.attempts > 0),
    )
    statement = (
        select(row.id, row.kind, row.attempts, func.now().label("at"))
        .where(row.tenant_id == tenant_id, wanted, _claimable())
        .order_by(row.due_at, row.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    async with database.write(tenant_id) as session:
        found = (await session.execute(statement)).all()
        if not found:
            return []
        until: datetime = found[0].at + lease
        await session.execute(
            update(table_of(DueWork))
            .where(row.tenant_id == tenant_id, row.id == any_(ids_of([each.id for each in found])))
            .values(lease_until=until, attempts=row.attempts + 1),
        )
    return [Claimed(each.id, each.kind, each.attempts + 1, until) for each in found]


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


async def hold_all(session: WriteSession, tenant_id: UUID, claimed: Sequence[Claimed]) -> list[Held]:
    """Those of the rows claimed together that are still held, locked, the longest due first."""
    row = table_of(DueWork).c
    statement = (
        select(row.id, row.subject_id, row.step)
        .where(
            row.tenant_id == tenant_id,
            row.id == any_(ids_of([item.id for item in claimed])),
            row.done_at.is_(None),
            row.lease_until == claimed[0].lease_until,
        )
        .order_by(row.due_at, row.id)
        .with_for_update(skip_locked=True)
    )
    return [Held(each.id, each.subject_id, each.step) for each in await session.execute(statement)]


async def settle(session: WriteSession, tenant_id: UUID, outcomes: Mapping[UUID, str], *, at: datetime) -> None:
    """Mark rows of a batch done, each with its outcome."""
    marks: Columns = {"done_at": [at] * len(outcomes), "outcome": list(outcomes.values())}
    await update_rows(session, DueWork, tenant_id, list(outcomes), marks)


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
        row.done_at = await database_now(session)
        row.outcome = DONE
    await session.flush()


async def put_off(session: WriteSession, row: DueWork, attempts: int) -> timedelta:
    """Extend the lease of a row that failed, twice as long each time up to ``LONGEST_PAUSE``; returns the pause."""
    pause = min(timedelta(seconds=2**attempts), LONGEST_PAUSE)
    row.lease_until = await database_now(session) + pause
    return pause


async def bury(session: WriteSession, row: DueWork, *, error: str, actor: Actor) -> None:
    """Give a row up for people to look at; the audit trail says so. ``error`` is a type's name, never a message."""
    row.done_at = await database_now(session)
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
        due_at=func.now(),
        attempts=0,
        created_at=func.now(),
    )
    fresh = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[DueWork.tenant_id, DueWork.kind, DueWork.subject_id, DueWork.step],
        set_={"due_at": fresh.due_at, "attempts": 0, "lease_until": None, "done_at": None, "outcome": None},
        where=DueWork.done_at.is_not(None),
    )
    async with database.write(tenant_id) as session:
        await session.execute(statement)


def request_of(work_id: UUID) -> str:
    """The name under which the audit trail knows the doing of a row."""
    return f"work_{work_id}"


def _claimable(waiting: timedelta = timedelta(0)) -> ColumnElement[bool]:
    at = func.now() - literal(waiting, Interval())
    free = or_(DueWork.lease_until.is_(None), DueWork.lease_until <= at)
    return and_(DueWork.done_at.is_(None), DueWork.due_at <= at, free)
