"""Who tries it: the reporter, a member, whoever holds the case, the worker."""

from __future__ import annotations

from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def is_reporter(case: CaseFacts, attempt: Attempt) -> bool:
    """Whether the actor is the resident whose matter this is, or, without one, the account that reported.

    Of a case that nobody known reported it is whoever holds its tracking code.
    """
    if case.reporter_id is not None:
        return attempt.resident_id == case.reporter_id
    if case.reporter_account_id is None:
        return attempt.by_code
    return attempt.account_id == case.reporter_account_id


def by_reporter(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not is_reporter(case, attempt):
        raise RuleViolation("Only who reported the case may do this.", code="CASE_NOT_REPORTER")


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


def by_worker(_case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if any((attempt.account_id, attempt.resident_id, attempt.member_id)):
        raise RuleViolation("Only the worker escalates for lateness.", code="CASE_WORKER_ONLY")


def not_own_service(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.member_id is not None and attempt.member_id == case.handler_id:
        raise RuleViolation("Nobody rates a case they handled.", code="CASE_OWN_SERVICE")
