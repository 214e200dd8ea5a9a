"""What must hold when a report is merged into another, or its rejection appealed against (T3, T4)."""

from __future__ import annotations

from datetime import datetime

from server.cases.states import UNRESOLVED, Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def not_appealed(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.appealed_at is not None:
        raise RuleViolation("A rejection is appealed against once.", code="CASE_ALREADY_APPEALED")


def with_survivor(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    into = attempt.into
    if into is None or not into.same_place or into.category != case.category:
        raise RuleViolation(
            "Only cases of the same place and category are merged.",
            code="CASE_NOT_ALIKE",
            field=("intoCaseId",),
        )
    if into.status not in UNRESOLVED:
        raise RuleViolation(
            "The other case is {status}: merge into one that is open.",
            code="CASE_NOT_OPEN",
            field=("intoCaseId",),
            status=into.status,
        )


def absorbed_nothing(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.absorbed:
        raise RuleViolation(
            "Other cases were merged into this one: merge the other way round.",
            code="CASE_HAS_MERGED",
        )


def followed_by_none(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    """Those whose reports ended in this one have no other that goes on (T4)."""
    if attempt.absorbed:
        raise RuleViolation(
            "Other reports were merged into this one, and it goes on for them: say in a message what has changed for you.",
            code="CASE_HAS_MERGED",
        )
