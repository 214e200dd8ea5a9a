"""The work calendar must be one a clock can follow, and deadlines in working time need working time."""

from __future__ import annotations

from collections.abc import Iterator

from tenants.manifest.calendar import WEEKDAYS, NamedDay, Week, WorkCalendar, minutes
from tenants.manifest.casework import Deadlines, EscalationLadder, TimeLimit
from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.words import TimeUnit

_WORKING = (TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS)


def week_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """Spans end after they begin, in order and apart."""
    for name in WEEKDAYS:
        spans = getattr(work_calendar.weekly, name)
        at = ("work_calendar", "weekly", name)
        for index, (start, end) in enumerate(spans):
            if minutes(end) <= minutes(start):
                yield Fault(pointer(*at, index), f"span {start}-{end} ends before it begins")
            if index and minutes(start) < minutes(spans[index - 1][1]):
                message = f"span {start}-{end} begins before {spans[index - 1][1]}, the end of the one before"
                yield Fault(pointer(*at, index), message)


def day_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """A special day stands once, in one list, within the known time."""
    holidays = {day.on for day in work_calendar.holidays}
    for section, days in (("holidays", work_calendar.holidays), ("make_up_days", work_calendar.make_up_days)):
        for index in repeated(day.on for day in days):
            yield Fault(pointer("work_calendar", section, index, "date"), f"day {days[index].on} repeated")
        yield from _unknown(work_calendar, section, days)
    for index, day in enumerate(work_calendar.make_up_days):
        if day.on in holidays:
            message = f"make-up day {day.on} is also a holiday"
            yield Fault(pointer("work_calendar", "make_up_days", index, "date"), message)


def _unknown(work_calendar: WorkCalendar, section: str, days: tuple[NamedDay, ...]) -> Iterator[Fault]:
    known = work_calendar.known_through
    for index, day in enumerate(days):
        if known is None or day.on > known:
            message = f"day {day.on} is after known_through ({known or 'not set'})"
            yield Fault(pointer("work_calendar", section, index, "date"), message)


def working_time_faults(
    work_calendar: WorkCalendar,
    deadlines: Deadlines,
    escalation_ladder: EscalationLadder,
) -> Iterator[Fault]:
    """A limit in working time needs a week with working time."""
    if _works(work_calendar.weekly):
        return
    for severity, limit in deadlines.limits.items():
        if _counts_work(limit):
            yield Fault(
                pointer("deadlines", "limits", severity.value, "unit"), "the weekly calendar has no working time"
            )
    for index, step in enumerate(escalation_ladder.steps):
        if _counts_work(step.after):
            at = pointer("escalation_ladder", "steps", index, "after", "unit")
            yield Fault(at, "the weekly calendar has no working time")


def make_up_faults(work_calendar: WorkCalendar) -> Iterator[Fault]:
    """A make-up day without hours of its own works Monday's; Monday must then have some."""
    if work_calendar.weekly.mon:
        return
    for index, day in enumerate(work_calendar.make_up_days):
        if not work_calendar.weekly.spans(day.on.weekday()):
            at = pointer("work_calendar", "make_up_days", index, "date")
            yield Fault(at, "neither this weekday nor Monday has working hours")


def _works(week: Week) -> bool:
    return any(week.spans(weekday) for weekday in range(len(WEEKDAYS)))


def _counts_work(limit: TimeLimit | None) -> bool:
    return limit is not None and limit.unit in _WORKING
