"""What must hold while a case is classified, sent, held and worked on."""

from __future__ import annotations

from datetime import datetime

from server.cases.states import TERMINAL, Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def not_claimed(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.claimant_id is not None and case.status not in TERMINAL:
        raise RuleViolation("Somebody has claimed this case already.", code="CASE_ALREADY_CLAIMED")


def in_pool(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.handler_id is not None:
        raise RuleViolation("This case was dispatched to a named handler, not to the pool.", code="CASE_NOT_IN_POOL")


def has_handler(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.handler_id is None:
        raise RuleViolation("Nobody holds this case yet: claim it first.", code="CASE_NOT_CLAIMED")


def with_classification(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    values = {"category": attempt.category, "severity": attempt.severity}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise RuleViolation(
            "Triage sets {fields}.",
            code="CASE_TRIAGE_INCOMPLETE",
            field=(missing[0],),
            fields=" and ".join(missing),
        )


def with_allowed_target(_case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.handler_id is None and not template.pool:
        raise RuleViolation(
            "This track has no pool: name a handler.",
            code="CASE_HANDLER_REQUIRED",
            field=("handlerId",),
        )
    if attempt.handler_id is not None and not template.names_handlers:
        raise RuleViolation("This track is claimed from the pool.", code="CASE_POOL_ONLY", field=("handlerId",))
