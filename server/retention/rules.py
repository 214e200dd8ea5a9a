"""On which day the personal parts of a case have been kept long enough (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.errors import RuleViolation

ENDED = ("ARCHIVED", "REJECTED", "WITHDRAWN", "MERGED")
"""Where a case ends; the time runs from the archive, or from the last change of what was never archived."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Years by track, and by category, which goes before. What is in neither is kept for ever."""

    tracks: Mapping[str, int]
    categories: Mapping[str, int]


def ended_before(now: datetime, years: int, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) that is too recent: what ended before it has been kept for ``years`` whole years.

    Days are the city's. What ended on a 29 February is due on 1 March of a year without one: never a day too early.
    """
    today = now.astimezone(zone).date()
    try:
        last = today.replace(year=today.year - years)
    except ValueError:
        last = date(today.year - years, 2, 28)
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)


def next_night(now: datetime, zone: ZoneInfo) -> datetime:
    """When the city's next day begins (UTC)."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, tzinfo=zone).astimezone(UTC)


def check_not_held(held: bool) -> None:
    """Raise CASE_HELD for a second hold on a case."""
    if held:
        raise RuleViolation("A hold on this case is in force already.", code="CASE_HELD")


def check_held(held: bool) -> None:
    """Raise CASE_NOT_HELD where there is no hold to release."""
    if not held:
        raise RuleViolation("No hold on this case is in force.", code="CASE_NOT_HELD")
