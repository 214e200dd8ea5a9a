"""A city's working time: weekly hours, holidays and make-up working days, as far as they are known (sources.md 3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTES_OF_A_DAY = 24 * 60
DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of working time in minutes after local midnight, ``start`` included, ``end`` (up to 1440) not."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_OF_A_DAY:
            raise ValueError(f"working hours {self.start}-{self.end} are not within 0-{MINUTES_OF_A_DAY}")


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a city works.

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
    holidays: Mapping[date, str] = field(default_factory=dict)
    make_up_days: Mapping[date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.weekly) != DAYS_OF_A_WEEK:
            raise ValueError("a week has seven days")
        for hours in self.weekly:
            if any(earlier.end > later.start for earlier, later in pairwise(hours)):
                raise ValueError("working hours of a day are ordered and do not overlap")
        both = self.holidays.keys() & self.make_up_days.keys()
        if both:
            raise ValueError(f"holiday and make-up day at once: {min(both)}")

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The working hours of a local day, empty when nobody works."""
        if day in self.holidays:
            return ()
        if day in self.make_up_days:
            return self.weekly[day.weekday()] or next((hours for hours in self.weekly if hours), ())
        return self.weekly[day.weekday()]

    def why(self, day: date) -> str:
        """Why a day is worked or not: HOLIDAY or MAKE_UP_DAY with its name, WORKING_DAY, or DAY_OFF."""
        if day in self.holidays:
            return f"HOLIDAY {self.holidays[day]}"
        if day in self.make_up_days:
            return f"MAKE_UP_DAY {self.make_up_days[day]}"
        return "WORKING_DAY" if self.weekly[day.weekday()] else "DAY_OFF"

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
