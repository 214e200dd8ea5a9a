from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import RuleViolation
from server.volunteers.rules import (
    ActivityFacts,
    ActivityPhase,
    ActivityStatus,
    HourStatus,
    StarPolicy,
    activity_phase,
    check_activity,
    check_hours,
    check_sign_up,
    check_verification,
    minutes_to_next_star,
    star_level,
)

NATIONAL = StarPolicy((100, 300, 600, 1000, 1500))
STARTS = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=3)
BEFORE = STARTS - timedelta(days=1)
TODAY = date(2026, 5, 2)
PERSON, OTHER, HAT = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("minutes", "stars", "missing"),
    [
        (0, 0, 6000),
        (5999, 0, 1),
        (6000, 1, 12_000),
        (17_999, 1, 1),
        (18_000, 2, 18_000),
        (90_000, 5, None),
        (1_000_000, 5, None),
    ],
)
def test_stars_follow_from_verified_minutes(minutes: int, stars: int, missing: int | None) -> None:
    assert star_level(NATIONAL, minutes) == stars
    assert minutes_to_next_star(NATIONAL, minutes) == missing


@given(st.sets(st.integers(1, 5000), max_size=10), st.integers(0, 400_000), st.integers(0, 10_000))
def test_more_hours_never_cost_a_star(thresholds: set[int], minutes: int, more: int) -> None:
    policy = StarPolicy(tuple(sorted(thresholds)))
    assert star_level(policy, minutes) <= star_level(policy, minutes + more) <= len(thresholds)


@given(st.sets(st.integers(1, 5000), min_size=1, max_size=10), st.integers(0, 250_000))
def test_the_minutes_to_the_next_star_are_exactly_those_missing(thresholds: set[int], minutes: int) -> None:
    policy = StarPolicy(tuple(sorted(thresholds)))
    missing = minutes_to_next_star(policy, minutes)
    if missing is None:
        assert star_level(policy, minutes) == len(thresholds)
        return
    assert star_level(policy, minutes + missing - 1) == star_level(policy, minutes)
    assert star_level(policy, minutes + missing) == star_level(policy, minutes) + 1


@pytest.mark.parametrize("thresholds", [(0, 100), (100, 100), (300, 100), (-1,)])
def test_thresholds_that_do_not_rise_are_refused(thresholds: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rise"):
        StarPolicy(thresholds)


@pytest.mark.parametrize(
    ("status", "now", "signed_up", "phase"),
    [
        (ActivityStatus.OPEN, BEFORE, 9, ActivityPhase.OPEN),
        (ActivityStatus.OPEN, BEFORE, 10, ActivityPhase.FULL),
        (ActivityStatus.OPEN, STARTS, 9, ActivityPhase.RUNNING),
        (ActivityStatus.OPEN, ENDS, 9, ActivityPhase.ENDED),
        (ActivityStatus.CANCELED, BEFORE, 0, ActivityPhase.CANCELED),
    ],
)
def test_the_phase_of_an_activity(status: ActivityStatus, now: datetime, signed_up: int, phase: ActivityPhase) -> None:
    assert activity_phase(ActivityFacts(status, STARTS, ENDS, 10, signed_up), now) is phase


@pytest.mark.parametrize(
    ("status", "now", "signed_up", "already", "code"),
    [
        (ActivityStatus.CANCELED, BEFORE, 0, False, "ACTIVITY_CANCELED"),
        (ActivityStatus.OPEN, STARTS, 0, False, "ACTIVITY_STARTED"),
        (ActivityStatus.OPEN, BEFORE, 10, True, "ACTIVITY_SIGNED_UP_ALREADY"),
        (ActivityStatus.OPEN, BEFORE, 10, False, "ACTIVITY_FULL"),
    ],
)
def test_who_gets_no_place(status: ActivityStatus, now: datetime, signed_up: int, already: bool, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_sign_up(ActivityFacts(status, STARTS, ENDS, 10, signed_up), now, signed_up_already=already)
    assert caught.value.code == code


def test_the_last_place_can_be_taken() -> None:
    check_sign_up(ActivityFacts(ActivityStatus.OPEN, STARTS, ENDS, 10, 9), BEFORE, signed_up_already=False)


@pytest.mark.parametrize(
    ("ends_at", "capacity", "code"),
    [(STARTS, 10, "ACTIVITY_REVERSED"), (ENDS, 0, "ACTIVITY_CAPACITY")],
)
def test_an_activity_that_cannot_be_held(ends_at: datetime, capacity: int, code: str) -> None:
    check_activity(STARTS, ENDS, 1)
    with pytest.raises(RuleViolation) as caught:
        check_activity(STARTS, ends_at, capacity)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("minutes", "served_on", "before", "code"),
    [
        (0, TODAY, 0, "HOURS_NOT_POSITIVE"),
        (60, TODAY + timedelta(days=1), 0, "HOURS_IN_FUTURE"),
        (1441, TODAY, 0, "HOURS_OVER_A_DAY"),
        (1, TODAY, 1440, "HOURS_OVER_A_DAY"),
    ],
)
def test_hours_that_cannot_be(minutes: int, served_on: date, before: int, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_hours(minutes, served_on, today=TODAY, minutes_on_that_day=before)
    assert caught.value.code == code


@pytest.mark.parametrize(("minutes", "before"), [(1, 0), (1440, 0), (40, 1400)])
def test_hours_that_can_be(minutes: int, before: int) -> None:
    check_hours(minutes, TODAY, today=TODAY, minutes_on_that_day=before)


def test_nobody_verifies_their_own_hours_under_any_hat() -> None:
    with pytest.raises(RuleViolation) as caught:
        check_verification(
            HourStatus.ENTERED,
            volunteer_persons=frozenset({PERSON, HAT}),
            verifier_persons=frozenset({HAT}),
        )
    assert caught.value.code == "HOURS_SELF_VERIFICATION"
    check_verification(
        HourStatus.ENTERED,
        volunteer_persons=frozenset({PERSON, HAT}),
        verifier_persons=frozenset({OTHER}),
    )


@pytest.mark.parametrize("status", [HourStatus.VERIFIED, HourStatus.REFUSED])
def test_hours_are_decided_once(status: HourStatus) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_verification(status, volunteer_persons=frozenset({PERSON}), verifier_persons=frozenset({OTHER}))
    assert caught.value.code == "HOURS_DECIDED_ALREADY"
