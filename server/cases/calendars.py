"""A city's working time: weekly hours, holidays and make-up working days, as far as they are known (sources.md 3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTES_OF_A_DAY = 24 * 60
DAYS_OF_A_WEEK = 7


class Reason(StrEnum):
    """Why a stretch of time counts for a deadline, or does not.

    Of a calendar's days: WORKING_DAY and MAKE_UP_DAY count, HOLIDAY and DAY_OFF do not. Of a clock that runs on: ELAPSED.
    Of a clock that stands still: PAUSED. FURTHER sums up what is too long to be told line by line.
    """

    ELAPSED = "ELAPSED"
    WORKING_DAY = "WORKING_DAY"
    MAKE_UP_DAY = "MAKE_UP_DAY"
    HOLIDAY = "HOLIDAY"
    DAY_OFF = "DAY_OFF"
    PAUSED = "PAUSED"
    FURTHER = "FURTHER"


@dataclass(frozen=True, slots=True)
class DayName:
    """Why a day is special, in the languages of the platform."""

    zh_cn: str
    en: str

    def in_language(self, language: str) -> str:
        """The name in one language; English for one that is not offered."""
        return self.zh_cn if language == "zh-CN" else self.en


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of working time in minutes after local midnight, ``start`` included, ``end`` (up to 1440) not."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_OF_A_DAY:
            raise ValueError(f"working hours {self.start}-{self.end} are not within 0-{MINUTES_OF_A_DAY}")


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """What the calendar of one organization says otherwise than the one above it.

    weekly: by weekday (0 is Monday), None takes it from above. holidays, make_up_days: a day named here is what it is
    called here, whatever it is above. known_through, time_zone: None takes it from above.
    """

    weekly: tuple[tuple[Hours, ...] | None, ...] = (None,) * DAYS_OF_A_WEEK
    known_through: date | None = None
    time_zone: ZoneInfo | None = None
    holidays: Mapping[date, DayName] = field(default_factory=dict)
    make_up_days: Mapping[date, DayName] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a city, or an organization of it, works.

    weekly: seven entries, Monday first, each with ordered hours that do not overlap.
    holidays, make_up_days: day to name. A make-up day without hours of its own works Monday's (or those of the first
    weekday that has any).
    known_through: last day whose holidays are published, None for no day at all; later days follow ``weekly`` and what
    is listed.
    Raises ValueError for a week of other than seven days, hours out of order, or a holiday that is a make-up day.
    """

    time_zone: ZoneInfo
    weekly: tuple[tuple[Hours, ...], ...]
    known_through: date | None
    holidays: Mapping[date, DayName] = field(default_factory=dict)
    make_up_days: Mapping[date, DayName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.weekly) != DAYS_OF_A_WEEK:
            raise ValueError("a week has seven days")
        for hours in self.weekly:
            if any(earlier.end > later.start for earlier, later in pairwise(hours)):
                raise ValueError("working hours of a day are ordered and do not overlap")
        both = self.holidays.keys() & self.make_up_days.keys()
        if both:
            raise ValueError(f"holiday and make-up day at once: {min(both)}")

    def changed_by(self, change: CalendarChange) -> WorkCalendar:
        """The calendar of an organization below: what it does not say stays as it is here."""
        kept_off = {day: name for day, name in self.holidays.items() if day not in change.make_up_days}
        kept_worked = {day: name for day, name in self.make_up_days.items() if day not in change.holidays}
        return WorkCalendar(
            time_zone=change.time_zone or self.time_zone,
            weekly=tuple(here if own is None else own for here, own in zip(self.weekly, change.weekly, strict=True)),
            known_through=change.known_through or self.known_through,
            holidays={**kept_off, **change.holidays},
            make_up_days={**kept_worked, **change.make_up_days},
        )

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The working hours of a local day, empty when nobody works."""
        if day in self.holidays:
            return ()
        if day in self.make_up_days:
            return self.weekly[day.weekday()] or next((hours for hours in self.weekly if hours), ())
        return self.weekly[day.weekday()]

    def why(self, day: date) -> Reason:
        """Why a day is worked or not."""
        if day in self.holidays:
            return Reason.HOLIDAY
        if day in self.make_up_days:
            return Reason.MAKE_UP_DAY
        return Reason.WORKING_DAY if self.weekly[day.weekday()] else Reason.DAY_OFF

    def name_of(self, day: date) -> DayName | None:
        """The name of a holiday or make-up day; None for an ordinary day."""
        return self.holidays.get(day) or self.make_up_days.get(day)

    def moment(self, day: date, minute: int) -> datetime:
        """The instant (UTC) of a local wall time; one that a clock change skips counts as if the clock had not changed."""
        wall = datetime(day.year, day.month, day.day, tzinfo=self.time_zone) + timedelta(minutes=minute)
        return wall.astimezone(UTC)

    def spans_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working hours of a local day as instants (UTC), in order and apart, also when clocks change."""
        latest = datetime.min.replace(tzinfo=UTC)
        for hours in self.hours_on(day):
            start, end = max(self.moment(day, hours.start), latest), self.moment(day, hours.end)
            if start < end:
                yield start, end
                latest = end
