"""What must hold when a result is judged and a case is concluded."""

from __future__ import annotations

from datetime import datetime

from server.cases.guards.steps import rating_closes_at
from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def not_rated(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.rating is not None:
        raise RuleViolation("This case has been rated; a result is rated once.", code="CASE_ALREADY_RATED")


def rating_open(case: CaseFacts, template: CaseTemplate, now: datetime) -> None:
    closes_at = rating_closes_at(case, template)
    if closes_at is not None and now >= closes_at:
        raise RuleViolation(
            "Rating closed at {closes_at}: it is open for {days} days.",
            code="CASE_RATING_CLOSED",
            closes_at=closes_at.isoformat(),
            days=template.rating_window_days,
        )


def reopenings_left(case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    if case.reopen_count >= template.max_reopens:
        raise RuleViolation(
            "This case was reopened {count} times; the limit is {limit}. Report a new case instead.",
            code="CASE_REOPEN_LIMIT",
            count=case.reopen_count,
            limit=template.max_reopens,
        )


def with_rating(_case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.rating not in template.rating_scale:
        raise RuleViolation(
            "Rate with one of {scale}.",
            code="CASE_RATING_NOT_ON_SCALE",
            field=("rating",),
            scale=", ".join(template.rating_scale),
        )
