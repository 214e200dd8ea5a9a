"""Cases that the worker archives by itself, where their template says after how long (T25, JM-10).

The row of due work stands from the moment there is something to rate; what the course still lacks on the day is waited for:
each later step of the case plans the row anew.
"""

from __future__ import annotations

from dataclasses import replace

from server.cases import rules
from server.cases.service.changes import attempt_of, open_case
from server.cases.service.closing import strike_off
from server.cases.service.escalation import PAUSE, locked
from server.cases.service.policy import CasePolicy
from server.cases.service.schedule import CANCELED, PUT_OFF
from server.cases.states import TERMINAL, Action
from server.errors import RuleViolation
from server.events.models import DueWork
from tenants.clock import database_now
from tenants.context import Actor
from tenants.sessions import WriteSession

ARCHIVED = "ARCHIVED"


async def archive_due(session: WriteSession, *, work: DueWork, policy: CasePolicy, actor: Actor) -> str:
    """Archive the case that a row of due work stands for, once; the outcome.

    ARCHIVED, or CANCELED when it has ended meanwhile; the code of the rule that says no, like CASE_STEPS_MISSING; PUT_OFF
    when it is not due yet, or somebody is changing the case. Raises NotFound for a row without its case.
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
    attempt = replace(attempt_of(actor), now=max(at, case.log[-1].at))
    work.done_at, work.outcome = at, CANCELED
    if case.facts.status not in TERMINAL:
        try:
            rules.check(Action.ARCHIVE, case.facts, template=case.template, attempt=attempt)
        except RuleViolation as refusal:
            work.outcome = refusal.code
        else:
            work.outcome = ARCHIVED
    await session.flush()
    if work.outcome == ARCHIVED:
        await strike_off(session, case, attempt, expected_version=None, policy=policy, actor=actor)
    return work.outcome
