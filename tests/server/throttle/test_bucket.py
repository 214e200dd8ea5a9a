"""The arithmetic of a bucket: no window of time ever gives more than the capacity and what was restored in it."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from server.throttle import bucket
from server.throttle.bucket import SECOND
from server.throttle.budgets import Budget
from server.throttle.holding import Holding

BUDGETS = st.builds(Budget, capacity=st.integers(1, 10_000), restore=st.integers(1, 1_000_000))
START = 7 * SECOND
NEW = 0  # an instant before START: the bucket is full


@given(BUDGETS, st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(0, 12_000)), min_size=1, max_size=40))
def test_no_window_gives_more_than_the_budget(budget: Budget, asked: list[tuple[int, int]]) -> None:
    times = list(accumulate((pause for pause, _ in asked), initial=START))[1:]
    full_at, granted = NEW, []
    for now, (_, points) in zip(times, asked, strict=True):
        if points <= budget.capacity and not bucket.wait(full_at, budget, now, points):
            full_at = bucket.spent(full_at, budget, now, points)
            granted.append((now, bucket.worth(points, budget)))
    for index, (begin, _) in enumerate(granted):
        spent = accumulate(worth for _, worth in granted[index:])
        for (now, _), so_far in zip(granted[index:], spent, strict=True):
            assert so_far <= bucket.worth(budget.capacity, budget) + now - begin


@given(BUDGETS, st.lists(st.integers(1, 10_000), max_size=20), st.integers(1, 10_000))
def test_waiting_as_long_as_told_is_enough_and_not_too_long(budget: Budget, before: list[int], points: int) -> None:
    full_at = NEW
    for taken in before:
        if taken <= budget.capacity and not bucket.wait(full_at, budget, START, taken):
            full_at = bucket.spent(full_at, budget, START, taken)
    points = min(points, budget.capacity)
    wait = bucket.wait(full_at, budget, START, points)
    assert bucket.wait(full_at, budget, START + wait, points) == 0
    assert wait == 0 or bucket.wait(full_at, budget, START + wait - 1, points) == 1
    assert (wait == 0) == (bucket.available(full_at, budget, START) >= points)


@given(BUDGETS, st.integers(0, 10_000), st.integers(0, 10_000))
def test_points_put_back_are_there_again_but_for_one_rounding(budget: Budget, points: int, unused: int) -> None:
    points = min(points, budget.capacity)
    unused = min(unused, points)
    full_at = bucket.returned(bucket.spent(NEW, budget, START, points), budget, unused)
    there = bucket.available(full_at, budget, START)
    assert budget.capacity - points + unused - 2 <= there <= budget.capacity - points + unused


def test_an_unused_bucket_is_full_and_says_how_long_it_takes_to_restore() -> None:
    budget = Budget(20_000, 1_000)
    assert bucket.available(NEW, budget, START) == 20_000
    full_at = bucket.spent(NEW, budget, START, 20_000)
    assert full_at == START + 20 * SECOND
    assert bucket.available(full_at, budget, START + SECOND) == 1_000
    assert bucket.missing(full_at, budget, START + SECOND) == 19_000
    assert bucket.wait(full_at, budget, START, 600) == 600_000


def test_points_kept_aside_are_worth_nothing_once_the_shared_bucket_is_full_again() -> None:
    budget = Budget(1_000, 10)
    holding = Holding("key", "tag", budget)
    holding.hear(START, START, 97 * SECOND)  # 970 are left: 10 were spent and 20 are held
    holding.held = 20
    assert (holding.spare(START), holding.available(START)) == (20, 990)
    assert (holding.spare(START + 2 * SECOND), holding.available(START + 2 * SECOND)) == (10, 1_000)
    assert (holding.spare(START + 3 * SECOND), holding.available(START + 3 * SECOND)) == (0, 1_000)
    assert holding.surplus(START + 3 * SECOND) == 20


def test_an_answer_that_was_overtaken_changes_nothing() -> None:
    holding = Holding("key", "tag", Budget(1_000, 10))
    holding.hear(START, 500, 60 * SECOND)
    holding.hear(START, 400, 70 * SECOND)
    assert holding.available(START) == 600
    holding.hear(START, 500 - 2 * SECOND, 80 * SECOND)  # Valkey's clock was set back
    assert holding.available(START) == 800
