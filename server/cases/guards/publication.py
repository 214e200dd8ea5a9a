"""What must hold before a result is made public, or that is waived (T23, T24)."""

from __future__ import annotations

from datetime import datetime

from server.cases.guards.steps import rating_closes_at
from server.cases.states import Attempt, CaseFacts, CaseStatus, CaseTemplate
from server.errors import RuleViolation


def publishing(_case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    if not template.publishes:
        raise RuleViolation("Results of this track are not made public.", code="CASE_TRACK_NOT_PUBLISHED")


def rating_over(case: CaseFacts, template: CaseTemplate, now: datetime) -> None:
    """The reporter has judged the result, or kept silent until the window closed."""
    if case.status is CaseStatus.RATED:
        return
    closes_at = rating_closes_at(case, template)
    if closes_at is None or now < closes_at:
        raise RuleViolation(
            "The reporter has not rated the result yet: publish when they have, or when rating is closed.",
            code="CASE_RATING_OPEN",
        )


def not_waived(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.publication_waived_at is not None:
        raise RuleViolation("The publication of this case was waived already.", code="CASE_PUBLICATION_WAIVED")


def of_public_category(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.private:
        raise RuleViolation(
            "Matters of this category are never made public: waive the publication.", code="CASE_CATEGORY_PRIVATE"
        )


def with_checked_copy(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.copy_checked:
        raise RuleViolation(
            "Draft what is to be public, and have somebody else check it first.", code="PUBLICATION_NOT_CHECKED"
        )


def not_retained(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.retained_at is not None:
        raise RuleViolation("The personal parts of this case are erased already.", code="CASE_RETAINED")
