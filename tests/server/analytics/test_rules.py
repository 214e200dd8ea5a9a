from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.analytics.rules import Rates, Tally, percentage, rates, roll_up, total


@pytest.mark.parametrize(
    ("part", "whole", "places", "expected"),
    [
        (78_195, 79_119, 2, "98.83"),
        (2168, 2195, 2, "98.77"),
        (1988, 2168, 1, "91.7"),
        (10_843, 11_000, 2, "98.57"),
        (1, 8, 2, "12.50"),
        (1, 8, 1, "12.5"),
        (1, 8, 0, "13"),
        (1, 800, 2, "0.13"),
        (1, 3, 2, "33.33"),
        (2, 3, 2, "66.67"),
        (0, 5, 2, "0.00"),
        (5, 5, 2, "100.00"),
        (7, 5, 2, "140.00"),
    ],
)
def test_percentages_are_rounded_half_up(part: int, whole: int, places: int, expected: str) -> None:
    assert str(percentage(part, whole, places)) == expected


def test_nothing_of_nothing_is_no_percentage() -> None:
    assert percentage(0, 0) is None


@pytest.mark.parametrize(("part", "whole", "places"), [(-1, 5, 2), (1, -5, 2), (1, 5, -1)])
def test_negative_counts_are_a_bug(part: int, whole: int, places: int) -> None:
    with pytest.raises(ValueError, match="not negative"):
        percentage(part, whole, places)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 4))
def test_a_percentage_is_within_half_a_unit_of_the_exact_one(part: int, whole: int, places: int) -> None:
    found = percentage(part, whole, places)
    assert found is not None
    off = 2 * (int(found.scaleb(places)) * whole - part * 100 * 10**places)
    assert -whole < off <= whole


@given(st.integers(0, 10**6), st.sampled_from([1, 2, 4, 5, 8, 10, 16, 1000, 8000]), st.integers(0, 3))
def test_exact_quotients_round_as_decimals_do(part: int, whole: int, places: int) -> None:
    exact = Decimal(part) * 100 / Decimal(whole)
    assert percentage(part, whole, places) == exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_completion_of_reported_and_of_accepted_are_two_metrics() -> None:
    assert rates(Tally(reported=4000, accepted=2195, concluded=2168, rated=2168, satisfied=1988)) == Rates(
        completion_of_reported=Decimal("54.20"),
        completion_of_accepted=Decimal("98.77"),
        satisfaction_of_rated=Decimal("91.7"),
    )
    assert rates(Tally()) == Rates(None, None, None)


TALLIES = st.builds(Tally, *([st.integers(0, 1000)] * 6))


def test_a_parent_is_the_sum_of_its_own_and_its_children() -> None:
    parents = {"grid": "community", "community": "street", "other": "street", "street": None, "alone": None}
    own = {"grid": Tally(reported=5, overdue=1), "community": Tally(reported=2), "other": Tally(reported=3)}
    assert roll_up(parents, own) == {
        "grid": Tally(reported=5, overdue=1),
        "community": Tally(reported=7, overdue=1),
        "other": Tally(reported=3),
        "street": Tally(reported=10, overdue=1),
        "alone": Tally(),
    }


@given(st.data(), st.lists(TALLIES, min_size=1, max_size=20))
def test_nothing_is_lost_or_counted_twice_on_the_way_up(data: st.DataObject, tallies: list[Tally]) -> None:
    parents = {n: data.draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(len(tallies))}
    sums = roll_up(parents, dict(enumerate(tallies)))
    assert total(sums[node] for node, parent in parents.items() if parent is None) == total(tallies)
    for node, own in enumerate(tallies):
        children = [sums[child] for child, parent in parents.items() if parent == node]
        assert sums[node] == total((own, *children))


@pytest.mark.parametrize(
    ("parents", "own"),
    [
        ({"a": "b", "b": "a"}, {}),
        ({"a": "a"}, {}),
        ({"a": "missing"}, {}),
        ({"a": None}, {"missing": Tally()}),
    ],
)
def test_a_tree_that_would_lose_figures_is_refused(parents: dict[str, str | None], own: dict[str, Tally]) -> None:
    with pytest.raises(ValueError, match="tree"):
        roll_up(parents, own)
