"""One level up (T12, JM-23): because somebody asks for help, or because the case is late (T17).

Lateness is the worker's affair. Its row of due work, the case and the event are written in one transaction under the
locks of both, so a step is taken exactly once, however often it is tried and whatever dies in between.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.models import Case
from server.cases.service.access import authorize_held
from server.cases.service.changes import OpenCase, attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.reporting import organizations_on
from server.cases.service.schedule import CANCELED, ESCALATED, MARKED_OVERDUE, PUT_OFF, schedule, started_at
from server.cases.service.texts import optional_text
from server.cases.states import UNRESOLVED, Action
from server.errors import NotFound, RuleViolation
from server.events.models import DueWork
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession

PAUSE = timedelta(seconds=1)


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

    ESCALATED: one level up. MARKED_OVERDUE: marked late where nothing is above. CANCELED: concluded meanwhile, or
    marked late at the top before. PUT_OFF: not due yet, or somebody is changing the case; the row stays open, for later.
    An outcome that stands already is returned, and nothing is done. Raises NotFound for a row without its case.
    """
    await session.refresh(work, with_for_update=True)
    if work.done_at is not None:
        return work.outcome or CANCELED
    if now() < work.due_at or not await _locked(session, work.subject_id, tenant_id=actor.tenant_id):
        work.due_at = max(work.due_at, now()) + PAUSE
        await session.flush()
        return PUT_OFF
    case = await open_case(session, work.subject_id, policy=policy, actor=actor)
    above = await _above(session, case, Action.ESCALATE_OVERDUE)
    outcome = _outcome(case, above)
    work.done_at, work.outcome = now(), outcome
    await session.flush()
    if outcome == CANCELED:
        return outcome
    if outcome == ESCALATED:
        await schedule(session, case.row, started_at(case.log, policy), policy=policy)
    await change_case(
        session,
        # The rule marks a course late once; a ladder of several steps goes on from there, each step once by its row.
        replace(case, facts=replace(case.facts, overdue_at=None)),
        Action.ESCALATE_OVERDUE,
        attempt=attempt_of(actor),
        expected_version=None,
        policy=policy,
        actor=actor,
        above=above,
    )
    return outcome


async def _locked(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> bool:
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


def _outcome(case: OpenCase, above: Organization | None) -> str:
    if case.facts.status not in UNRESOLVED or case.row.due_at is None:
        return CANCELED
    if above is not None:
        return ESCALATED
    return MARKED_OVERDUE if case.facts.overdue_at is None else CANCELED


async def _above(session: WriteSession, case: OpenCase, action: Action) -> Organization | None:
    """The organization above the present one at the next level of the chain; None at the top, or where there is none."""
    if case.facts.level not in case.template.escalation_chain:
        return None
    level = rules.level_after(action, case.facts, case.template)
    if level == case.facts.level:
        return None
    along = await organizations_on(session, case.row.custody_path, tenant_id=case.row.tenant_id)
    return next((organization for organization in reversed(along) if organization.level == level), None)
