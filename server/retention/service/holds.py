"""A legal hold on a case: nothing of it is erased until the hold is released."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.cases.events import SUBJECT
from server.cases.models import Case
from server.cases.service.access import locked_case
from server.cases.service.texts import required_text
from server.errors import NotFound, RuleViolation
from server.events.record import record
from server.retention.models import CaseHold
from server.retention.rules import check_held, check_not_held
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

REASON_LENGTH = 500


async def hold_case(session: WriteSession, *, case_id: UUID, reason: str, actor: Actor) -> UUID:
    """Keep a case from being erased; its course goes on. The case's id.

    Errors: NotFound, NotPermitted, TEXT_*, CASE_HELD, CASE_RETAINED where there is nothing left to keep.
    """
    why = required_text(reason, field="reason", most=REASON_LENGTH)
    case = await _open(session, case_id, actor=actor)
    check_not_held(await _open_hold(session, case) is not None)
    if case.retained_at is not None:
        raise RuleViolation("The personal parts of this case are erased already.", code="CASE_RETAINED")
    session.add(
        CaseHold(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            case_id=case.id,
            reason=why,
            held_by_id=actor.member_id,
            held_at=now(),
        ),
    )
    await _record(session, case, "CaseHeld", actor=actor)
    return case.id


async def release_hold(session: WriteSession, *, case_id: UUID, reason: str, actor: Actor) -> UUID:
    """Let a case go again; what is overdue is erased in the city's next night. The case's id.

    Errors: NotFound, NotPermitted, TEXT_*, CASE_NOT_HELD.
    """
    why = required_text(reason, field="reason", most=REASON_LENGTH)
    case = await _open(session, case_id, actor=actor)
    hold = await _open_hold(session, case)
    check_held(hold is not None)
    if hold is not None:
        hold.release_reason, hold.released_by_id, hold.released_at = why, actor.member_id, now()
    await _record(session, case, "CaseHoldReleased", actor=actor)
    return case.id


async def _open(session: WriteSession, case_id: UUID, *, actor: Actor) -> Case:
    case = await locked_case(session, case_id, actor=actor)
    if case is None:
        raise NotFound("No such case.", field=("caseId",))
    authorize(actor, Permission.CASE_HOLD, path=case.path, grid_id=case.grid_id)
    return case


async def _open_hold(session: WriteSession, case: Case) -> CaseHold | None:
    return await session.scalar(
        select(CaseHold).where(
            CaseHold.tenant_id == case.tenant_id,
            CaseHold.case_id == case.id,
            CaseHold.released_at.is_(None),
        ),
    )


async def _record(session: WriteSession, case: Case, step: str, *, actor: Actor) -> None:
    await record(
        session,
        type=step,
        subject_type=SUBJECT,
        subject_id=case.id,
        action=Permission.CASE_HOLD,
        actor=actor,
    )
