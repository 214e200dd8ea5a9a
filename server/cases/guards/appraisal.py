"""What must hold when somebody other than the reporter judges a result: the score, the return visit (A-10, HS-06)."""

from __future__ import annotations

from datetime import datetime

from server.cases.guards.people import is_reporter
from server.cases.outcomes import SCORES, VisitEffect
from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def not_scored(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.score is not None:
        raise RuleViolation("This case has been scored; a result is scored once.", code="CASE_ALREADY_SCORED")


def with_score(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.score not in SCORES:
        raise RuleViolation(
            "Score from {least} to {most}.",
            code="CASE_SCORE_NOT_ON_SCALE",
            field=("score",),
            least=SCORES[0],
            most=SCORES[-1],
        )


def worked_on(case: CaseFacts, attempt: Attempt) -> bool:
    """Whether the actor has the case in hand, or worked on it in any course."""
    return attempt.member_id is not None and attempt.member_id in {*case.worked, case.handler_id}


def not_own_work(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if worked_on(case, attempt):
        raise RuleViolation("Nobody judges a case they worked on.", code="CASE_OWN_SERVICE")


def by_reporter_or_visitor(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if is_reporter(case, attempt):
        return
    if not attempt.supervises or worked_on(case, attempt):
        raise RuleViolation("Only who reported the case may do this.", code="CASE_NOT_REPORTER")
    if case.visit_effect is not VisitEffect.NOT_SOLVED:
        raise RuleViolation(
            "A supervisor reopens a case after a return visit that found it not solved.",
            code="CASE_NOT_VISITED",
        )
