"""Work calendars must be such as a clock can follow, and deadlines in working time need working time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tenants.manifest.calendar import WEEKDAYS, NamedDay, OrganizationCalendar, Span, WorkCalendar, minutes
from tenants.manifest.casework import CaseTemplate, Deadlines, EscalationLadder, TimeLimit
from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.words import TimeUnit

_WORKING = (TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS)
_NO_WORK = "the weekly calendar has no working time"
_At = tuple[object, ...]
_Spans = tuple[tuple[int, int], ...]


def week_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """Spans end after they begin, in order and apart."""
    for name in WEEKDAYS:
        yield from _span_faults(("work_calendar", "weekly", name), getattr(work_calendar.weekly, name))


def day_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """A special day stands once, in one list, within the known time."""
    yield from _named_day_faults(("work_calendar",), work_calendar, work_calendar.known_through)


def make_up_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """A make-up day without hours of its own works Monday's; Monday must then have some."""
    week = tuple(work_calendar.weekly.spans(weekday) for weekday in range(len(WEEKDAYS)))
    yield from _make_up_faults(("work_calendar",), work_calendar.make_up_days, week)


def organization_faults(work_calendar: WorkCalendar, calendars: tuple[OrganizationCalendar, ...]) -> Iterator[Fault]:
    """One calendar per organization, each as whole as the city's when what it does not say is taken from above."""
    for index in repeated(calendar.organization for calendar in calendars):
        message = f"organization {calendars[index].organization!r} repeated"
        yield Fault(pointer("calendars", index, "organization"), message)
    weeks = _weeks(work_calendar, calendars)
    for index, calendar in enumerate(calendars):
        at = ("calendars", index)
        if calendar.time_zone is not None and not _is_zone(calendar.time_zone):
            yield Fault(pointer(*at, "time_zone"), f"unknown time zone {calendar.time_zone!r}")
        for name in WEEKDAYS:
            yield from _span_faults((*at, "weekly", name), getattr(calendar.weekly, name) or ())
        yield from _named_day_faults(at, calendar, calendar.known_through or work_calendar.known_through)
        yield from _make_up_faults(at, calendar.make_up_days, weeks[calendar.organization])


def working_time_faults(
    work_calendar: WorkCalendar,
    calendars: tuple[OrganizationCalendar, ...],
    case_templates: tuple[CaseTemplate, ...],
    deadlines: Deadlines,
    escalation_ladder: EscalationLadder,
) -> Iterator[Fault]:
    """A limit in working time needs weeks with working time, everywhere."""
    counted = [
        *_counting(("deadlines",), deadlines),
        *(
            found
            for index, template in enumerate(case_templates)
            if template.deadlines is not None
            for found in _counting(("case_templates", index, "deadlines"), template.deadlines)
        ),
        *(
            ("escalation_ladder", "steps", index, "after", "unit")
            for index, step in enumerate(escalation_ladder.steps)
            if _counts_work(step.after)
        ),
    ]
    if not any(work_calendar.weekly.spans(weekday) for weekday in range(len(WEEKDAYS))):
        yield from (Fault(pointer(*at), _NO_WORK) for at in counted)
        return
    weeks = _weeks(work_calendar, calendars)
    for index, calendar in enumerate(calendars):
        if counted and not any(weeks[calendar.organization]):
            yield Fault(pointer("calendars", index, "weekly"), "no working time is left, but deadlines count it")


def _weeks(
    work_calendar: WorkCalendar, calendars: tuple[OrganizationCalendar, ...]
) -> Mapping[str, tuple[_Spans, ...]]:
    """The whole week of each organization with a calendar, what is not said taken from the nearest above."""
    city = tuple(work_calendar.weekly.spans(weekday) for weekday in range(len(WEEKDAYS)))
    weeks: dict[str, tuple[_Spans, ...]] = {"": city}
    for calendar in sorted(calendars, key=lambda one: len(one.organization)):
        above = weeks[max((place for place in weeks if calendar.organization.startswith(place)), key=len)]
        own = [calendar.weekly.spans(weekday) for weekday in range(len(WEEKDAYS))]
        weeks[calendar.organization] = tuple(
            here if spans is None else spans for here, spans in zip(above, own, strict=True)
        )
    return weeks


def _span_faults(at: _At, spans: tuple[Span, ...]) -> Iterator[Fault]:
    for index, (start, end) in enumerate(spans):
        if minutes(end) <= minutes(start):
            yield Fault(pointer(*at, index), f"span {start}-{end} ends before it begins")
        if index and minutes(start) < minutes(spans[index - 1][1]):
            message = f"span {start}-{end} begins before {spans[index - 1][1]}, the end of the one before"
            yield Fault(pointer(*at, index), message)


def _named_day_faults(at: _At, part: WorkCalendar | OrganizationCalendar, known: date | None) -> Iterator[Fault]:
    holidays = {day.on for day in part.holidays}
    for section, days in (("holidays", part.holidays), ("make_up_days", part.make_up_days)):
        for index in repeated(day.on for day in days):
            yield Fault(pointer(*at, section, index, "date"), f"day {days[index].on} repeated")
        for index, day in enumerate(days):
            if known is None or day.on > known:
                message = f"day {day.on} is after known_through ({known or 'not set'})"
                yield Fault(pointer(*at, section, index, "date"), message)
    for index, day in enumerate(part.make_up_days):
        if day.on in holidays:
            yield Fault(pointer(*at, "make_up_days", index, "date"), f"make-up day {day.on} is also a holiday")


def _make_up_faults(at: _At, days: tuple[NamedDay, ...], week: tuple[_Spans, ...]) -> Iterator[Fault]:
    if week[0]:
        return
    for index, day in enumerate(days):
        if not week[day.on.weekday()]:
            message = "neither this weekday nor Monday has working hours"
            yield Fault(pointer(*at, "make_up_days", index, "date"), message)


def _counting(at: _At, deadlines: Deadlines) -> Iterator[_At]:
    """Where limits count working time."""
    for severity, limit in deadlines.limits.items():
        if _counts_work(limit):
            yield (*at, "limits", severity.value, "unit")
    for target, limits in deadlines.targets.items():
        for severity, limit in limits.items():
            if _counts_work(limit):
                yield (*at, "targets", target.value, severity.value, "unit")


def _counts_work(limit: TimeLimit | None) -> bool:
    return limit is not None and limit.unit in _WORKING


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
