"""What must hold of what the worker does about a case's clocks."""

from __future__ import annotations

from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def next_on_the_ladder(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    """Each step of a course once, in order."""
    if (attempt.ladder_step or 1) != case.ladder_steps + 1:
        raise RuleViolation(
            "This step of the ladder was taken already, or is not the next one.",
            code="CASE_ALREADY_OVERDUE",
        )


def not_missed_yet(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.target is None or attempt.target in case.missed:
        raise RuleViolation("This target was found missed already.", code="CASE_TARGET_MISSED")
