"""When a case is due, and the row that makes the worker look at it then.

A course is the time from the report, or from the last reopening, which starts a whole deadline anew. Each step of the
city's ladder in a course is one row of due work, so nothing is done twice whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.cases.deadlines import ClockStart, deadline_for, next_escalation_at
from server.cases.events import last_of
from server.cases.models import Case
from server.cases.replay import CaseEventFacts
from server.cases.service.policy import CasePolicy
from server.cases.states import UNRESOLVED, CaseFacts, CaseStatus, EventKind
from server.events.models import DueWork
from tenants.clock import now
from tenants.ids import uuid7
from tenants.sessions import WriteSession

ESCALATE = "case.escalate"

CANCELED = "CANCELED"
ESCALATED = "ESCALATED"
MARKED_OVERDUE = "MARKED_OVERDUE"
PUT_OFF = "PUT_OFF"
_TAKEN = (ESCALATED, MARKED_OVERDUE)


async def put_on_the_clock(
    session: WriteSession,
    row: Case,
    log: Sequence[CaseEventFacts],
    state: CaseFacts,
    *,
    policy: CasePolicy,
) -> None:
    """Set ``due_at`` and the worker's next step after the newest event of the log; take both off when it is concluded.

    A deadline stands as it was computed: a change of the manifest concerns later cases and courses.
    """
    if state.status not in UNRESOLVED:
        await cancel(session, row)
    elif _starts_or_moves(log):
        start = started_at(log, policy)
        row.due_at = due_of(log, state, policy)
        await session.flush()
        await schedule(session, row, start, policy=policy)


def due_of(log: Sequence[CaseEventFacts], state: CaseFacts, policy: CasePolicy) -> datetime | None:
    """When the present course is due (UTC); None without a limit, or before its clock starts."""
    deadline = deadline_for(
        policy.deadlines,
        state.severity,
        reported_at=_course(log).at,
        accepted_at=_left_reported_at(log),
        calendar=policy.calendar,
    )
    return deadline.due_at if deadline else None


def started_at(log: Sequence[CaseEventFacts], policy: CasePolicy) -> datetime | None:
    """When the clock of the present course started; None when it waits for the acceptance."""
    return _course(log).at if policy.deadlines.starts_from is ClockStart.SUBMISSION else _left_reported_at(log)


async def schedule(session: WriteSession, row: Case, start: datetime | None, *, policy: CasePolicy) -> None:
    """Make the next step of the ladder the only open work of the case; none when nothing is due or left to do."""
    taken = await _steps_taken(session, row)
    moment = None
    if start is not None and row.due_at is not None:
        moment = next_escalation_at(start, row.due_at, policy.ladder, taken=taken, calendar=policy.calendar)
    if moment is None:
        await cancel(session, row)
        return
    statement = insert(DueWork).values(
        tenant_id=row.tenant_id,
        id=uuid7(),
        kind=ESCALATE,
        subject_id=row.id,
        step=f"{row.reopen_count}.{taken + 1}",
        due_at=moment,
        attempts=0,
        created_at=now(),
    )
    keys = (DueWork.tenant_id, DueWork.kind, DueWork.subject_id, DueWork.step)
    again = ("due_at", "lease_until", "done_at", "outcome", "attempts")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: getattr(statement.excluded, name) for name in again},
        ),
    )


async def cancel(session: WriteSession, row: Case) -> None:
    """Close the open work of a case that is concluded, or whose severity has no limit."""
    await session.execute(
        update(DueWork)
        .where(
            DueWork.tenant_id == row.tenant_id,
            DueWork.kind == ESCALATE,
            DueWork.subject_id == row.id,
            DueWork.done_at.is_(None),
        )
        .values(done_at=now(), outcome=CANCELED),
    )


async def _steps_taken(session: WriteSession, row: Case) -> int:
    """How many steps of the ladder the worker has taken in the present course."""
    counted = select(func.count()).where(
        DueWork.tenant_id == row.tenant_id,
        DueWork.kind == ESCALATE,
        DueWork.subject_id == row.id,
        DueWork.step.startswith(f"{row.reopen_count}."),
        DueWork.outcome.in_(_TAKEN),
    )
    return await session.scalar(counted) or 0


def _starts_or_moves(log: Sequence[CaseEventFacts]) -> bool:
    newest = log[-1]
    waited = len(log) > 1 and log[-2].to_status is CaseStatus.REPORTED
    leaves = waited and newest.to_status is not CaseStatus.REPORTED
    return leaves or newest.kind in {EventKind.REPORTED, EventKind.TRIAGED, EventKind.REOPENED}


def _course(log: Sequence[CaseEventFacts]) -> CaseEventFacts:
    return last_of(log, EventKind.REOPENED) or log[0]


def _left_reported_at(log: Sequence[CaseEventFacts]) -> datetime | None:
    reopened = last_of(log, EventKind.REOPENED)
    if reopened is not None:
        return reopened.at
    return next((event.at for event in log if event.to_status is not CaseStatus.REPORTED), None)
