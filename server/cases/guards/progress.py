"""What must hold while the reporter is told how the work goes, and while the class of a case changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.cases.states import UNRESOLVED, Attempt, CaseFacts, CaseTemplate, Handling, Severity
from server.errors import RuleViolation

EXPLAINED = frozenset({Severity.COMPLEX, Severity.MAJOR})
"""What has no deadline and a duty to explain instead (AQ-05)."""

_PARTIES = 2


def with_consent(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.handling is Handling.MEDIATING and attempt.parties_consented < _PARTIES:
        raise RuleViolation(
            "A mediation needs the consent of at least {least} parties.",
            code="CASE_CONSENT_REQUIRED",
            field=("partiesConsented",),
            least=_PARTIES,
        )


def with_check_made(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.checked_at is not None and attempt.checked_at > attempt.now:
        raise RuleViolation("A field check lies in the past.", code="CASE_CHECK_IN_FUTURE", field=("fieldCheck", "at"))


def to_be_explained(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.severity not in EXPLAINED:
        raise RuleViolation(
            "Explanations are for complex and major matters: report progress instead.",
            code="CASE_NOT_COMPLEX",
        )


def explanation_due_at(case: CaseFacts, template: CaseTemplate) -> datetime | None:
    """When the reporter of a complex or major matter is owed the next explanation; None when none is owed (AQ-05)."""
    if case.severity not in EXPLAINED or case.status not in UNRESOLVED:
        return None
    last = case.explained_at or case.began_at or case.reported_at
    return last + timedelta(days=template.explanation_every_days)


def with_other_class(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    changed = attempt.category not in {None, case.category} or attempt.severity not in {None, case.severity}
    if not changed:
        raise RuleViolation("Give another category or another severity.", code="CASE_CLASS_UNCHANGED")
