"""Stars from verified minutes, what makes an hour entry credible, and who still gets a place (DY-12, sources.md 4)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from server.errors import RuleViolation

MINUTES_OF_AN_HOUR = 60
MINUTES_OF_A_DAY = 24 * MINUTES_OF_AN_HOUR


class ActivityStatus(StrEnum):
    """What is stored of an activity; the rest follows from its times and places (``ActivityPhase``)."""

    OPEN = "OPEN"
    CANCELED = "CANCELED"


class ActivityPhase(StrEnum):
    """Where an activity stands at a moment."""

    OPEN = "OPEN"
    FULL = "FULL"
    RUNNING = "RUNNING"
    ENDED = "ENDED"
    CANCELED = "CANCELED"


class HourStatus(StrEnum):
    """An hour entry counts only once VERIFIED."""

    ENTERED = "ENTERED"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class StarPolicy:
    """Hours that earn one star, two stars, ...; positive and strictly rising, else ValueError (DY-12, A-04)."""

    thresholds_hours: tuple[int, ...]

    def __post_init__(self) -> None:
        rising = all(lower < higher for lower, higher in pairwise((0, *self.thresholds_hours)))
        if not rising:
            raise ValueError("star thresholds are positive and rise")


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """An activity as its rules see it; starts_at and ends_at are aware, places are counted in persons."""

    status: ActivityStatus
    starts_at: datetime
    ends_at: datetime
    capacity: int
    signed_up: int


def star_level(policy: StarPolicy, verified_minutes: int) -> int:
    """Stars earned: 0 below the first threshold; exactly a threshold earns its star (DY-12)."""
    return bisect_right([hours * MINUTES_OF_AN_HOUR for hours in policy.thresholds_hours], verified_minutes)


def minutes_to_next_star(policy: StarPolicy, verified_minutes: int) -> int | None:
    """Verified minutes still missing for one more star; None at the highest."""
    level = star_level(policy, verified_minutes)
    if level == len(policy.thresholds_hours):
        return None
    return policy.thresholds_hours[level] * MINUTES_OF_AN_HOUR - verified_minutes


def activity_phase(activity: ActivityFacts, now: datetime) -> ActivityPhase:
    """Where the activity stands now (aware)."""
    if activity.status is ActivityStatus.CANCELED:
        return ActivityPhase.CANCELED
    if now >= activity.ends_at:
        return ActivityPhase.ENDED
    if now >= activity.starts_at:
        return ActivityPhase.RUNNING
    return ActivityPhase.FULL if activity.signed_up >= activity.capacity else ActivityPhase.OPEN


def check_activity(starts_at: datetime, ends_at: datetime, capacity: int) -> None:
    """Raise ACTIVITY_REVERSED or ACTIVITY_CAPACITY for an activity that cannot be held."""
    if ends_at <= starts_at:
        raise RuleViolation("An activity ends after it starts.", code="ACTIVITY_REVERSED", field=("endsAt",))
    if capacity < 1:
        raise RuleViolation("An activity has at least one place.", code="ACTIVITY_CAPACITY", field=("capacity",))


def check_sign_up(activity: ActivityFacts, now: datetime, *, signed_up_already: bool) -> None:
    """Raise ACTIVITY_CANCELED, ACTIVITY_STARTED, ACTIVITY_SIGNED_UP_ALREADY or ACTIVITY_FULL, in this order."""
    if activity.status is ActivityStatus.CANCELED:
        raise RuleViolation("This activity was canceled.", code="ACTIVITY_CANCELED")
    if now >= activity.starts_at:
        raise RuleViolation("Sign-up closed when the activity started.", code="ACTIVITY_STARTED")
    if signed_up_already:
        raise RuleViolation("You have a place in this activity already.", code="ACTIVITY_SIGNED_UP_ALREADY")
    if activity.signed_up >= activity.capacity:
        raise RuleViolation("All {capacity} places are taken.", code="ACTIVITY_FULL", capacity=activity.capacity)


def check_hours(minutes: int, served_on: date, *, today: date, minutes_on_that_day: int) -> None:
    """Raise HOURS_NOT_POSITIVE, HOURS_IN_FUTURE or HOURS_OVER_A_DAY.

    today: in the city's time zone. minutes_on_that_day: what the volunteer has entered for ``served_on`` before and was
    not refused; all entries of a day together are at most 24 hours.
    """
    if minutes < 1:
        raise RuleViolation("Enter at least one minute.", code="HOURS_NOT_POSITIVE", field=("minutes",))
    if served_on > today:
        raise RuleViolation("Hours are entered after they were served.", code="HOURS_IN_FUTURE", field=("servedOn",))
    if minutes + minutes_on_that_day > MINUTES_OF_A_DAY:
        raise RuleViolation(
            "{entered} minutes are entered for {day}; a day has {most}.",
            code="HOURS_OVER_A_DAY",
            field=("minutes",),
            entered=minutes_on_that_day,
            day=served_on.isoformat(),
            most=MINUTES_OF_A_DAY,
        )


def check_verification(
    status: HourStatus,
    *,
    volunteer_persons: frozenset[UUID],
    verifier_persons: frozenset[UUID],
) -> None:
    """Raise HOURS_DECIDED_ALREADY or HOURS_SELF_VERIFICATION: nobody verifies their own hours (sources.md 4).

    The two sets hold every id the person is known by (account, member, resident, volunteer), so that somebody who is
    both member and volunteer cannot change hats.
    """
    if status is not HourStatus.ENTERED:
        raise RuleViolation("These hours were decided already.", code="HOURS_DECIDED_ALREADY")
    if volunteer_persons & verifier_persons:
        raise RuleViolation("Another person verifies your hours.", code="HOURS_SELF_VERIFICATION")
