"""When a case is due, and why: elapsed or working time in the city's calendar, and the moments of its ladder.

Definitions, all in the city's time zone:
HOURS: elapsed time. DAYS: the same wall-clock time that many days later (A-08's default, calendar days).
WORKING_HOURS: that much working time after the start. WORKING_DAYS: the end of work on the n-th working day after the
start's day, which itself does not count, as periods are counted in civil law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from server.cases.calendars import WorkCalendar
from server.cases.states import Severity
from server.errors import RuleViolation

MAX_AMOUNT = 10_000
_LONGEST_CLOSURE = 366


class Unit(StrEnum):
    """What a deadline counts; defined at the head of this module."""

    HOURS = "HOURS"
    DAYS = "DAYS"
    WORKING_HOURS = "WORKING_HOURS"
    WORKING_DAYS = "WORKING_DAYS"


class ClockStart(StrEnum):
    """From when a deadline runs (A-08); default SUBMISSION."""

    SUBMISSION = "SUBMISSION"
    ACCEPTANCE = "ACCEPTANCE"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """An amount of time, 1 to ``MAX_AMOUNT`` units."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """The deadline per severity (a severity without one is never overdue, sources.md 3.5) and when its clock starts."""

    rules: Mapping[Severity, DeadlineRule | None]
    starts_from: ClockStart = ClockStart.SUBMISSION


@dataclass(frozen=True, slots=True)
class LadderStep:
    """When to go one level up: at a share of the time allowed (100: when due), or some time after the deadline.

    Exactly one of the two; ValueError otherwise.
    """

    after_share_percent: int | None = None
    after: DeadlineRule | None = None

    def __post_init__(self) -> None:
        if (self.after_share_percent is None) == (self.after is None):
            raise ValueError("a ladder step has a share or a time after the deadline")
        if self.after_share_percent is not None and self.after_share_percent < 1:
            raise ValueError("a share is at least 1 percent")


@dataclass(frozen=True, slots=True)
class Span:
    """One line of the explanation: what a local day contributed. starts_at, ends_at in the city's time zone.

    reason: ELAPSED, or ``WorkCalendar.why`` of the day; a day nobody works is listed with 0 minutes.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    """The calendar does not know the holidays from ``first_day`` on; weekdays were counted instead."""

    first_day: date
    code: str = "CALENDAR_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Deadline:
    """due_at in UTC; the first moment at which the case is late."""

    due_at: datetime
    explain: tuple[Span, ...]
    warnings: tuple[CalendarWarning, ...]


def due_at(start: datetime, amount: int, unit: Unit, calendar: WorkCalendar) -> Deadline:
    """The moment ``amount`` units after ``start`` (aware), with its explanation.

    Raises DEADLINE_AMOUNT outside 1 to ``MAX_AMOUNT``, CALENDAR_CLOSED when a whole year has no working time.
    """
    if not 1 <= amount <= MAX_AMOUNT:
        raise RuleViolation("A deadline is 1 to {most} units.", code="DEADLINE_AMOUNT", most=MAX_AMOUNT)
    local = start.astimezone(calendar.time_zone)
    match unit:
        case Unit.HOURS:
            return _elapsed(local, start.astimezone(UTC) + timedelta(hours=amount), calendar)
        case Unit.DAYS:
            # Wall-clock arithmetic on purpose: an aware datetime plus days keeps its wall time over a clock change.
            return _elapsed(local, (local + timedelta(days=amount)).astimezone(UTC), calendar)
        case Unit.WORKING_HOURS:
            return _working_time(start.astimezone(UTC), timedelta(hours=amount), calendar)
        case Unit.WORKING_DAYS:
            return _working_days(local.date(), amount, calendar)


def deadline_for(
    policy: DeadlinePolicy,
    severity: Severity,
    *,
    reported_at: datetime,
    accepted_at: datetime | None,
    calendar: WorkCalendar,
) -> Deadline | None:
    """The deadline of a case; None without a rule for its severity, or before a clock that runs from acceptance starts.

    accepted_at: when the case first left REPORTED, so that a template without acceptance has a clock too.
    """
    rule = policy.rules.get(severity)
    start = reported_at if policy.starts_from is ClockStart.SUBMISSION else accepted_at
    if rule is None or start is None:
        return None
    return due_at(start, rule.amount, rule.unit, calendar)


def escalation_at(start: datetime, due: datetime, step: LadderStep, calendar: WorkCalendar) -> datetime:
    """When a ladder step is taken (UTC). A share is of the elapsed time between start and due."""
    if step.after is not None:
        return due_at(due, step.after.amount, step.after.unit, calendar).due_at
    share = step.after_share_percent or 0
    return (start + (due - start) * share / 100).astimezone(UTC)


def next_escalation_at(
    start: datetime,
    due: datetime,
    ladder: tuple[LadderStep, ...],
    *,
    taken: int,
    calendar: WorkCalendar,
) -> datetime | None:
    """When the next step of the ladder is taken (UTC), after ``taken`` of them; None when the ladder is used up."""
    moments = sorted(escalation_at(start, due, step, calendar) for step in ladder)
    return moments[taken] if taken < len(moments) else None


def _elapsed(start: datetime, due: datetime, calendar: WorkCalendar) -> Deadline:
    minutes = (due - start) // timedelta(minutes=1)
    line = Span(start.date(), start, due.astimezone(calendar.time_zone), minutes, "ELAPSED")
    return Deadline(due, (line,), ())


def _working_time(start: datetime, left: timedelta, calendar: WorkCalendar) -> Deadline:
    lines: list[Span] = []
    day = first_day = start.astimezone(calendar.time_zone).date()
    idle = 0
    while idle <= _LONGEST_CLOSURE:
        spans = [(max(begin, start), end) for begin, end in calendar.spans_on(day) if end > start]
        for begin, end in spans:
            taken = min(left, end - begin)
            lines.append(_line(day, begin, begin + taken, calendar))
            left -= taken
            if not left:
                return Deadline(begin + taken, tuple(lines), _warnings(first_day, day, calendar))
        if not spans and day > first_day:
            lines.append(_day_off(day, calendar))
        idle = 0 if spans else idle + 1
        day += timedelta(days=1)
    raise _closed(day)


def _working_days(first_day: date, left: int, calendar: WorkCalendar) -> Deadline:
    lines: list[Span] = []
    day = first_day
    idle = 0
    while idle <= _LONGEST_CLOSURE:
        day += timedelta(days=1)
        spans = list(calendar.spans_on(day))
        if not spans:
            lines.append(_day_off(day, calendar))
            idle += 1
            continue
        lines.extend(_line(day, begin, end, calendar) for begin, end in spans)
        left -= 1
        idle = 0
        if not left:
            return Deadline(spans[-1][1], tuple(lines), _warnings(first_day, day, calendar))
    raise _closed(day)


def _line(day: date, begin: datetime, end: datetime, calendar: WorkCalendar) -> Span:
    zone = calendar.time_zone
    minutes = (end - begin) // timedelta(minutes=1)
    return Span(day, begin.astimezone(zone), end.astimezone(zone), minutes, calendar.why(day))


def _day_off(day: date, calendar: WorkCalendar) -> Span:
    midnight = calendar.moment(day, 0).astimezone(calendar.time_zone)
    return Span(day, midnight, midnight, 0, calendar.why(day))


def _warnings(first_day: date, last_day: date, calendar: WorkCalendar) -> tuple[CalendarWarning, ...]:
    if calendar.known_through is None:
        return (CalendarWarning(first_day),)
    if last_day <= calendar.known_through:
        return ()
    return (CalendarWarning(max(first_day, calendar.known_through + timedelta(days=1))),)


def _closed(day: date) -> RuleViolation:
    return RuleViolation(
        "The work calendar has no working time in the year before {day}.",
        code="CALENDAR_CLOSED",
        day=day.isoformat(),
    )
