"""Inputs of the mutations of the four lists."""

from __future__ import annotations

from datetime import date

import strawberry

_KEY = "Up to 255 characters chosen by the client: the same item sent again under the same key is one item."
_TEXT = "at most 1000 characters; name residents only where the matter cannot be understood without."
_VERSION = "Version of the item that the caller saw; VERSION_CONFLICT when it is no longer the present one."


@strawberry.input(description="A problem of a grid.")
class AddProblemInput:
    """A grid, a category and a text."""

    grid_id: strawberry.ID = strawberry.field(description="Id of the grid.")
    category: str = strawberry.field(description="Code of a category in the city's manifest.")
    text: str = strawberry.field(description=f"What the problem is, {_TEXT}")
    case_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of a case of the same grid that it comes from, if the caller sees it."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="A measure against a problem.")
class AddMeasureInput:
    """A problem and a text."""

    problem_id: strawberry.ID = strawberry.field(description="Id of the problem.")
    text: str = strawberry.field(description=f"What is to be done, {_TEXT}")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Who answers for a measure, until when.")
class AssignResponsibilityInput:
    """A measure, a member or an organization, and a day."""

    measure_id: strawberry.ID = strawberry.field(description="Id of the measure.")
    member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of a member who serves where the grid is; not with organizationId."
    )
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of an organization of the city, wherever in the tree; not with memberId."
    )
    due_on: date = strawberry.field(description="The last day in time, of the city's calendar: today or later.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="What came of a responsibility.")
class RecordResultInput:
    """A responsibility and a text."""

    responsibility_id: strawberry.ID = strawberry.field(description="Id of the responsibility.")
    text: str = strawberry.field(description=f"What came of it, {_TEXT}")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Which problem to close.")
class CloseProblemInput:
    """A problem and its version."""

    problem_id: strawberry.ID = strawberry.field(description="Id of the problem.")
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="What an item shall say from now on; what is left out stays.")
class ReviseListItemInput:
    """An item, its version, and what its kind has."""

    item_id: strawberry.ID = strawberry.field(description="Id of a problem, measure, responsibility or result.")
    expected_version: int = strawberry.field(description=_VERSION)
    text: str | None = strawberry.field(default=None, description=f"Of a problem, measure or result: {_TEXT}")
    category: str | None = strawberry.field(default=None, description="Of a problem: code of a category.")
    due_on: date | None = strawberry.field(
        default=None, description="Of a responsibility without a result: the new day, today or later."
    )
    member_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a responsibility without a result: the member who answers from now on."
    )
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a responsibility without a result: the organization that answers from now on."
    )
