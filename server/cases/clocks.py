"""The clock of a deadline: which stretches of time it counts after a start, and which it does not, and why.

It runs on, or follows a work calendar; in a pause it stands still. Pauses are taken from the log of the case and never
summed up in a counter, so that a deadline can be computed anew at any time and always comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from server.cases.calendars import DayName, Reason, WorkCalendar
from server.errors import RuleViolation

NEVER = datetime.max.replace(tzinfo=UTC)
_LONGEST_CLOSURE = 366
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_NOTHING = timedelta(0)


class Unit(StrEnum):
    """What a deadline counts; defined at the head of ``deadlines``."""

    HOURS = "HOURS"
    DAYS = "DAYS"
    WORKING_HOURS = "WORKING_HOURS"
    WORKING_DAYS = "WORKING_DAYS"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch (UTC) in which the clock stands still; ends_at is ``NEVER`` as long as it lasts.

    word: the state or handling of the case that stops the clock.
    """

    starts_at: datetime
    ends_at: datetime
    word: str


@dataclass(frozen=True, slots=True)
class Span:
    """One line of an explanation: a stretch (UTC) of a local day, and whether and why it counts.

    name: of the holiday or make-up day. word: the state or handling that stopped the clock. A day nobody works is a line
    without length.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    reason: Reason
    name: DayName | None = None
    word: str | None = None

    @property
    def counted(self) -> timedelta:
        """What the stretch adds to the time used."""
        if self.reason is Reason.PAUSED:
            return _NOTHING
        return self.ends_at - self.starts_at

    @property
    def hours(self) -> float:
        """The same in hours."""
        return self.counted / _HOUR


@dataclass(frozen=True, slots=True)
class Clock:
    """How time is counted. pauses: in order and apart."""

    unit: Unit
    calendar: WorkCalendar
    pauses: tuple[Pause, ...] = ()

    @property
    def works(self) -> bool:
        """Whether it follows the work calendar."""
        return self.unit in {Unit.WORKING_HOURS, Unit.WORKING_DAYS}

    def first_counted(self, start: datetime) -> datetime:
        """When it begins to count (UTC): of working days, the day of the start does not count."""
        if self.unit is not Unit.WORKING_DAYS:
            return start.astimezone(UTC)
        return self.calendar.moment(start.astimezone(self.calendar.time_zone).date() + _DAY, 0)

    def after(self, start: datetime, amount: timedelta) -> tuple[datetime | None, list[Span]]:
        """The moment at which it has counted ``amount`` from ``start`` on, and the stretches until then.

        None while the clock stands still before that. Raises CALENDAR_CLOSED when a whole year has no working time.
        """
        lines: list[Span] = []
        left = amount
        for line in self._stretches(start.astimezone(UTC)):
            counted = line.counted
            if counted and counted >= left:
                lines.append(replace(line, ends_at=line.starts_at + left))
                return line.starts_at + left, lines
            lines.append(line)
            left -= counted
        return None, lines

    def lines(self, start: datetime, end: datetime) -> tuple[Span, ...]:
        """The stretches from ``start`` to ``end``, counted or not."""
        return tuple(self._stretches(start.astimezone(UTC), until=end.astimezone(UTC)))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much it counts from ``start`` to ``end``; nothing when the end comes first."""
        return sum((line.counted for line in self.lines(start, end)), _NOTHING)

    def paused(self, start: datetime, end: datetime) -> timedelta:
        """How much of what it would count from ``start`` to ``end`` falls into pauses."""
        return replace(self, pauses=()).between(start, end) - self.between(start, end)

    def _stretches(self, start: datetime, until: datetime | None = None) -> Iterator[Span]:
        """Everything from ``start`` on, in order; without ``until`` it goes on until the clock stands still for good."""
        end = until or NEVER
        running = self._worked(start, end, patient=until is not None) if self.works else self._elapsed(start, end)
        for line in running:
            yield from self._with_pauses(line)
            if any(pause.ends_at == NEVER and pause.starts_at <= line.ends_at for pause in self.pauses):
                return

    def _elapsed(self, start: datetime, end: datetime) -> Iterator[Span]:
        if start < end:
            yield Span(start.astimezone(self.calendar.time_zone).date(), start, end, Reason.ELAPSED)

    def _worked(self, start: datetime, end: datetime, *, patient: bool) -> Iterator[Span]:
        day = first_day = start.astimezone(self.calendar.time_zone).date()
        idle = 0
        while patient or idle <= _LONGEST_CLOSURE:
            midnight = self.calendar.moment(day, 0)
            if midnight >= end:
                return
            why, name = self.calendar.why(day), self.calendar.name_of(day)
            worked = [(max(begin, start), min(ends, end)) for begin, ends in self.calendar.spans_on(day)]
            found = [Span(day, begin, ends, why, name) for begin, ends in worked if begin < ends]
            if not found and (day > first_day or midnight >= start):
                found = [Span(day, midnight, midnight, why, name)]
            yield from found
            idle = 0 if worked else idle + 1
            day += _DAY
        raise RuleViolation(
            "The work calendar has no working time in the year before {day}.",
            code="CALENDAR_CLOSED",
            day=day.isoformat(),
        )

    def _with_pauses(self, line: Span) -> Iterator[Span]:
        """The line in parts: what is counted, and what falls into a pause."""
        at = line.starts_at
        for pause in self.pauses:
            begin, ends = max(pause.starts_at, at), min(pause.ends_at, line.ends_at)
            if begin >= ends:
                continue
            if at < begin:
                yield self._part(line, at, begin)
            yield replace(self._part(line, begin, ends), reason=Reason.PAUSED, name=None, word=pause.word)
            at = ends
        if at < line.ends_at or line.starts_at == line.ends_at:
            yield self._part(line, at, line.ends_at)

    def _part(self, line: Span, starts_at: datetime, ends_at: datetime) -> Span:
        if self.works:
            return replace(line, starts_at=starts_at, ends_at=ends_at)
        day = starts_at.astimezone(self.calendar.time_zone).date()
        return replace(line, day=day, starts_at=starts_at, ends_at=ends_at)
