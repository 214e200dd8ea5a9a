"""The working time of a city. Its data, because holidays are decreed year by year and no library knows the next."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from tenants.manifest.words import Clock, LocalText, Part, Text, TreePath

Span = tuple[Clock, Clock]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_OFFICE: tuple[Span, ...] = (("08:30", "12:00"), ("14:00", "17:30"))


def minutes(clock: str) -> int:
    """Minutes from midnight of "HH:MM"; "24:00" is 1440."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


class Week(Part):
    """Working spans of each weekday as [from, to) in local time; an empty list is a day off."""

    mon: tuple[Span, ...] = Field(default=_OFFICE, description="Spans of Monday, in order.")
    tue: tuple[Span, ...] = Field(default=_OFFICE, description="Spans of Tuesday, in order.")
    wed: tuple[Span, ...] = Field(default=_OFFICE, description="Spans of Wednesday, in order.")
    thu: tuple[Span, ...] = Field(default=_OFFICE, description="Spans of Thursday, in order.")
    fri: tuple[Span, ...] = Field(default=_OFFICE, description="Spans of Friday, in order.")
    sat: tuple[Span, ...] = Field(default=(), description="Spans of Saturday, in order.")
    sun: tuple[Span, ...] = Field(default=(), description="Spans of Sunday, in order.")

    def spans(self, weekday: int) -> tuple[tuple[int, int], ...]:
        """Spans of a weekday (0 is Monday) in minutes from midnight, in order."""
        day: tuple[Span, ...] = getattr(self, WEEKDAYS[weekday])
        return tuple((minutes(start), minutes(end)) for start, end in day)


class OwnWeek(Part):
    """Working spans of the weekdays an organization works otherwise; a day not given is as above."""

    mon: tuple[Span, ...] | None = Field(default=None, description="Spans of Monday, in order; null as above.")
    tue: tuple[Span, ...] | None = Field(default=None, description="Spans of Tuesday, in order; null as above.")
    wed: tuple[Span, ...] | None = Field(default=None, description="Spans of Wednesday, in order; null as above.")
    thu: tuple[Span, ...] | None = Field(default=None, description="Spans of Thursday, in order; null as above.")
    fri: tuple[Span, ...] | None = Field(default=None, description="Spans of Friday, in order; null as above.")
    sat: tuple[Span, ...] | None = Field(default=None, description="Spans of Saturday, in order; null as above.")
    sun: tuple[Span, ...] | None = Field(default=None, description="Spans of Sunday, in order; null as above.")

    def spans(self, weekday: int) -> tuple[tuple[int, int], ...] | None:
        """Spans of a weekday (0 is Monday) in minutes from midnight, in order; None when they are as above."""
        day: tuple[Span, ...] | None = getattr(self, WEEKDAYS[weekday])
        return None if day is None else tuple((minutes(start), minutes(end)) for start, end in day)


class NamedDay(Part):
    """A day that does not follow its weekday."""

    on: date = Field(alias="date", description="The day, as YYYY-MM-DD.")
    name: LocalText = Field(description="Why it is special.")


class WorkCalendar(Part):
    """When the city works."""

    weekly: Week = Field(
        default=Week(),
        description="The ordinary week. Default: Monday to Friday 08:30-12:00 and 14:00-17:30.",
    )
    holidays: tuple[NamedDay, ...] = Field(default=(), description="Days off, whatever their weekday.")
    make_up_days: tuple[NamedDay, ...] = Field(
        default=(),
        description="Days worked in exchange for a holiday; a day without hours of its own works Monday's hours.",
    )
    known_through: date | None = Field(
        default=None,
        description="Last day for which holidays are known; after it plain weekdays count, with a warning.",
    )


class OrganizationCalendar(Part):
    """What an organization, with everything below it, works otherwise than the calendar above it says."""

    organization: TreePath = Field(
        description="Path of the organization (`Organization.path`); it counts from when such an organization is founded.",
    )
    time_zone: Text | None = Field(default=None, description="IANA time zone of its hours; null as above.")
    weekly: OwnWeek = Field(default=OwnWeek(), description="The weekdays it works otherwise.")
    holidays: tuple[NamedDay, ...] = Field(
        default=(),
        max_length=400,
        description="Days off there, also where they are make-up days above.",
    )
    make_up_days: tuple[NamedDay, ...] = Field(
        default=(),
        max_length=400,
        description="Days worked there, also where they are holidays above.",
    )
    known_through: date | None = Field(
        default=None,
        description="Last day for which its holidays are known; null as above.",
    )
