"""One level up (T12, JM-23): because somebody asks for help, or because the case is late (T17).

Lateness is the worker's affair. Its row of due work, the case and the event are written in one transaction under the
locks of both, so a step is taken exactly once, however often it is tried and whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.ladders import LadderAction
from server.cases.models import Case
from server.cases.service.access import authorize_held
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.routing import organizations_on
from server.cases.service.schedule import (
    CANCELED,
    ESCALATED,
    MARKED_OVERDUE,
    NOTIFIED,
    PUT_OFF,
    Step,
    clock_of,
    first_of,
    schedule,
    step_name,
)
from server.cases.service.texts import optional_text
from server.cases.states import UNRESOLVED, Action, Attempt, CaseFacts, CaseTemplate
from server.cases.timing import CaseClock
from server.errors import NotFound, RuleViolation
from server.events.models import DueWork
from server.organizations.models import Organization
from tenants.clock import database_now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession

PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of a step of the ladder that has come.

    action, attempt: None where nothing happens to the case. above: who takes it over. following: the step after it.
    """

    outcome: str
    action: Action | None = None
    attempt: Attempt | None = None
    above: Organization | None = None
    following: Step | None = None


async def escalate_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Hand a case to the level above, with a reason; it keeps its place, so who saw it goes on seeing it.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_TOP_LEVEL, REASON_REQUIRED.
    """
    note = optional_text(reason, field="reason") or ""
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_held(actor, Permission.CASE_ESCALATE, case.row, case.custody)
    rules.check_version(case.facts, expected_version)
    attempt = attempt_of(actor, note=note)
    rules.check(Action.ESCALATE, case.facts, template=case.template, attempt=attempt)
    above = await _above(session, case, Action.ESCALATE)
    if above is None:
        raise RuleViolation(
            "The city has no organization above level {level} on this branch of its tree.",
            code="CASE_TOP_LEVEL",
            level=case.facts.level,
        )
    return await change_case(
        session,
        case,
        Action.ESCALATE,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
        above=above,
    )


async def escalate_due(session: WriteSession, *, work: DueWork, policy: CasePolicy, actor: Actor) -> str:
    """Take the step of the ladder that a row of due work stands for, if it is still to be taken; its outcome.

    ESCALATED: one level up. MARKED_OVERDUE: it stays where it is, at the top or because the step only marks it late.
    NOTIFIED: people are told. CANCELED: concluded meanwhile, or no step of the present course. PUT_OFF: not due yet, or
    somebody is changing the case; the row stays open, for later. An outcome that stands already is returned, and nothing
    is done. Raises NotFound for a row without its case.
    """
    await session.refresh(work, with_for_update=True)
    if work.done_at is not None:
        return work.outcome or CANCELED
    at = await database_now(session)
    if at < work.due_at or not await locked(session, work.subject_id, tenant_id=actor.tenant_id):
        work.due_at = max(work.due_at, at) + PAUSE
        await session.flush()
        return PUT_OFF
    case = await open_case(session, work.subject_id, policy=policy, actor=actor)
    along = await organizations_on(session, case.row.custody_path, tenant_id=case.row.tenant_id)
    clock = clock_of(case.row, case.log, policy)
    taken = taken_of(
        work.step,
        clock,
        case.facts,
        case.template,
        due_at=case.row.due_at,
        along=along,
        attempt=replace(attempt_of(actor), now=at),
    )
    work.done_at, work.outcome = at, taken.outcome
    await session.flush()
    if taken.action is None or taken.attempt is None:
        return taken.outcome
    await schedule(session, case.row, taken.following)
    await change_case(
        session,
        case,
        taken.action,
        attempt=taken.attempt,
        expected_version=None,
        policy=policy,
        actor=actor,
        above=taken.above,
    )
    return taken.outcome


def taken_of(
    name: str,
    clock: CaseClock,
    facts: CaseFacts,
    template: CaseTemplate,
    *,
    due_at: datetime | None,
    along: Sequence[Organization],
    attempt: Attempt,
) -> Taken:
    """What the step of that name does to a case; the outcomes of ``escalate_due`` but PUT_OFF.

    attempt: the worker's, by the database's clock; it never comes before the last event, whoever's clock that had. along:
    what is on the path of the case's custody, from the root down.
    """
    left = clock.steps_left(facts, due_at) if facts.status in UNRESOLVED else ()
    if not left or step_name(facts, left[0].number) != name:
        return Taken(CANCELED)
    due, *later = left
    tried = _on_step(attempt, max(attempt.now, clock.log[-1].at), due.number, due.step.notify_roles, early=due.early)
    following = first_of(later, facts)
    if due.step.action is LadderAction.NOTIFY_ONLY:
        return Taken(NOTIFIED, Action.NOTIFY, tried, None, following)
    climbs = due.step.action is LadderAction.CLIMB
    above = above_of(Action.ESCALATE_OVERDUE, facts, template, along) if climbs else None
    return Taken(ESCALATED if above else MARKED_OVERDUE, Action.ESCALATE_OVERDUE, tried, above, following)


@lru_cache(maxsize=256)
def _on_step(attempt: Attempt, at: datetime, number: int, told: tuple[str, ...], *, early: bool) -> Attempt:
    """The attempt at a step; the same for most cases of a batch."""
    return replace(attempt, now=at, ladder_step=number, early=early, told=told)


async def locked(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> bool:
    """Lock a case unless somebody has it; whoever changes a case waits for its due work, so this must not wait."""
    mine = select(Case.id).where(Case.tenant_id == tenant_id, Case.id == case_id)
    if await session.scalar(mine.with_for_update(skip_locked=True)) is not None:
        return True
    if await session.scalar(mine) is None:
        raise NotFound("No such case.")
    return False


async def due_work(session: WriteSession, work_id: UUID, *, actor: Actor) -> DueWork:
    """A row of due work of the actor's city. Raises NotFound."""
    work = await session.scalar(
        select(DueWork).where(DueWork.tenant_id == actor.tenant_id, DueWork.id == work_id),
    )
    if work is None:
        raise NotFound("No such work.")
    return work


def above_of(
    action: Action,
    facts: CaseFacts,
    template: CaseTemplate,
    along: Sequence[Organization],
) -> Organization | None:
    """The organization above the present one at the next level of the chain; None at the top, or where there is none.

    along: what is on the path of the case's custody, from the root down.
    """
    if facts.level not in template.escalation_chain:
        return None
    level = rules.level_after(action, facts, template)
    if level == facts.level:
        return None
    return next((organization for organization in reversed(along) if organization.level == level), None)


async def _above(session: WriteSession, case: OpenCase, action: Action) -> Organization | None:
    along = await organizations_on(session, case.row.custody_path, tenant_id=case.row.tenant_id)
    return above_of(action, case.facts, case.template, along)
