"""What must hold while several departments share a case, and while what is alleged is answered one by one."""

from __future__ import annotations

from datetime import datetime

from server.cases.outcomes import MOST_TASKS
from server.cases.states import Attempt, CaseFacts, CaseTemplate
from server.errors import RuleViolation


def no_open_tasks(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.tasks_open:
        raise RuleViolation(
            "Departments have {count} tasks of this case open: complete or cancel them first.",
            code="CASE_TASKS_OPEN",
            count=len(case.tasks_open),
        )


def some_open_task(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if not case.tasks_open:
        raise RuleViolation("No department has an open task of this case.", code="CASE_TASK_CLOSED")


def with_open_task(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.task_ids <= case.tasks_open:
        raise RuleViolation("This task is done or canceled already.", code="CASE_TASK_CLOSED", field=("taskId",))


def with_room_for_tasks(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if not attempt.task_ids or len(case.tasks_open) + len(attempt.task_ids) > MOST_TASKS:
        raise RuleViolation(
            "Name at least one organization; a case has at most {most} open tasks.",
            code="CASE_TASK_LIMIT",
            field=("organizationIds",),
            most=MOST_TASKS,
        )


def unanswered(case: CaseFacts) -> tuple[int, ...]:
    """The numbers of the allegations that wait for an answer in the present course."""
    return tuple(number for number in range(1, case.allegations + 1) if number not in case.answered)


def some_unanswered(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if not unanswered(case):
        raise RuleViolation("No allegation of this case waits for an answer.", code="CASE_ALLEGATION_ANSWERED")


def all_answered(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if numbers := unanswered(case):
        raise RuleViolation(
            "Answer every allegation first; these wait: {numbers}.",
            code="CASE_ALLEGATIONS_UNANSWERED",
            numbers=", ".join(map(str, numbers)),
        )


def with_unanswered_allegation(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if attempt.allegation not in unanswered(case):
        raise RuleViolation(
            "This allegation is answered already.", code="CASE_ALLEGATION_ANSWERED", field=("allegationId",)
        )


def in_bundle(case: CaseFacts, _template: CaseTemplate, _now: datetime) -> None:
    if case.bundle_id is None:
        raise RuleViolation("This case is linked with no other.", code="CASE_NOT_LINKED")


def free_to_join(case: CaseFacts, _template: CaseTemplate, attempt: Attempt) -> None:
    if case.bundle_id not in {None, attempt.bundle_id}:
        raise RuleViolation(
            "The other case is linked with different ones: unlink it first.",
            code="CASE_LINKED_ELSEWHERE",
            field=("otherCaseId",),
        )
