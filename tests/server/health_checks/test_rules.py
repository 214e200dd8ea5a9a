from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import RuleViolation
from server.health_checks.rules import (
    AgeRule,
    Eligibility,
    HealthCheckPolicy,
    IntervalStart,
    Reason,
    Sex,
    eligibility,
    policy_on,
)

DAYE = HealthCheckPolicy(date(2020, 1, 1), (AgeRule(Sex.MALE, 60, 64), AgeRule(Sex.FEMALE, 55, 64)))
WIDER = HealthCheckPolicy(date(2026, 7, 1), (AgeRule(Sex.MALE, 50, 70), AgeRule(Sex.FEMALE, 50, 70)))
BORN = date(1960, 5, 20)


@pytest.mark.parametrize(
    ("sex", "on", "age", "reason", "later"),
    [
        (Sex.MALE, date(2020, 5, 19), 59, Reason.TOO_YOUNG, date(2020, 5, 20)),
        (Sex.MALE, date(2020, 5, 20), 60, Reason.ELIGIBLE, None),
        (Sex.MALE, date(2025, 5, 19), 64, Reason.ELIGIBLE, None),
        (Sex.MALE, date(2025, 5, 20), 65, Reason.TOO_OLD, None),
        (Sex.FEMALE, date(2015, 5, 19), 54, Reason.TOO_YOUNG, date(2015, 5, 20)),
        (Sex.FEMALE, date(2015, 5, 20), 55, Reason.ELIGIBLE, None),
        (Sex.FEMALE, date(2025, 5, 19), 64, Reason.ELIGIBLE, None),
        (Sex.FEMALE, date(2025, 5, 20), 65, Reason.TOO_OLD, None),
    ],
)
def test_ages_at_the_bounds(sex: Sex, on: date, age: int, reason: Reason, later: date | None) -> None:
    answer = eligibility(DAYE, sex, BORN, on, None)
    assert answer == Eligibility(reason is Reason.ELIGIBLE, reason, age, later)


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (date(2025, 2, 28), Reason.ELIGIBLE),
        (date(2025, 3, 1), Reason.TOO_OLD),
        (date(2020, 2, 28), Reason.TOO_YOUNG),
        (date(2020, 2, 29), Reason.ELIGIBLE),
    ],
)
def test_ages_of_who_was_born_on_29_february(on: date, reason: Reason) -> None:
    assert eligibility(DAYE, Sex.MALE, date(1960, 2, 29), on, None).reason is reason


@pytest.mark.parametrize(
    ("last_check_on", "on", "reason", "later"),
    [
        (date(2021, 6, 10), date(2023, 5, 10), Reason.CHECKED_RECENTLY, date(2023, 6, 10)),
        (date(2021, 6, 10), date(2023, 6, 9), Reason.CHECKED_RECENTLY, date(2023, 6, 10)),
        (date(2021, 6, 10), date(2023, 6, 10), Reason.ELIGIBLE, None),
        (date(2024, 2, 29), date(2024, 2, 29), Reason.CHECKED_RECENTLY, None),
        # At 24 months this man is 65: no later day comes.
        (date(2023, 6, 10), date(2025, 5, 19), Reason.CHECKED_RECENTLY, None),
    ],
)
def test_the_interval_since_the_last_check(last_check_on: date, on: date, reason: Reason, later: date | None) -> None:
    answer = eligibility(DAYE, Sex.MALE, BORN, on, last_check_on)
    assert (answer.reason, answer.next_eligible_on) == (reason, later)


def test_a_biennium_is_counted_from_the_policys_first_day() -> None:
    policy = HealthCheckPolicy(date(2020, 1, 1), DAYE.rules, interval_from=IntervalStart.BIENNIUM)

    def answer(on: date, last_check_on: date) -> tuple[Reason, date | None]:
        found = eligibility(policy, Sex.MALE, BORN, on, last_check_on)
        return found.reason, found.next_eligible_on

    assert answer(date(2021, 12, 31), date(2020, 6, 1)) == (Reason.CHECKED_RECENTLY, date(2022, 1, 1))
    assert answer(date(2022, 1, 1), date(2021, 12, 31)) == (Reason.ELIGIBLE, None)
    assert answer(date(2020, 6, 1), date(2019, 12, 31)) == (Reason.ELIGIBLE, None)


def test_the_latest_policy_that_has_begun_is_in_force() -> None:
    policies = (WIDER, DAYE)
    assert policy_on(policies, date(2019, 12, 31)) is None
    assert policy_on(policies, date(2026, 6, 30)) is DAYE
    assert policy_on(policies, date(2026, 7, 1)) is WIDER


def test_a_wider_policy_entitles_whom_the_old_one_did_not() -> None:
    on = date(2026, 7, 1)
    assert eligibility(DAYE, Sex.MALE, BORN, on, None).reason is Reason.TOO_OLD
    assert eligibility(WIDER, Sex.MALE, BORN, on, None).reason is Reason.ELIGIBLE


def test_without_a_policy_nobody_is_entitled() -> None:
    assert eligibility(None, Sex.MALE, BORN, date(2021, 1, 1), None) == Eligibility(False, Reason.NO_POLICY, 60, None)


def test_an_age_between_two_groups_and_a_sex_without_one_are_not_covered() -> None:
    split = HealthCheckPolicy(date(2020, 1, 1), (AgeRule(Sex.MALE, 40, 44), AgeRule(Sex.MALE, 60, 64)))
    between = eligibility(split, Sex.MALE, date(1970, 5, 20), date(2020, 6, 1), None)
    assert (between.reason, between.next_eligible_on) == (Reason.NOT_COVERED, date(2030, 5, 20))
    assert eligibility(split, Sex.FEMALE, BORN, date(2020, 6, 1), None).reason is Reason.NOT_COVERED


def test_a_birth_after_the_check_is_a_fault() -> None:
    with pytest.raises(RuleViolation) as caught:
        eligibility(DAYE, Sex.MALE, date(2021, 1, 2), date(2021, 1, 1), None)
    assert caught.value.code == "BIRTH_DATE_IN_FUTURE"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_in_both_languages(reason: Reason) -> None:
    answer = Eligibility(False, reason, 60, None)
    assert answer.reason_en.endswith(".")
    assert answer.reason_zh_cn.endswith("。")


@given(
    sex=st.sampled_from(Sex),
    born=st.dates(date(1940, 1, 1), date(2000, 12, 31)),
    on=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    since=st.none() | st.integers(0, 1500),
)
def test_the_next_day_is_the_first_on_which_the_answer_changes(
    sex: Sex,
    born: date,
    on: date,
    since: int | None,
) -> None:
    last_check_on = None if since is None else on - timedelta(days=since)
    answer = eligibility(DAYE, sex, born, on, last_check_on)
    if answer.next_eligible_on is None:
        return
    assert on < answer.next_eligible_on
    assert eligibility(DAYE, sex, born, answer.next_eligible_on, last_check_on).eligible
    day_before = answer.next_eligible_on - timedelta(days=1)
    assert not eligibility(DAYE, sex, born, day_before, last_check_on).eligible
