"""The ladder of a case: what happens at a share of its time and after its deadline, step by step (T17, JM-23).

Every step is taken once, in the order of time, and leaves one event that carries its number, whether the case climbs,
stays, or is at the top already. The deadline itself is always among the steps: without a step of the city's own at that
moment, one marks the case late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from server.cases.clocks import Clock
from server.cases.deadlines import DeadlineRule, due_at

WHOLE = 100


class LadderAction(StrEnum):
    """What a step does beside telling people. MARK_LATE: nothing but what its moment says."""

    CLIMB = "CLIMB"
    NOTIFY_ONLY = "NOTIFY_ONLY"
    MARK_LATE = "MARK_LATE"


@dataclass(frozen=True, slots=True)
class LadderStep:
    """When a step is taken: at a share of the time allowed (100: when due), or some time after the deadline.

    Exactly one of the two; ValueError otherwise. notify_roles: who is told, at the organization that has the case then.
    """

    after_share_percent: int | None = None
    after: DeadlineRule | None = None
    action: LadderAction = LadderAction.CLIMB
    notify_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.after_share_percent is None) == (self.after is None):
            raise ValueError("a ladder step has a share or a time after the deadline")
        if self.after_share_percent is not None and self.after_share_percent < 1:
            raise ValueError("a share is at least 1 percent")


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of a course with its number, 1 for the first, and its moment (UTC). early: before the deadline."""

    number: int
    at: datetime
    early: bool
    step: LadderStep


def with_deadline(steps: tuple[LadderStep, ...]) -> tuple[LadderStep, ...]:
    """The steps, and one that marks a case late at its deadline where the city has none there."""
    if any(step.after_share_percent == WHOLE for step in steps):
        return steps
    return (*steps, LadderStep(after_share_percent=WHOLE, action=LadderAction.MARK_LATE))


def step_at(start: datetime, due: datetime, step: LadderStep, clock: Clock) -> datetime | None:
    """When a step is taken (UTC); None while the clock stands still before it.

    A share is of the time that the clock counts between start and due, so that one of working time falls into work.
    """
    if step.after is not None:
        return due_at(due, step.after.amount, step.after.unit, clock.calendar, clock.pauses).due_at
    share = step.after_share_percent or 0
    if share == WHOLE:
        return due.astimezone(UTC)
    begin = clock.first_counted(start)
    return clock.after(begin, clock.between(begin, due) * share / WHOLE)[0]


def steps_of(start: datetime, due: datetime, ladder: tuple[LadderStep, ...], clock: Clock) -> tuple[DueStep, ...]:
    """The steps whose moment is known, in the order of time."""
    moments = [(step_at(start, due, step, clock), step) for step in ladder]
    known = sorted(((at, index, step) for index, (at, step) in enumerate(moments) if at), key=lambda one: one[:2])
    return tuple(DueStep(number, at, at < due, step) for number, (at, _index, step) in enumerate(known, start=1))
