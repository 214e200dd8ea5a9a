"""Record a change: an audit row and an event row in the caller's transaction.

Call it last in a use case: it takes the tenant's counter row, which orders events as they commit and is therefore
held until the commit (citus.md rule 16).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from server.events.models import AuditEntry, Event
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.models import TenantCounter
from tenants.sessions import WriteSession

RECORDED = "recorded_events"


async def next_number(session: WriteSession, tenant_id: UUID, name: str, *, count: int = 1) -> int:
    """Take ``count`` gap-free numbers of a tenant's counter; the last one is returned. Locks the counter row."""
    statement = insert(TenantCounter).values(tenant_id=tenant_id, name=name, last=count)
    statement = statement.on_conflict_do_update(
        index_elements=[TenantCounter.tenant_id, TenantCounter.name],
        set_={"last": TenantCounter.last + statement.excluded.last},
    )
    last: int | None = await session.scalar(statement.returning(TenantCounter.last))
    if last is None:
        message = "a counter always answers"
        raise RuntimeError(message)
    return last


async def record(
    session: WriteSession,
    *,
    type: str,  # noqa: A002 - the field's own name
    subject_type: str,
    subject_id: UUID,
    action: str,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Write the audit row and the event row of one change; the event's sequence number is returned.

    type: past participle, ``CaseDispatched``. action: the permission exercised, ``case:dispatch``. detail: ids and
    codes only, never a value of personal data.
    """
    at = now()
    audit(
        session,
        action=action,
        object_type=subject_type,
        object_id=subject_id,
        actor=actor,
        detail=detail,
    )
    seq = await next_number(session, actor.tenant_id, "event")
    session.add(
        Event(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            seq=seq,
            type=type,
            subject_type=subject_type,
            subject_id=subject_id,
            at=at,
        ),
    )
    await session.flush()
    session.info[RECORDED] = True
    return seq


def audit(
    session: WriteSession,
    *,
    action: str,
    object_type: str,
    object_id: UUID,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit row alone: for what changes nothing but must be known (a reading of sensitive data)."""
    session.add(
        AuditEntry(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            at=now(),
            actor_kind=actor.kind.value,
            actor_id=actor.account_id,
            actor_name=actor.username,
            action=action,
            object_type=object_type,
            object_id=object_id,
            request_id=actor.request_id,
            detail=dict(detail or {}),
        ),
    )
