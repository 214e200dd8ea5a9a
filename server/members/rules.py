"""Terms of appointments and postings: when they hold, how long, and how many at once (DY-02)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.dates import add_months
from server.errors import RuleViolation


@dataclass(frozen=True, slots=True)
class Term:
    """Days in the city's time zone, both inclusive; ends_on None for no end. ended_on: last day after an early end."""

    starts_on: date
    ends_on: date | None
    ended_on: date | None = None

    @property
    def last_day(self) -> date:
        """The last day in force; ``date.max`` without an end."""
        return min(self.ends_on or date.max, self.ended_on or date.max)


def active(term: Term, on: date) -> bool:
    """Whether the term holds on a day; the grant ends with it, without a job having to run."""
    return term.starts_on <= on <= term.last_day


class Lapse(StrEnum):
    """Why an appointment gives nothing on a day."""

    NOT_BEGUN = "NOT_BEGUN"
    ENDED = "ENDED"
    POSTING_MISSING = "POSTING_MISSING"


def lapse_of(term: Term, on: date, *, ended: bool) -> Lapse | None:
    """Why a term gives nothing on a day; None while it holds. ended: whether it was ended early, which counts at once."""
    if ended or on > term.last_day:
        return Lapse.ENDED
    return Lapse.NOT_BEGUN if on < term.starts_on else None


def check_substitution(period: Term, original: Term) -> None:
    """Raise SUBSTITUTION_BEYOND_TERM unless the period has an end and lies within the original's term."""
    within = original.starts_on <= period.starts_on and period.last_day <= original.last_day
    if period.ends_on is None or period.ends_on < period.starts_on or not within:
        raise RuleViolation(
            "A substitute serves for days within the term of the appointment, the last one not before the first.",
            code="SUBSTITUTION_BEYOND_TERM",
            field=("endsOn",),
        )


def term_from(starts_on: date, ends_on: date | None, term_months: int | None) -> Term:
    """The term asked for, or of the role's usual length (DY-02: start + 12 months), or without an end.

    Raises TERM_REVERSED unless it ends after it starts.
    """
    if ends_on is None and term_months is not None:
        ends_on = add_months(starts_on, term_months)
    if ends_on is not None and ends_on <= starts_on:
        raise RuleViolation("A term ends after it starts.", code="TERM_REVERSED", field=("endsOn",))
    return Term(starts_on, ends_on)


def check_places(term: Term, others: Iterable[Term], *, limit: int | None) -> None:
    """Raise APPOINTMENT_LIMIT when on some day of ``term`` more than ``limit`` would hold the role there (DY-02: 1).

    others: the terms of the same role in the same organization. limit: None for any number.
    """
    if limit is None:
        return
    overlapping = [other for other in others if other.starts_on <= term.last_day and term.starts_on <= other.last_day]
    # The number held at once only rises on a day some term starts, so those days are all there is to look at.
    days = {term.starts_on} | {other.starts_on for other in overlapping if active(term, other.starts_on)}
    for day in sorted(days):
        held = sum(active(other, day) for other in overlapping)
        if held >= limit:
            raise RuleViolation(
                "On {day} {held} hold this role here already; the limit is {limit}.",
                code="APPOINTMENT_LIMIT",
                field=("startsOn",),
                day=day.isoformat(),
                held=held,
                limit=limit,
            )
