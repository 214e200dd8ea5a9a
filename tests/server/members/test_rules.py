from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import RuleViolation
from server.members.rules import Lapse, Term, active, check_places, check_substitution, lapse_of, term_from

YEAR = Term(date(2026, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("term", "on", "holds"),
    [
        (YEAR, date(2025, 12, 31), False),
        (YEAR, date(2026, 1, 1), True),
        (YEAR, date(2027, 1, 1), True),
        (YEAR, date(2027, 1, 2), False),
        (Term(date(2026, 1, 1), None), date(2099, 1, 1), True),
        (Term(date(2026, 1, 1), date(2027, 1, 1), date(2026, 3, 1)), date(2026, 3, 1), True),
        (Term(date(2026, 1, 1), date(2027, 1, 1), date(2026, 3, 1)), date(2026, 3, 2), False),
        (Term(date(2026, 1, 1), None, date(2025, 12, 31)), date(2026, 1, 1), False),
    ],
)
def test_a_term_holds_from_its_first_through_its_last_day(term: Term, on: date, holds: bool) -> None:
    assert active(term, on) is holds


@pytest.mark.parametrize(
    ("ends_on", "months", "expected"),
    [
        (None, 12, date(2027, 1, 1)),
        (date(2026, 6, 30), 12, date(2026, 6, 30)),
        (None, None, None),
    ],
)
def test_a_term_is_as_asked_or_as_usual_or_open(
    ends_on: date | None, months: int | None, expected: date | None
) -> None:
    assert term_from(date(2026, 1, 1), ends_on, months) == Term(date(2026, 1, 1), expected)


@pytest.mark.parametrize("ends_on", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_term_ends_after_it_starts(ends_on: date) -> None:
    with pytest.raises(RuleViolation) as caught:
        term_from(date(2026, 1, 1), ends_on, None)
    assert caught.value.code == "TERM_REVERSED"


@pytest.mark.parametrize(
    ("term", "others", "limit"),
    [
        (YEAR, [YEAR, YEAR], None),
        (YEAR, [YEAR], 2),
        (Term(date(2027, 1, 2), None), [YEAR], 1),
        (YEAR, [Term(date(2026, 1, 1), None, date(2025, 12, 31))], 1),
        # Two that follow each other take one place at a time.
        (YEAR, [Term(date(2026, 2, 1), date(2026, 3, 1)), Term(date(2026, 4, 1), date(2026, 5, 1))], 2),
    ],
)
def test_places_that_are_free(term: Term, others: list[Term], limit: int | None) -> None:
    check_places(term, others, limit=limit)


@pytest.mark.parametrize(
    ("term", "others", "limit", "day"),
    [
        (YEAR, [YEAR], 1, "2026-01-01"),
        (Term(date(2027, 1, 1), None), [YEAR], 1, "2027-01-01"),
        (YEAR, [Term(date(2026, 12, 31), None)], 1, "2026-12-31"),
        (YEAR, [Term(date(2026, 2, 1), date(2026, 4, 1)), Term(date(2026, 4, 1), date(2026, 5, 1))], 2, "2026-04-01"),
    ],
)
def test_places_that_are_taken(term: Term, others: list[Term], limit: int, day: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_places(term, others, limit=limit)
    assert (caught.value.code, caught.value.params["day"]) == ("APPOINTMENT_LIMIT", day)


TERMS = st.builds(
    lambda start, length: Term(
        date(2026, 1, 1) + timedelta(start), length and date(2026, 1, 1) + timedelta(start + length)
    ),
    st.integers(0, 40),
    st.none() | st.integers(1, 20),
)


@given(TERMS, st.lists(TERMS, max_size=6), st.integers(1, 4))
def test_a_free_place_is_free_on_every_day_and_a_taken_one_is_not(term: Term, others: list[Term], limit: int) -> None:
    days = [date(2026, 1, 1) + timedelta(n) for n in range(80)]
    most = max(sum(active(other, day) for other in others) for day in days if active(term, day))
    if most < limit:
        check_places(term, others, limit=limit)
        return
    with pytest.raises(RuleViolation):
        check_places(term, others, limit=limit)


@pytest.mark.parametrize(
    ("first", "last", "allowed"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), True),
        (date(2026, 3, 1), date(2026, 3, 1), True),
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2025, 12, 31), date(2026, 3, 1), False),
        (date(2026, 12, 1), date(2027, 1, 1), False),
        (date(2026, 3, 2), date(2026, 3, 1), False),
        (date(2026, 3, 2), None, False),
    ],
)
def test_a_substitute_serves_within_the_term(first: date, last: date | None, allowed: bool) -> None:
    original = Term(date(2026, 1, 1), date(2026, 12, 31))
    if allowed:
        check_substitution(Term(first, last), original)
        return
    with pytest.raises(RuleViolation) as refused:
        check_substitution(Term(first, last), original)
    assert (refused.value.code, refused.value.field) == ("SUBSTITUTION_BEYOND_TERM", ("endsOn",))


@pytest.mark.parametrize(
    ("day", "ended", "lapse"),
    [
        (date(2025, 12, 31), False, Lapse.NOT_BEGUN),
        (date(2026, 1, 1), False, None),
        (date(2026, 12, 31), False, None),
        (date(2027, 1, 1), False, Lapse.ENDED),
        (date(2026, 6, 1), True, Lapse.ENDED),
    ],
)
def test_a_term_lapses_on_the_day_after_its_last(day: date, ended: bool, lapse: Lapse | None) -> None:
    assert lapse_of(Term(date(2026, 1, 1), date(2026, 12, 31)), day, ended=ended) is lapse
