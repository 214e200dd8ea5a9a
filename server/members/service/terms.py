"""Days of a city: what today is there, and stored terms as the rules take them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.errors import RuleViolation
from server.members.rules import Term
from tenants.clock import now
from tenants.manifest.model import Manifest

_EARLIEST, _LATEST = date(1949, 1, 1), date(2199, 12, 31)


def today_in(manifest: Manifest) -> date:
    """The present day in the city's time zone."""
    return now().astimezone(ZoneInfo(manifest.time_zone)).date()


def first_day(starts_on: date | None, manifest: Manifest) -> date:
    """The day asked for, or the city's today. Raises DATE_OUT_OF_RANGE for a day no term can begin on."""
    day = starts_on or today_in(manifest)
    if _EARLIEST <= day <= _LATEST:
        return day
    raise RuleViolation(
        "A term begins from {earliest} through {latest}.",
        code="DATE_OUT_OF_RANGE",
        field=("startsOn",),
        earliest=_EARLIEST.isoformat(),
        latest=_LATEST.isoformat(),
    )


def stored_term(starts_on: date, ends_on: date | None, ended_at: datetime | None, manifest: Manifest) -> Term:
    """A row's term. What was ended early held through the day before, so that a successor may start the same day."""
    if ended_at is None:
        return Term(starts_on, ends_on)
    ended_on = ended_at.astimezone(ZoneInfo(manifest.time_zone)).date() - timedelta(days=1)
    return Term(starts_on, ends_on, ended_on)
