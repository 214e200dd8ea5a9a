"""What deserves a second look although a manifest is valid (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tenants.manifest.calendar import WorkCalendar
from tenants.manifest.model import Manifest
from tenants.manifest.words import TimeUnit

_SOON = timedelta(days=60)
_WORKING = (TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS)


def calendar_warnings(calendar: WorkCalendar, today: date) -> tuple[str, ...]:
    """How far the holidays are known, when that is not far enough: after that day plain weekdays count."""
    known = calendar.known_through
    if known is None:
        return ("The work calendar knows no holidays: plain weekdays count.",)
    if known < today:
        return (f"The work calendar knows holidays only through {known}: plain weekdays count since then.",)
    if known < today + _SOON:
        return (f"The work calendar knows holidays only through {known}: plain weekdays count after that day.",)
    return ()


def manifest_warnings(manifest: Manifest, today: date) -> tuple[str, ...]:
    """Every warning about a manifest on its own; the calendar's only where something counts working time or days."""
    return tuple(_of_calendar(manifest, today))


def _of_calendar(manifest: Manifest, today: date) -> Iterator[str]:
    limits = [limit for limit in manifest.deadlines.limits.values() if limit is not None]
    limits += [step.after for step in manifest.escalation_ladder.steps if step.after is not None]
    if manifest.work_calendar.known_through is not None or any(limit.unit in _WORKING for limit in limits):
        yield from calendar_warnings(manifest.work_calendar, today)
