"""What must be said when something is done to a case."""

from __future__ import annotations

from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def with_reason(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say why.", code="REASON_REQUIRED", field=("reason",))


def with_text(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what there is to say.", code="TEXT_REQUIRED", field=("text",))


def with_result(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what was done.", code="RESULT_REQUIRED", field=("result",))


def with_feedback(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what the reporter is told.", code="FEEDBACK_REQUIRED", field=("feedback",))


def with_answer(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what the reporter is told.", code="FEEDBACK_REQUIRED", field=("answer",))


def with_finding(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what the visit found.", code="RESULT_REQUIRED", field=("text",))
