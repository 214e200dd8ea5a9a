"""Who is entitled to the free health check on a day, and why not (DY-14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from server.dates import add_months, birthday, completed_years
from server.errors import RuleViolation


class Sex(StrEnum):
    """The sexes the policy tells apart."""

    FEMALE = "FEMALE"
    MALE = "MALE"


class IntervalStart(StrEnum):
    """From when the interval runs: the person's last check, or blocks counted from the policy's first day (A-05)."""

    LAST_CHECK = "LAST_CHECK"
    BIENNIUM = "BIENNIUM"


class Reason(StrEnum):
    """Why somebody is entitled or not."""

    ELIGIBLE = "ELIGIBLE"
    NO_POLICY = "NO_POLICY"
    NOT_COVERED = "NOT_COVERED"
    TOO_YOUNG = "TOO_YOUNG"
    TOO_OLD = "TOO_OLD"
    CHECKED_RECENTLY = "CHECKED_RECENTLY"


_TEXTS = MappingProxyType(
    {
        Reason.ELIGIBLE: ("Entitled to a free check.", "符合免费体检条件。"),
        Reason.NO_POLICY: ("The city has no free check on this day.", "该日期尚无免费体检政策。"),
        Reason.NOT_COVERED: ("The policy does not cover this age and sex.", "政策未覆盖该性别与年龄。"),
        Reason.TOO_YOUNG: ("Below the age of the policy.", "未达到政策规定的年龄。"),
        Reason.TOO_OLD: ("Above the age of the policy.", "超过政策规定的年龄。"),
        Reason.CHECKED_RECENTLY: ("The last check was too recent.", "距上次体检未满规定间隔。"),
    },
)


@dataclass(frozen=True, slots=True)
class AgeRule:
    """One entitled group: completed years, both ends inclusive."""

    sex: Sex
    min_age: int
    max_age: int


@dataclass(frozen=True, slots=True)
class HealthCheckPolicy:
    """The city's policy from a day on, until a later one begins."""

    effective_from: date
    rules: tuple[AgeRule, ...]
    interval_months: int = 24
    interval_from: IntervalStart = IntervalStart.LAST_CHECK


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer for one person and day.

    age: completed years. next_eligible_on: the first later day on which this policy entitles the person, all else
    equal; None when entitled today or never again.
    """

    eligible: bool
    reason: Reason
    age: int
    next_eligible_on: date | None

    @property
    def reason_en(self) -> str:
        """The reason for people, in English."""
        return _TEXTS[self.reason][0]

    @property
    def reason_zh_cn(self) -> str:
        """The reason for people, in simplified Chinese."""
        return _TEXTS[self.reason][1]


def policy_on(policies: Iterable[HealthCheckPolicy], on: date) -> HealthCheckPolicy | None:
    """The policy in force on a day: the latest that has begun; None before the first."""
    begun = [policy for policy in policies if policy.effective_from <= on]
    return max(begun, key=lambda policy: policy.effective_from, default=None)


def eligibility(
    policy: HealthCheckPolicy | None,
    sex: Sex,
    birth_date: date,
    on: date,
    last_check_on: date | None,
) -> Eligibility:
    """Whether the person is entitled on the day ``on`` (DY-14); age first, then the interval since the last check.

    Raises BIRTH_DATE_IN_FUTURE.
    """
    if birth_date > on:
        raise RuleViolation("The birth date is after the check.", code="BIRTH_DATE_IN_FUTURE", field=("birthDate",))
    age = completed_years(birth_date, on)
    if policy is None:
        return Eligibility(eligible=False, reason=Reason.NO_POLICY, age=age, next_eligible_on=None)
    rules = [rule for rule in policy.rules if rule.sex is sex]
    free_on = _interval_over_on(policy, last_check_on)
    if any(rule.min_age <= age <= rule.max_age for rule in rules):
        if free_on is None or on >= free_on:
            return Eligibility(eligible=True, reason=Reason.ELIGIBLE, age=age, next_eligible_on=None)
        reason = Reason.CHECKED_RECENTLY
    else:
        reason = _reason_of_age(rules, age)
    later = _first_day(rules, birth_date, not_before=max(on, free_on or on))
    return Eligibility(eligible=False, reason=reason, age=age, next_eligible_on=later)


def _reason_of_age(rules: list[AgeRule], age: int) -> Reason:
    if not rules:
        return Reason.NOT_COVERED
    if age < min(rule.min_age for rule in rules):
        return Reason.TOO_YOUNG
    if age > max(rule.max_age for rule in rules):
        return Reason.TOO_OLD
    return Reason.NOT_COVERED


def _interval_over_on(policy: HealthCheckPolicy, last_check_on: date | None) -> date | None:
    if last_check_on is None:
        return None
    if policy.interval_from is IntervalStart.LAST_CHECK:
        return add_months(last_check_on, policy.interval_months)
    # Blocks are counted from the policy's first day; a check before it belongs to a block before the first.
    blocks = 0
    while add_months(policy.effective_from, blocks * policy.interval_months) <= last_check_on:
        blocks += 1
    return add_months(policy.effective_from, blocks * policy.interval_months)


def _first_day(rules: list[AgeRule], birth_date: date, *, not_before: date) -> date | None:
    days = [
        max(birthday(birth_date, rule.min_age), not_before)
        for rule in rules
        if not_before < birthday(birth_date, rule.max_age + 1)
    ]
    return min(days, default=None)
