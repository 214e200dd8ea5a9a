"""When a case is due, and why: elapsed or working time in a work calendar, less the pauses.

Definitions, all in the time zone of the calendar:
HOURS: elapsed time. DAYS: the same wall-clock time that many days later (A-08's default, calendar days).
WORKING_HOURS: that much working time after the start. WORKING_DAYS: the end of work on the n-th working day after the
start's day, which itself does not count, as periods are counted in civil law.
A pause moves the end by what the clock would have counted in it, to the second: by its length where the time runs on, by
the working time within it where work is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from server.cases.calendars import Reason, WorkCalendar
from server.cases.clocks import NEVER, Clock, Pause, Span, Unit
from server.cases.states import Severity
from server.errors import RuleViolation

MAX_AMOUNT = 10_000
MOST_LINES = 100
_LONGEST_CLOSURE = 366


class ClockStart(StrEnum):
    """From when a deadline runs (A-08); default SUBMISSION."""

    SUBMISSION = "SUBMISSION"
    ACCEPTANCE = "ACCEPTANCE"


class TargetKind(StrEnum):
    """What must have happened by a time. CONCLUDE is the deadline; only it climbs the ladder."""

    ACCEPT = "ACCEPT"
    DISPATCH = "DISPATCH"
    FIRST_REPLY = "FIRST_REPLY"
    CONCLUDE = "CONCLUDE"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """An amount of time, 1 to ``MAX_AMOUNT`` units."""

    amount: int
    unit: Unit


Limits = Mapping[Severity, DeadlineRule | None]


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """The limits of one track.

    rules: the deadline per severity (a severity without one is never overdue, sources.md 3.5). starts_from: when its
    clock starts. targets: the limits of what must happen before. pauses_in: the states and kinds of handling in which
    every clock of the case stands still.
    """

    rules: Limits
    starts_from: ClockStart = ClockStart.SUBMISSION
    targets: Mapping[TargetKind, Limits] = field(default_factory=dict)
    pauses_in: frozenset[str] = frozenset()

    def rule(self, kind: TargetKind, severity: Severity) -> DeadlineRule | None:
        """The limit of one target for a severity; None when it has none."""
        limits = self.rules if kind is TargetKind.CONCLUDE else self.targets.get(kind, {})
        return limits.get(severity)


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    """The calendar does not know the holidays from ``first_day`` on; weekdays were counted instead."""

    first_day: date
    code: str = "CALENDAR_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Deadline:
    """due_at (UTC): the first moment at which the case is late; None while a pause keeps it from being known.

    explain: every stretch from the start on, counted or not. allowed: the time on the clock.
    """

    due_at: datetime | None
    explain: tuple[Span, ...]
    warnings: tuple[CalendarWarning, ...]
    allowed: timedelta


def due_at(
    start: datetime,
    amount: int,
    unit: Unit,
    calendar: WorkCalendar,
    pauses: tuple[Pause, ...] = (),
) -> Deadline:
    """The moment ``amount`` units after ``start`` (aware), with its explanation.

    Raises DEADLINE_AMOUNT outside 1 to ``MAX_AMOUNT``, CALENDAR_CLOSED when a whole year has no working time.
    """
    if not 1 <= amount <= MAX_AMOUNT:
        raise RuleViolation("A deadline is 1 to {most} units.", code="DEADLINE_AMOUNT", most=MAX_AMOUNT)
    clock = Clock(unit, calendar, pauses)
    allowed = _allowed(start, amount, clock)
    moment, lines = clock.after(clock.first_counted(start), allowed)
    first_day = start.astimezone(calendar.time_zone).date()
    warnings = _warnings(first_day, lines[-1].day, calendar) if clock.works else ()
    return Deadline(moment, tuple(lines), warnings, allowed)


def told(lines: tuple[Span, ...], until: datetime) -> tuple[Span, ...]:
    """The lines as people read them: at most ``MOST_LINES``, the rest summed up in the last; a pause ends ``until``."""
    ended = tuple(
        replace(line, ends_at=max(line.starts_at, until)) if line.ends_at == NEVER else line for line in lines
    )
    if len(ended) <= MOST_LINES:
        return ended
    rest = ended[MOST_LINES - 1 :]
    counted = sum((line.counted for line in rest), timedelta())
    return (*ended[: MOST_LINES - 1], replace(rest[0], ends_at=rest[0].starts_at + counted, reason=Reason.FURTHER))


def _allowed(start: datetime, amount: int, clock: Clock) -> timedelta:
    """The time on the clock: what it counts until the deadline when nothing stops it."""
    match clock.unit:
        case Unit.HOURS | Unit.WORKING_HOURS:
            return timedelta(hours=amount)
        case Unit.DAYS:
            # Wall-clock arithmetic on purpose: an aware datetime plus days keeps its wall time over a clock change.
            local = start.astimezone(clock.calendar.time_zone)
            return (local + timedelta(days=amount)).astimezone(UTC) - start
        case Unit.WORKING_DAYS:
            begin = clock.first_counted(start)
            return replace(clock, pauses=()).between(begin, _end_of_work(begin, amount, clock.calendar))


def _end_of_work(begin: datetime, left: int, calendar: WorkCalendar) -> datetime:
    """The end of work on the n-th working day, the day of ``begin`` included."""
    day = begin.astimezone(calendar.time_zone).date()
    idle = 0
    while idle <= _LONGEST_CLOSURE:
        spans = list(calendar.spans_on(day))
        left -= bool(spans)
        if not left:
            return spans[-1][1]
        idle = 0 if spans else idle + 1
        day += timedelta(days=1)
    raise RuleViolation(
        "The work calendar has no working time in the year before {day}.",
        code="CALENDAR_CLOSED",
        day=day.isoformat(),
    )


def _warnings(first_day: date, last_day: date, calendar: WorkCalendar) -> tuple[CalendarWarning, ...]:
    if calendar.known_through is None:
        return (CalendarWarning(first_day),)
    if last_day <= calendar.known_through:
        return ()
    return (CalendarWarning(max(first_day, calendar.known_through + timedelta(days=1))),)
