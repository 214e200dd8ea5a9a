"""Record a change: an audit row and an event row in the caller's transaction.

Call it last in a use case: it takes the tenant's counter row, which orders events as they commit and is therefore
held until the commit (citus.md rule 16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert

from server.events.models import AuditEntry, Event
from tenants.clock import now
from tenants.context import Actor
from tenants.db import Base
from tenants.ids import uuid7
from tenants.inserts import insert_together
from tenants.models import TenantCounter
from tenants.sessions import WriteSession
from tenants.sets import insert_rows
from tenants.statements import Prepared

RECORDED = "recorded_events"
EVENT_COUNTER = "event"


async def next_number(session: WriteSession, tenant_id: UUID, name: str, *, count: int = 1) -> int:
    """Take ``count`` gap-free numbers of a tenant's counter; the last one is returned. Locks the counter row."""
    (last,) = await next_numbers(session, tenant_id, {name: count})
    return last


async def next_numbers(session: WriteSession, tenant_id: UUID, counts: Mapping[str, int]) -> tuple[int, ...]:
    """Take gap-free numbers of several counters, locked in the order given; the last one of each is returned.

    A count below 0 gives numbers back: only those that this transaction took.
    """
    values: dict[str, object] = {"tenant_id": tenant_id}
    for place, (name, count) in enumerate(counts.items()):
        values |= {f"name{place}": name, f"count{place}": count}
    found = await _counting(len(counts)).run(session, values)
    last: dict[str, int] = {row["name"]: row["last"] for row in found}
    return tuple(last[name] for name in counts)


@cache
def _counting(counters: int) -> Prepared:
    statement = insert(TenantCounter).values(
        [
            {
                "tenant_id": bindparam("tenant_id", type_=Uuid()),
                "name": bindparam(f"name{place}", type_=Text()),
                "last": bindparam(f"count{place}", type_=BigInteger()),
            }
            for place in range(counters)
        ]
    )
    statement = statement.on_conflict_do_update(
        index_elements=[TenantCounter.tenant_id, TenantCounter.name],
        set_={"last": TenantCounter.last + statement.excluded.last},
    )
    return Prepared(statement.returning(TenantCounter.name, TenantCounter.last))


def _nothing(_seq: int) -> Sequence[Base]:
    return ()


async def record(
    session: WriteSession,
    *,
    type: str,  # noqa: A002 - the field's own name
    subject_type: str,
    subject_id: UUID,
    action: str,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> int:
    """Write the audit row and the event row of one change; the event's sequence number is returned.

    type: past participle, ``CaseDispatched``. action: the permission exercised, ``case:dispatch``. detail: ids and
    codes only, never a value of personal data. at: when it happened, if that was noted already.
    """
    change = Change(type, subject_type, subject_id, action, detail or {}, at or now(), actor.request_id)
    return await record_change(session, change, actor=actor)


async def record_change(
    session: WriteSession,
    change: Change,
    *,
    actor: Actor,
    bearing: Callable[[int], Sequence[Base]] = _nothing,
) -> int:
    """The same, of a change with everything that is told of it. bearing: further rows that bear the event's number."""
    await session.flush()
    seq = await next_number(session, actor.tenant_id, EVENT_COUNTER)
    await insert_together(session, *rows_of_change(change, seq, actor=actor), *bearing(seq))
    recorded(session)
    return seq


def rows_of_change(change: Change, seq: int, *, actor: Actor) -> tuple[AuditEntry, Event]:
    """The rows of a change whose number was taken already; whoever inserts them calls ``recorded``."""
    return (
        AuditEntry(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            at=change.at,
            actor_kind=actor.kind.value,
            actor_id=actor.account_id,
            actor_name=actor.username,
            action=change.action,
            object_type=change.subject_type,
            object_id=change.subject_id,
            request_id=change.request_id,
            detail=dict(change.detail),
        ),
        Event(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            seq=seq,
            type=change.type,
            subject_type=change.subject_type,
            subject_id=change.subject_id,
            at=change.at,
        ),
    )


def recorded(session: WriteSession) -> None:
    """Note that the transaction has news, which others are told after the commit."""
    session.info[RECORDED] = True


@dataclass(frozen=True, slots=True)
class Change:
    """What is told of a change; fields as the arguments of ``record``, request_id as the actor's."""

    type: str
    subject_type: str
    subject_id: UUID
    action: str
    detail: Mapping[str, Any]
    at: datetime
    request_id: str


async def record_all(session: WriteSession, changes: Sequence[Change], *, actor: Actor) -> range:
    """Record changes of one transaction in their order, three statements in all; the events' numbers are returned."""
    count = len(changes)
    subjects = [change.subject_id for change in changes]
    moments = [change.at for change in changes]
    await insert_rows(
        session,
        AuditEntry,
        actor.tenant_id,
        {
            "id": [uuid7() for _ in changes],
            "at": moments,
            "actor_kind": [actor.kind.value] * count,
            "actor_id": [actor.account_id] * count,
            "actor_name": [actor.username] * count,
            "action": [change.action for change in changes],
            "object_type": [change.subject_type for change in changes],
            "object_id": subjects,
            "request_id": [change.request_id for change in changes],
            "detail": [dict(change.detail) for change in changes],
        },
    )
    last = await next_number(session, actor.tenant_id, EVENT_COUNTER, count=count)
    numbers = range(last - count + 1, last + 1)
    await insert_rows(
        session,
        Event,
        actor.tenant_id,
        {
            "id": [uuid7() for _ in changes],
            "seq": numbers,
            "type": [change.type for change in changes],
            "subject_type": [change.subject_type for change in changes],
            "subject_id": subjects,
            "at": moments,
        },
    )
    recorded(session)
    return numbers


def audit(
    session: WriteSession,
    *,
    action: str,
    object_type: str,
    object_id: UUID,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    outcome: str = "DONE",
) -> None:
    """Write an audit row alone: for what changes nothing but must be known (a reading of sensitive data, a refusal)."""
    session.add(
        AuditEntry(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            at=at or now(),
            actor_kind=actor.kind.value,
            actor_id=actor.account_id,
            actor_name=actor.username,
            action=action,
            object_type=object_type,
            object_id=object_id,
            request_id=actor.request_id,
            detail=dict(detail or {}),
            outcome=outcome,
        ),
    )
