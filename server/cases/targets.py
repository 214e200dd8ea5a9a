"""What must have happened by a time: accepted, dispatched, answered for the first time, concluded.

The first three belong to the first course of a case: whoever appeals or asks for more work is in the city's hands
already. A target is met once for ever; one that was found missed stays missed, whatever the limits are later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.cases.courses import course_of, first_course
from server.cases.deadlines import TargetKind
from server.cases.replay import CaseEventFacts
from server.cases.states import MAIN_LINE, UNRESOLVED, CaseFacts, CaseStatus, EventKind
from server.cases.timing import CaseClock

_DISPATCHED = frozenset(MAIN_LINE[MAIN_LINE.index(CaseStatus.DISPATCHED) :])
_REPLIES = frozenset(
    {
        EventKind.REJECTED,
        EventKind.PROGRESSED,
        EventKind.EXPLAINED,
        EventKind.ALLEGATION_ANSWERED,
        EventKind.FEEDBACK_GIVEN,
    },
)
_MEETS: dict[TargetKind, Callable[[CaseEventFacts], bool]] = {
    TargetKind.ACCEPT: lambda event: event.to_status is not CaseStatus.REPORTED,
    TargetKind.DISPATCH: lambda event: event.to_status in _DISPATCHED,
    TargetKind.FIRST_REPLY: lambda event: event.kind in _REPLIES,
    TargetKind.CONCLUDE: lambda event: event.kind is EventKind.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Target:
    """due_at: None while the clock stands still. met_at: when it happened. ended_at: when it could happen no more."""

    kind: TargetKind
    due_at: datetime | None
    met_at: datetime | None
    ended_at: datetime | None
    found_missed: bool

    def missed(self, at: datetime) -> bool:
        """Whether its time had passed at a moment without, or before, it happened."""
        end = self.met_at or self.ended_at or at
        return self.found_missed or (self.due_at is not None and self.due_at < end)


def targets_of(clock: CaseClock, state: CaseFacts, due_at: datetime | None) -> tuple[Target, ...]:
    """The targets that have a limit in this state, in the order of ``TargetKind``. due_at: of the present course."""
    found = []
    for kind in TargetKind:
        deadline = None if kind is TargetKind.CONCLUDE else clock.deadline(state.severity, kind)
        due = deadline.due_at if deadline else due_at if kind is TargetKind.CONCLUDE else None
        if deadline is None and due is None and kind.value not in state.missed:
            continue
        log = _events(clock, kind)
        met = next((event.at for event in log if _MEETS[kind](event)), None)
        ended = next((event.at for event in log if event.to_status not in UNRESOLVED), None)
        found.append(Target(kind, due, met, ended, kind.value in state.missed))
    return tuple(found)


def open_targets(clock: CaseClock, state: CaseFacts) -> tuple[Target, ...]:
    """Those beside the deadline that can still be missed."""
    return tuple(
        target
        for target in targets_of(clock, state, None)
        if not (target.met_at or target.ended_at or target.found_missed)
    )


def _events(clock: CaseClock, kind: TargetKind) -> list[CaseEventFacts]:
    if kind is not TargetKind.CONCLUDE:
        return list(first_course(clock.log))
    course = course_of(clock.log)
    return [event for event in clock.log if event.version >= course.version]
