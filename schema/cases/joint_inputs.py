"""Inputs of the mutations beside the states: tasks, answers, scores, return visits, bundles."""

from __future__ import annotations

import strawberry

from server.cases.outcomes import VisitEffect

_CASE = "Id of the case."
_VERSION = "Version of the case that the caller saw; VERSION_CONFLICT when it is no longer the present one."


@strawberry.input(description="Which departments shall do a share of a case, and what.")
class AssignTasksInput:
    """A case, its version, organizations and a text."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    organization_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of organizations of the city, wherever in the tree; a case has at most 20 open tasks."
    )
    text: str = strawberry.field(description="What is asked of each of them, at most 4000 characters.")


@strawberry.input(description="What a department did about its share.")
class CompleteTaskInput:
    """A case, its version, a task and a result."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    task_id: strawberry.ID = strawberry.field(description="Id of the task.")
    result: str = strawberry.field(description="What was done, at most 4000 characters.")


@strawberry.input(description="Which task to take back, and why.")
class CancelTaskInput:
    """A case, its version, a task and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    task_id: strawberry.ID = strawberry.field(description="Id of the task.")
    reason: str = strawberry.field(description="Why the department need not do it.")


@strawberry.input(description="What the reporter is told about one allegation.")
class AnswerAllegationInput:
    """A case, its version, an allegation and an answer."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    allegation_id: strawberry.ID = strawberry.field(description="Id of the allegation.")
    answer: str = strawberry.field(description="What the reporter is told, at most 4000 characters.")


@strawberry.input(description="The supervisor's score.")
class ScoreCaseInput:
    """A case, its version and a score."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    score: int = strawberry.field(description="1, the worst, to 5, the best.")
    remark: str | None = strawberry.field(default=None, description="What the supervisor adds to it.")


@strawberry.input(description="What a visit or call after the feedback found.")
class RecordReturnVisitInput:
    """A case, its version and a finding."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    effect: VisitEffect = strawberry.field(description="Whether the matter is settled.")
    text: str = strawberry.field(description="What was found, at most 4000 characters.")


@strawberry.input(description="Which cases to mediate together.")
class LinkCasesInput:
    """A case, its version and another case."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
    other_case_id: strawberry.ID = strawberry.field(description="Id of a case the caller sees.")


@strawberry.input(description="Which case to take out of its bundle.")
class UnlinkCasesInput:
    """A case and its version."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    expected_version: int = strawberry.field(description=_VERSION)
