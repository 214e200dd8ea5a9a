"""What the log of a case says about its clocks: when the present course began, when they stood still.

A course is the time from the report, or from the last appeal or reopening, which start a whole deadline anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from server.cases.clocks import NEVER, Pause
from server.cases.deadlines import ClockStart
from server.cases.events import last_of
from server.cases.replay import CaseEventFacts, apply, begin
from server.cases.states import UNRESOLVED, CaseFacts, CaseStatus, EventKind

Log = Sequence[CaseEventFacts]
COURSE_BEGINS = (EventKind.REOPENED, EventKind.APPEALED)


def states_of(log: Log) -> Iterator[tuple[CaseEventFacts, CaseFacts]]:
    """Each event with the state after it, oldest first."""
    state: CaseFacts | None = None
    for event in log:
        state = begin(event) if state is None else apply(state, event)
        yield event, state


def course_of(log: Log) -> CaseEventFacts:
    """The event that began the present course."""
    return last_of(log, *COURSE_BEGINS) or log[0]


def first_course(log: Log) -> Log:
    """The events before the second course, if there was one."""
    return next((log[:index] for index, event in enumerate(log) if event.kind in COURSE_BEGINS), log)


def left_reported_at(log: Log) -> datetime | None:
    """When the case left REPORTED in the present course, also in a template without acceptance; None before that."""
    course = course_of(log)
    later = (event for event in log if event.version >= course.version)
    return next((event.at for event in later if event.to_status is not CaseStatus.REPORTED), None)


def started_at(log: Log, starts_from: ClockStart) -> datetime | None:
    """When the clock of the present course started; None when it waits for the acceptance."""
    return course_of(log).at if starts_from is ClockStart.SUBMISSION else left_reported_at(log)


def pauses_of(log: Log, words: frozenset[str]) -> tuple[Pause, ...]:
    """When the clocks stood still, oldest first: in states and kinds of handling among ``words``."""
    found: list[Pause] = []
    if not words:
        return ()
    since, stopped_by = log[0].at, None
    for event, state in states_of(log):
        word = _stopped_by(state, words)
        if word == stopped_by:
            continue
        if stopped_by is not None and since < event.at:
            found.append(Pause(since, event.at, stopped_by))
        since, stopped_by = event.at, word
    if stopped_by is not None:
        found.append(Pause(since, NEVER, stopped_by))
    return tuple(found)


def _stopped_by(state: CaseFacts, words: frozenset[str]) -> str | None:
    if state.status not in UNRESOLVED:
        return None
    return next((word for word in (state.status, state.handling) if word is not None and word in words), None)
