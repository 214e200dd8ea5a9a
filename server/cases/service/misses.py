"""A target beside the deadline was missed: written down once, in the case's own history; nothing climbs for it."""

from __future__ import annotations

from dataclasses import replace

from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.escalation import PAUSE, locked
from server.cases.service.policy import CasePolicy
from server.cases.service.schedule import CANCELED, MISSED, PUT_OFF, clock_of
from server.cases.states import UNRESOLVED, Action
from server.cases.targets import open_targets
from server.events.models import DueWork
from tenants.clock import database_now
from tenants.context import Actor
from tenants.sessions import WriteSession


async def miss_target(session: WriteSession, *, work: DueWork, policy: CasePolicy, actor: Actor) -> str:
    """Find missed the target that a row of due work stands for, if it still is; the outcome.

    MISSED: an event says so. CANCELED: met or ended meanwhile, or the clock stands still. PUT_OFF: not due yet, or
    somebody is changing the case. An outcome that stands already is returned, and nothing is done. Raises NotFound for a
    row without its case.
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
    targets = open_targets(clock_of(case.row, case.log, policy), case.facts)
    waits = any(target.kind == work.step and target.due_at is not None for target in targets)
    missed = waits and case.facts.status in UNRESOLVED
    work.done_at, work.outcome = at, MISSED if missed else CANCELED
    await session.flush()
    if missed:
        await change_case(
            session,
            case,
            Action.MISS_TARGET,
            attempt=replace(attempt_of(actor), now=max(at, case.log[-1].at), target=work.step),
            expected_version=None,
            policy=policy,
            actor=actor,
        )
    return work.outcome
