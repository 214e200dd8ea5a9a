"""Civil dates: months later and completed years, where libraries and laws leave the end of February open."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or the last day of a month that is too short for it."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def completed_years(birth_date: date, on: date) -> int:
    """Age in completed years (周岁); a birthday on 29 February is reached on 1 March of other years."""
    before_birthday = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - before_birthday


def birthday(birth_date: date, years: int) -> date:
    """The first day on which ``completed_years`` is ``years``."""
    year = birth_date.year + years
    if (birth_date.month, birth_date.day) == (2, 29) and monthrange(year, 2)[1] == 28:  # noqa: PLR2004 - not a leap year
        return date(year, 3, 1)
    return birth_date.replace(year=year)
