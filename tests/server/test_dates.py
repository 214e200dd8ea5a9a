from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.dates import add_months, birthday, completed_years


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2020, 2, 28), 59),
        (date(2020, 2, 29), 60),
        (date(2021, 2, 28), 60),
        (date(2021, 3, 1), 61),
    ],
)
def test_a_birthday_on_29_february_is_reached_on_1_march_of_other_years(on: date, age: int) -> None:
    assert completed_years(date(1960, 2, 29), on) == age


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(0, 120))
def test_a_birthday_is_the_first_day_of_an_age(birth_date: date, years: int) -> None:
    day = birthday(birth_date, years)
    assert completed_years(birth_date, day) == years
    assert completed_years(birth_date, day - timedelta(days=1)) == years - 1
