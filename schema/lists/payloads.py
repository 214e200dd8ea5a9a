"""Payloads of the mutations of the four lists: the item as its changer may see it now, or why nothing was changed."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.lists.types import ListMeasure, ListProblem, ListResponsibility, ListResult
from schema.mutations import UserError, user_errors
from schema.planner.fields import loaded


@strawberry.type(description="A problem listed.")
class AddProblemPayload:
    """Answer of addProblem."""

    problem_id: strawberry.Private[UUID | None] = None
    problem: ListProblem | None = loaded("The problem.", ListProblem, by="problem_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A measure planned.")
class AddMeasurePayload:
    """Answer of addMeasure."""

    measure_id: strawberry.Private[UUID | None] = None
    measure: ListMeasure | None = loaded("The measure.", ListMeasure, by="measure_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Somebody made to answer for a measure.")
class AssignResponsibilityPayload:
    """Answer of assignResponsibility."""

    responsibility_id: strawberry.Private[UUID | None] = None
    responsibility: ListResponsibility | None = loaded(
        "The responsibility.", ListResponsibility, by="responsibility_id"
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A result recorded.")
class RecordResultPayload:
    """Answer of recordResult."""

    result_id: strawberry.Private[UUID | None] = None
    result: ListResult | None = loaded("The result.", ListResult, by="result_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A problem closed.")
class CloseProblemPayload:
    """Answer of closeProblem."""

    problem_id: strawberry.Private[UUID | None] = None
    problem: ListProblem | None = loaded("The problem after the change.", ListProblem, by="problem_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="An item put right.")
class ReviseListItemPayload:
    """Answer of reviseListItem."""

    problem_id: strawberry.Private[UUID | None] = None
    problem: ListProblem | None = loaded(
        "The problem the item belongs to, after the change.", ListProblem, by="problem_id"
    )
    user_errors: list[UserError] = user_errors()
