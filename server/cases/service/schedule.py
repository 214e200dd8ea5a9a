"""When a case is due, and the rows that make the worker look at it then.

A course is the time from the report, or from the last appeal or reopening, which start a whole deadline anew. Each step
of the city's ladder in a course is one row of due work, and so is each target beside the deadline: nothing is done twice
whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from server.cases.courses import COURSE_BEGINS, pauses_of
from server.cases.guards.steps import rating_closes_at
from server.cases.ladders import DueStep
from server.cases.models import Case
from server.cases.replay import CaseEventFacts
from server.cases.service.policy import CasePolicy
from server.cases.states import TERMINAL, UNRESOLVED, CaseFacts, CaseStatus, CaseTemplate, EventKind
from server.cases.targets import open_targets
from server.cases.timing import CaseClock
from server.events.models import DueWork
from tenants.clock import now
from tenants.ids import uuid7
from tenants.sessions import WriteSession

ESCALATE = "case.escalate"
MISS_TARGET = "case.target"
ARCHIVE = "case.archive"

CANCELED = "CANCELED"
ESCALATED = "ESCALATED"
MARKED_OVERDUE = "MARKED_OVERDUE"
NOTIFIED = "NOTIFIED"
MISSED = "MISSED"
PUT_OFF = "PUT_OFF"
_CLASSIFIES = (EventKind.TRIAGED, EventKind.RECLASSIFIED)
_MOVES = (*COURSE_BEGINS, EventKind.DEADLINE_MOVED)


@dataclass(frozen=True, slots=True)
class Step:
    """A row of due work to come. name: unique per case; of the ladder, course and number within it."""

    name: str
    due_at: datetime


async def put_on_the_clock(
    session: WriteSession,
    row: Case,
    log: Sequence[CaseEventFacts],
    state: CaseFacts,
    *,
    policy: CasePolicy,
) -> None:
    """Set ``due_at`` and what the worker looks at after the newest event of the log; take it off when it is concluded."""
    if row.clock_path is None or log[-1].kind in COURSE_BEGINS:
        row.clock_path = row.custody_path
    clock = clock_of(row, log, policy)
    if state.status not in UNRESOLVED:
        await cancel(session, row)
    elif _starts_or_moves(clock):
        row.due_at = due_of(clock, state)
        await session.flush()
        await schedule(session, row, next_step(clock, state, row.due_at))
    if clock.limits.targets:
        await _schedule_targets(session, row, clock, state)


async def reschedule(
    session: WriteSession,
    row: Case,
    log: Sequence[CaseEventFacts],
    state: CaseFacts,
    *,
    policy: CasePolicy,
) -> None:
    """Plan the worker's next step anew for a deadline that stays: the ladder may be another one."""
    clock = clock_of(row, log, policy)
    await schedule(session, row, next_step(clock, state, row.due_at))
    await _schedule_targets(session, row, clock, state)


def opening_work(
    row: Case,
    log: Sequence[CaseEventFacts],
    state: CaseFacts,
    *,
    policy: CasePolicy,
) -> list[DueWork]:
    """Set ``due_at`` of a case that is not stored yet; what the worker has to look at, to be stored with it."""
    row.clock_path = row.custody_path
    clock = clock_of(row, log, policy)
    row.due_at = due_of(clock, state)
    first = next_step(clock, state, row.due_at)
    targets = _target_steps(clock, state) if clock.limits.targets else []
    planned = [*([] if first is None else [(ESCALATE, first)]), *((MISS_TARGET, step) for step in targets)]
    return [DueWork(**_columns(row, kind, step)) for kind, step in planned]


def clock_of(row: Case, log: Sequence[CaseEventFacts], policy: CasePolicy) -> CaseClock:
    """The clocks of a case. A course that began before calendars were kept runs on that of whoever has the case."""
    return CaseClock(policy.timing, log, row.clock_path or row.custody_path)


def due_of(clock: CaseClock, state: CaseFacts) -> datetime | None:
    """When the present course is due (UTC); None without a limit, before its clock starts, or while it stands still."""
    deadline = clock.deadline(state.severity)
    return deadline.due_at if deadline else None


def next_step(clock: CaseClock, state: CaseFacts, due_at: datetime | None) -> Step | None:
    """The ladder's next step in this state; None without a clock or a deadline, or at the ladder's end."""
    return first_of(clock.steps_left(state, due_at), state)


def first_of(steps: Sequence[DueStep], state: CaseFacts) -> Step | None:
    """The first of some steps of the ladder as a row of due work; None without any."""
    return Step(step_name(state, steps[0].number), steps[0].at) if steps else None


async def put_on_the_shelf(session: WriteSession, row: Case, state: CaseFacts, template: CaseTemplate) -> None:
    """Plan that the worker archives the case, where its template says when; take that back when it cannot any more."""
    if template.archive_after_days is None:
        return
    closes_at = None if state.status in UNRESOLVED | TERMINAL else rating_closes_at(state, template)
    if closes_at is None:
        await cancel(session, row, kind=ARCHIVE)
        return
    await _plan(session, row, ARCHIVE, Step("archive", closes_at + timedelta(days=template.archive_after_days)))


def step_name(state: CaseFacts, number: int) -> str:
    """The name of a step of the ladder: its course, which appeals and reopenings count, and its number in it."""
    return f"{state.reopen_count + (state.appealed_at is not None)}.{number}"


async def schedule(session: WriteSession, row: Case, step: Step | None) -> None:
    """Make a step of the ladder the only open work of its kind; None: there is nothing to do."""
    if step is None:
        await cancel(session, row)
    else:
        await _plan(session, row, ESCALATE, step)


async def cancel(session: WriteSession, row: Case, *, kind: str = ESCALATE, keeping: Sequence[str] = ()) -> None:
    """Close the open work of a case that is concluded, or whose severity has no limit. keeping: steps that stay."""
    await session.execute(
        update(DueWork)
        .where(
            DueWork.tenant_id == row.tenant_id,
            DueWork.kind == kind,
            DueWork.subject_id == row.id,
            DueWork.step.not_in(keeping),
            DueWork.done_at.is_(None),
        )
        .values(done_at=now(), outcome=CANCELED),
    )


async def _schedule_targets(session: WriteSession, row: Case, clock: CaseClock, state: CaseFacts) -> None:
    """One row for each target that can still be missed; those met or found missed have none."""
    steps = _target_steps(clock, state)
    for step in steps:
        await _plan(session, row, MISS_TARGET, step)
    await cancel(session, row, kind=MISS_TARGET, keeping=[step.name for step in steps])


def _target_steps(clock: CaseClock, state: CaseFacts) -> list[Step]:
    return [Step(target.kind, target.due_at) for target in open_targets(clock, state) if target.due_at is not None]


def _columns(row: Case, kind: str, step: Step) -> dict[str, Any]:
    return {
        "tenant_id": row.tenant_id,
        "id": uuid7(),
        "kind": kind,
        "subject_id": row.id,
        "step": step.name,
        "due_at": step.due_at,
        "attempts": 0,
        "created_at": now(),
    }


async def _plan(session: WriteSession, row: Case, kind: str, step: Step) -> None:
    statement = insert(DueWork).values(_columns(row, kind, step))
    keys = (DueWork.tenant_id, DueWork.kind, DueWork.subject_id, DueWork.step)
    again = ("due_at", "lease_until", "done_at", "outcome", "attempts")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: getattr(statement.excluded, name) for name in again},
        ),
    )


def _starts_or_moves(clock: CaseClock) -> bool:
    """Whether the newest event gives the case another deadline. One that was missed stays, whatever the class is now."""
    *before, newest = clock.log
    if newest.kind in _CLASSIFIES:
        return not newest.late
    if not before or newest.kind in _MOVES:
        return True
    if before[-1].to_status is CaseStatus.REPORTED and newest.to_status is not CaseStatus.REPORTED:
        return True
    words = clock.limits.pauses_in
    return bool(words) and pauses_of(before, words) != pauses_of(clock.log, words)
