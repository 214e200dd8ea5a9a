"""What a resident's entry must look like (DY-14 asks for sex and birth date, and for nothing more)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from server.errors import RuleViolation

_OLDEST_YEARS = 130


class Sex(StrEnum):
    """As far as the free health check asks for it."""

    FEMALE = "FEMALE"
    MALE = "MALE"


def check_birth_date(birth_date: date, today: date) -> None:
    """Raise BIRTH_DATE_INVALID for a day to come, or one that nobody alive was born on."""
    if birth_date <= today and birth_date.year >= today.year - _OLDEST_YEARS:
        return
    raise RuleViolation(
        "A birth date is a day of the last {years} years.",
        code="BIRTH_DATE_INVALID",
        field=("birthDate",),
        years=_OLDEST_YEARS,
    )
