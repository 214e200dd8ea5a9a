"""What must hold while a case is tracked and urged beside its course (T16, A-23)."""

from __future__ import annotations

from datetime import datetime

from server.cases.guards.appraisal import worked_on
from server.cases.states import Attempt, CaseFacts, CaseTemplate, Stamp
from server.errors import RuleViolation


def not_by_handler(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if worked_on(case, attempt):
        raise RuleViolation("Nobody supervises a case they handle.", code="CASE_OWN_SERVICE")


def tracked(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.tracked_at is None:
        raise RuleViolation("This case is not tracked yet: track it first.", code="CASE_NOT_TRACKED")


def no_open_urge(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.urged_at is not None:
        raise RuleViolation("An urge waits for its answer.", code="CASE_URGE_OPEN")


def never_urged(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.urges:
        raise RuleViolation("This case was urged, or that was waived, already.", code="CASE_ALREADY_URGED")


def open_urge(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.urged_at is None:
        raise RuleViolation("No urge waits for an answer.", code="CASE_NOT_URGED")


def not_own_urge(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if case.urged_by is not None and attempt.member_id == case.urged_by:
        raise RuleViolation("Nobody answers an urge of their own.", code="CASE_OWN_SERVICE")


def supervised(case: CaseFacts, template: CaseTemplate, now: datetime) -> None:
    """Tracking and urging lie between dispatch and feedback, so feedback waits for what the template demands of them."""
    no_open_urge(case, template, now)
    missing = [step for step in (Stamp.TRACKED, Stamp.URGED) if step in template.mandatory_steps - case.stamps]
    if missing:
        raise RuleViolation("Before the feedback: {steps}.", code="CASE_STEPS_MISSING", steps=", ".join(missing))
