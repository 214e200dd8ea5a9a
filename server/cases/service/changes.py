"""One change of a case: locked, seen, decided by the rules, written, put on the clock, logged.

The log is the truth: the rules decide on what it replays to, and the columns are what the last event made of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.events import SUBJECT, change_of, event_type, facts_of
from server.cases.models import Case, CaseEvent
from server.cases.replay import CaseEventFacts, apply, replay
from server.cases.service.access import Custody, acting_role, custody_of, sees
from server.cases.service.policy import CasePolicy
from server.cases.service.schedule import put_on_the_clock
from server.cases.states import Action, Attempt, CaseFacts, CaseTemplate, EventKind, Track
from server.errors import NotFound
from server.events.record import record
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case locked for one change. facts: what its log, oldest first, replays to. custody: who holds it, and where."""

    row: Case
    log: tuple[CaseEventFacts, ...]
    facts: CaseFacts
    template: CaseTemplate
    custody: Custody


async def open_case(session: WriteSession, case_id: UUID, *, policy: CasePolicy, actor: Actor) -> OpenCase:
    """Lock a case of the actor's city for a change. Raises NotFound when there is none or the actor may not see it."""
    row = await session.scalar(
        select(Case).where(Case.tenant_id == actor.tenant_id, Case.id == case_id).with_for_update(),
    )
    if row is None or not sees(actor, row):
        raise NotFound("No such case.", field=("caseId",))
    log = await read_log(session, row.id, tenant_id=actor.tenant_id)
    return OpenCase(
        row=row,
        log=log,
        facts=replay(log),
        template=policy.template(Track(row.track)),
        custody=await custody_of(session, row, log),
    )


async def read_log(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> tuple[CaseEventFacts, ...]:
    """The events of a case, oldest first."""
    rows = await session.scalars(
        select(CaseEvent)
        .where(CaseEvent.tenant_id == tenant_id, CaseEvent.case_id == case_id)
        .order_by(CaseEvent.version),
    )
    return tuple(
        facts_of(
            kind=row.kind,
            version=row.version,
            at=row.at,
            to_status=row.to_status,
            level=row.level,
            change=row.change,
        )
        for row in rows
    )


def attempt_of(actor: Actor, **words: Any) -> Attempt:
    """What the actor tries now, in every capacity of the person; ``words`` as the fields of ``Attempt``."""
    return Attempt(
        now=now(),
        account_id=actor.account_id,
        resident_id=actor.resident_id,
        member_id=actor.member_id,
        **words,
    )


async def change_case(
    session: WriteSession,
    case: OpenCase,
    action: Action,
    *,
    attempt: Attempt,
    expected_version: int | None,
    policy: CasePolicy,
    actor: Actor,
    above: Organization | None = None,
    columns: Mapping[str, Any] | None = None,
) -> UUID:
    """Do ``action`` if the rules let it happen, and leave its event. The permission was asked before.

    expected_version: None for the worker, who looks at the case itself. above: the organization that takes the case
    over, with its level. columns: further values of the row. Errors: VERSION_CONFLICT, or the rule broken.
    """
    if expected_version is not None:
        rules.check_version(case.facts, expected_version)
    status = rules.check(action, case.facts, template=case.template, attempt=attempt)
    kind = rules.TRANSITIONS[action].event
    event = CaseEventFacts(
        kind=kind,
        version=case.facts.version + 1,
        at=attempt.now,
        to_status=status,
        level=above.level if above else case.facts.level,
        organization_id=above.id if above else None,
        category=attempt.category,
        severity=attempt.severity,
        handler_id=_holder(kind, attempt),
        rating=attempt.rating,
    )
    after = apply(case.facts, event)
    write_state(case.row, after, {**(columns or {}), **({"custody_path": above.path} if above else {})})
    await session.flush()
    await put_on_the_clock(session, case.row, (*case.log, event), after, policy=policy)
    await log_event(
        session,
        case.row,
        event,
        before=case.facts,
        role=acting_role(actor, action, case.row, policy),
        note=attempt.note or None,
        action=action,
        actor=actor,
    )
    return case.row.id


def write_state(row: Case, state: CaseFacts, columns: Mapping[str, Any]) -> None:
    """Store a state, and further columns beside it; steps done live in the log alone."""
    row.status, row.severity, row.category = state.status, state.severity, state.category
    row.level, row.organization_id = state.level, state.organization_id
    row.claimant_id, row.handler_id = state.claimant_id, state.handler_id
    row.accepted_at, row.overdue_at = state.accepted_at, state.overdue_at
    row.resolved_at, row.feedback_at, row.archived_at = state.resolved_at, state.feedback_at, state.archived_at
    row.rating, row.reopen_count, row.version = state.rating, state.reopen_count, state.version
    for name, value in columns.items():
        setattr(row, name, value)


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
) -> None:
    """Record the change in the city's log and in the case's own, under one number. Last in the transaction."""
    row.changed_at = event.at
    await session.flush()
    seq = await record(
        session,
        type=event_type(event.kind),
        subject_type=SUBJECT,
        subject_id=row.id,
        action=rules.TRANSITIONS[action].permission or "case:escalate",
        actor=actor,
        detail={
            "kind": event.kind.value,
            "from": before.status.value if before else None,
            "to": event.to_status.value,
            "level": event.level,
            "version": event.version,
        },
    )
    session.add(
        CaseEvent(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            case_id=row.id,
            seq=seq,
            version=event.version,
            kind=event.kind,
            from_status=before.status if before else None,
            to_status=event.to_status,
            level=event.level,
            actor_member_id=actor.member_id,
            actor_role=role,
            note=note,
            change=_change(row, event),
            at=event.at,
        ),
    )
    await session.flush()


def _holder(kind: EventKind, attempt: Attempt) -> UUID | None:
    return attempt.member_id if kind is EventKind.CLAIMED else attempt.handler_id


def _change(row: Case, event: CaseEventFacts) -> dict[str, Any]:
    """What the event sets, and when the case is due after it."""
    return change_of(event) | ({"dueAt": row.due_at.isoformat()} if row.due_at else {})
