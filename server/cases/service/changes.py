"""One change of a case: locked, seen, decided by the rules, written, put on the clock, logged.

The log is the truth: the rules decide on what it replays to, and the columns are what the last event made of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.events import facts_of
from server.cases.models import Case, CaseEvent
from server.cases.replay import NAMES_MEMBER, CaseEventFacts, apply, replay
from server.cases.service.access import Custody, acting_role, custody_of, locked_case
from server.cases.service.followers import followers_of, tell_followers
from server.cases.service.policy import CasePolicy
from server.cases.service.records import log_event
from server.cases.service.schedule import put_on_the_clock, put_on_the_shelf
from server.cases.service.shares import end_shares
from server.cases.states import TERMINAL, Action, Attempt, CaseFacts, CaseTemplate, EventKind, Track
from server.cases.templates import template_of
from server.errors import NotFound
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tenants.sessions import WriteSession

_CLASSIFYING = frozenset({EventKind.TRIAGED, EventKind.RECLASSIFIED})


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
    row = await locked_case(session, case_id, actor=actor)
    if row is None:
        raise NotFound("No such case.", field=("caseId",))
    log = await read_log(session, row.id, tenant_id=actor.tenant_id)
    return OpenCase(
        row=row,
        log=log,
        facts=replay(log),
        template=template_for(log, policy),
        custody=await custody_of(session, row, log),
    )


def template_for(log: Sequence[CaseEventFacts], policy: CasePolicy) -> CaseTemplate:
    """The template a case goes by: the one it began with or was given since, on the city's present chain of levels.

    Raises TRACK_NOT_OFFERED for a case that kept none, of a track the city has given up.
    """
    track = log[0].track or Track.GRID_EVENT
    kept = next((event.template for event in reversed(log) if event.template is not None), None)
    if kept is None:
        return policy.template(track)
    return template_of(kept, track=track, chain=policy.chain)


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
        by_code=actor.tracks is not None,
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
    remarks: Mapping[str, Any] | None = None,
) -> UUID:
    """Do ``action`` if the rules let it happen, and leave its event. The permission was asked before.

    expected_version: None for the worker, who looks at the case itself. above: the organization that takes the case
    over, with its level. columns, remarks: further values of the row and of its event. Errors: VERSION_CONFLICT, or the rule broken.
    """
    if expected_version is not None:
        rules.check_version(case.facts, expected_version)
    event = next_event(
        case.facts,
        case.template,
        action,
        attempt=attempt,
        level=above.level if above else case.facts.level,
        organization_id=above.id if above else None,
    )
    after = apply(case.facts, event)
    write_state(case.row, after, {**beside_state(after, case.template, above), **(columns or {})})
    await session.flush()
    if after.status in TERMINAL:
        await end_shares(session, case.row, case.log, event.at)
    await put_on_the_clock(session, case.row, (*case.log, event), after, policy=policy)
    await put_on_the_shelf(session, case.row, after, case.template)
    followers = await followers_of(session, case.row) if after.status is not case.facts.status else []
    await log_event(
        session,
        case.row,
        event,
        before=case.facts,
        role=acting_role(actor, action, case.row, policy),
        note=attempt.note or None,
        action=action,
        actor=actor,
        remarks=remarks,
    )
    await tell_followers(session, followers, at=event.at, actor=actor)
    return case.row.id


def next_event(
    facts: CaseFacts,
    template: CaseTemplate,
    action: Action,
    *,
    attempt: Attempt,
    level: str,
    organization_id: UUID | None,
) -> CaseEventFacts:
    """The event that ``action`` leaves behind, if the rules let it happen; errors: the rule broken.

    level, organization_id: where the case is afterwards; None leaves it with the organization that has it.
    """
    status = rules.check(action, facts, template=template, attempt=attempt)
    kind = rules.TRANSITIONS[action].event
    return CaseEventFacts(
        kind=kind,
        version=facts.version + 1,
        at=attempt.now,
        to_status=status,
        level=level,
        organization_id=organization_id,
        category=attempt.category,
        severity=attempt.severity,
        handler_id=_holder(kind, attempt),
        rating=attempt.rating,
        member_id=attempt.member_id if kind in NAMES_MEMBER else None,
        task_ids=attempt.task_ids,
        allegation=attempt.allegation,
        score=attempt.score,
        visit_effect=attempt.visit_effect,
        bundle_id=attempt.bundle_id,
        ladder_step=attempt.ladder_step,
        early=attempt.early,
        told=attempt.told,
        target=attempt.target,
        step=rules.step_taken(kind, status, facts, template),
        late=attempt.late and kind in _CLASSIFYING,
        handling=attempt.handling,
        merged_into_id=attempt.into.case_id if attempt.into else None,
        template=attempt.template,
    )


STATE_COLUMNS = (
    "status",
    "severity",
    "category",
    "level",
    "organization_id",
    "claimant_id",
    "handler_id",
    "accepted_at",
    "overdue_at",
    "resolved_at",
    "feedback_at",
    "archived_at",
    "rating",
    "reopen_count",
    "score",
    "visited_at",
    "visit_effect",
    "bundle_id",
    "supervision",
    "urged_at",
    "handling",
    "explained_at",
    "appealed_at",
    "merged_into_id",
    "publication_waived_at",
    "retained_at",
    "version",
)
"""The columns of a case that repeat what its log says, named as the fields of ``CaseFacts``."""


def beside_state(after: CaseFacts, template: CaseTemplate, above: Organization | None) -> dict[str, Any]:
    """Further columns that follow from a state, and from the organization that took the case over with it."""
    return {
        "explanation_due_at": rules.explanation_due_at(after, template),
        **({"custody_path": above.path} if above else {}),
    }


def write_state(row: Case, state: CaseFacts, columns: Mapping[str, Any]) -> None:
    """Store a state, and further columns beside it; steps done live in the log alone."""
    for name in STATE_COLUMNS:
        setattr(row, name, getattr(state, name))
    for name, value in columns.items():
        setattr(row, name, value)


def _holder(kind: EventKind, attempt: Attempt) -> UUID | None:
    return attempt.member_id if kind is EventKind.CLAIMED else attempt.handler_id
