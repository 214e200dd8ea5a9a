"""What must hold beside the state before something is done to a case; each guard raises RuleViolation or is silent.

State guards look at the case alone and also decide what is offered (``rules.possible_actions``). Attempt guards look at
who tries with which words, and are asked only when the thing is tried.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from server.cases.states import MAIN_LINE, SKIPPABLE, TERMINAL, Attempt, CaseFacts, CaseStatus, CaseTemplate
from server.errors import RuleViolation


def next_level(chain: tuple[str, ...], level: str) -> str:
    """The level one step above (T12, JM-23); chain: level codes, highest first. Raises CASE_TOP_LEVEL, LEVEL_NOT_LISTED."""
    if level not in chain:
        raise RuleViolation("Level {level} is not on the escalation chain.", code="LEVEL_NOT_LISTED", level=level)
    position = chain.index(level)
    if position == 0:
        raise RuleViolation("The case is at the top level {level} already.", code="CASE_TOP_LEVEL", level=level)
    return chain[position - 1]


def rating_closes_at(case: CaseFacts, template: CaseTemplate) -> datetime | None:
    """The first moment at which rating is over; None while there is no result to rate (T21).

    Counted from the feedback, or from the resolution where the template skips feedback; in elapsed days.
    """
    opened_at = case.feedback_at
    if opened_at is None and CaseStatus.FEEDBACK_GIVEN not in template.mandatory_steps:
        opened_at = case.resolved_at
    return None if opened_at is None else opened_at + timedelta(days=template.rating_window_days)


def missing_steps(case: CaseFacts, template: CaseTemplate, now: datetime) -> tuple[CaseStatus, ...]:
    """The mandatory steps an archive still waits for, in order (T25, JM-09); silence past the window waives RATED."""
    missing = template.mandatory_steps - case.steps_done
    closes_at = rating_closes_at(case, template)
    if closes_at is not None and now >= closes_at:
        missing -= {CaseStatus.RATED}
    return tuple(status for status in MAIN_LINE if status in missing)


def is_reporter(case: CaseFacts, attempt: Attempt) -> bool:
    """Whether the actor is the resident whose matter this is, or, without one, the account that reported."""
    if case.reporter_id is not None:
        return attempt.resident_id == case.reporter_id
    return case.reporter_account_id is not None and attempt.account_id == case.reporter_account_id


def not_claimed(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.claimant_id is not None and case.status not in TERMINAL:
        raise RuleViolation("Somebody has claimed this case already.", code="CASE_ALREADY_CLAIMED")


def in_pool(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.handler_id is not None:
        raise RuleViolation("This case was dispatched to a named handler, not to the pool.", code="CASE_NOT_IN_POOL")


def has_handler(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.handler_id is None:
        raise RuleViolation("Nobody holds this case yet: claim it first.", code="CASE_NOT_CLAIMED")


def below_top(case: CaseFacts, template: CaseTemplate, _now: datetime) -> None:
    next_level(template.escalation_chain, case.level)


def not_overdue_yet(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.overdue_at is not None:
        raise RuleViolation("This case was escalated as overdue already.", code="CASE_ALREADY_OVERDUE")


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


def steps_complete(case: CaseFacts, template: CaseTemplate, now: datetime) -> None:
    missing = missing_steps(case, template, now)
    if missing and case.status not in TERMINAL:
        raise RuleViolation("Before archiving: {steps}.", code="CASE_STEPS_MISSING", steps=", ".join(missing))


def by_reporter(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not is_reporter(case, attempt):
        raise RuleViolation("Only who reported the case may do this.", code="CASE_NOT_REPORTER")


def by_reporter_or_supervisor(case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> None:
    handles = attempt.member_id is not None and attempt.member_id == case.handler_id
    if not attempt.supervises or handles:
        by_reporter(case, template, attempt)


def by_member(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.member_id is None:
        raise RuleViolation("Only a member can claim a case.", code="CASE_NOT_MEMBER")


def by_holder(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.member_id is not None and attempt.member_id == case.handler_id:
        return
    if case.claimant_id is not None:
        raise RuleViolation("Only who claimed the case may do this.", code="CASE_NOT_CLAIMANT")
    raise RuleViolation("Only the handler named at dispatch may do this.", code="CASE_NOT_HANDLER")


def by_holder_if_any(case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> None:
    if case.handler_id is not None:
        by_holder(case, template, attempt)


def not_own_service(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.member_id is not None and attempt.member_id == case.handler_id:
        raise RuleViolation("Nobody rates a case they handled.", code="CASE_OWN_SERVICE")


def by_worker(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if any((attempt.account_id, attempt.resident_id, attempt.member_id)):
        raise RuleViolation("Only the worker escalates for lateness.", code="CASE_WORKER_ONLY")


def with_reason(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say why.", code="REASON_REQUIRED", field=("reason",))


def with_result(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what was done.", code="RESULT_REQUIRED", field=("result",))


def with_feedback(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.note.strip():
        raise RuleViolation("Say what the reporter is told.", code="FEEDBACK_REQUIRED", field=("feedback",))


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


def with_rating(_case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.rating not in template.rating_scale:
        raise RuleViolation(
            "Rate with one of {scale}.",
            code="CASE_RATING_NOT_ON_SCALE",
            field=("rating",),
            scale=", ".join(template.rating_scale),
        )


def open_to(source: frozenset[CaseStatus], template: CaseTemplate) -> frozenset[CaseStatus]:
    """``source`` and the states before it from which only steps lead there that the template skips."""
    found = set(source)
    for earlier, later in reversed(list(pairwise(MAIN_LINE))):
        if later in found and later in SKIPPABLE - template.mandatory_steps:
            found.add(earlier)
    return frozenset(found)
