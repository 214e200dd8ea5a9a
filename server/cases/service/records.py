"""The log of a case as it is written: one event under one number, in the city's log, the audit trail and its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.cases import rules
from server.cases.events import SUBJECT, change_of, event_type
from server.cases.models import Case, CaseEvent
from server.cases.replay import CaseEventFacts
from server.cases.states import Action, CaseFacts
from server.events.record import Change, record_change
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession


async def log_event(
    session: WriteSession,
    row: Case,
    event: CaseEventFacts,
    *,
    before: CaseFacts | None,
    role: str,
    note: str | None,
    action: Action,
    actor: Actor,
    remarks: Mapping[str, Any] | None = None,
) -> None:
    """Record the change in the city's log and in the case's own, under one number. Last in the transaction."""
    row.changed_at = event.at
    await record_change(
        session,
        change_by(action, row, event, before, actor),
        actor=actor,
        bearing=lambda seq: [
            event_row(row, event, seq, before=before, role=role, note=note, actor=actor, remarks=remarks)
        ],
    )


def change_by(
    action: Action,
    row: Case,
    event: CaseEventFacts,
    before: CaseFacts | None,
    actor: Actor,
    *,
    request_id: str | None = None,
) -> Change:
    """What the city's log and the audit trail are told of an event. request_id: None for the actor's."""
    return Change(
        type=event_type(event.kind),
        subject_type=SUBJECT,
        subject_id=row.id,
        action=audited_as(action),
        detail=detail_of(event, before),
        at=event.at,
        request_id=request_id or actor.request_id,
    )


def event_row(
    row: Case,
    event: CaseEventFacts,
    seq: int,
    *,
    before: CaseFacts | None,
    role: str,
    note: str | None,
    actor: Actor,
    remarks: Mapping[str, Any] | None = None,
) -> CaseEvent:
    """An event as the case's own log keeps it."""
    values = event_values(row, event, before=before, role=role, note=note, actor=actor)
    return CaseEvent(tenant_id=actor.tenant_id, seq=seq, **values, **(remarks or {}))


def event_values(
    row: Case,
    event: CaseEventFacts,
    *,
    before: CaseFacts | None,
    role: str,
    note: str | None,
    actor: Actor,
) -> dict[str, Any]:
    """The columns of an event as the case's own log keeps it, but for tenant and number."""
    return {
        "id": uuid7(),
        "case_id": row.id,
        "version": event.version,
        "kind": event.kind,
        "from_status": before.status if before else None,
        "to_status": event.to_status,
        "level": event.level,
        "actor_member_id": actor.member_id,
        "actor_role": role,
        "note": note,
        "step": event.step,
        "handling": event.handling,
        "change": kept_of(event, row.due_at),
        "at": event.at,
    }


def audited_as(action: Action) -> str:
    """What the audit trail calls an action: the permission it needs, or the one of people for what the worker does."""
    return rules.TRANSITIONS[action].permission or ("case:merge" if action is Action.FOLLOW else "case:escalate")


def detail_of(event: CaseEventFacts, before: CaseFacts | None) -> dict[str, Any]:
    """What the audit trail keeps of an event: codes only."""
    return {
        "kind": event.kind.value,
        "from": before.status.value if before else None,
        "to": event.to_status.value,
        "level": event.level,
        "version": event.version,
    }


def kept_of(event: CaseEventFacts, due_at: datetime | None) -> dict[str, Any]:
    """What the case's history keeps of an event: what it sets, and when the case is due after it."""
    return change_of(event) | ({"dueAt": due_at.isoformat()} if due_at else {})
