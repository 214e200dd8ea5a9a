"""The gap report of a grid, or of an organization with everything below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.lists.inputs import (
    ListMeasureFilter,
    ListMeasureOrder,
    ListProblemFilter,
    ListProblemOrder,
    ListResponsibilityFilter,
    ListResponsibilityOrder,
)
from schema.planner.declare import embedded
from schema.planner.fields import to_many
from server.lists import columns

if TYPE_CHECKING:
    from schema.lists.types import ListMeasureConnection, ListProblemConnection, ListResponsibilityConnection


@embedded
class ListGaps:
    """What is missing in the four lists at a place, as far as the viewer may see them."""

    problems_without_measure: Annotated[ListProblemConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "Problems against which nothing is planned.",
        by=columns.bare_here,
        filter=ListProblemFilter,
        order=ListProblemOrder,
    )
    measures_without_owner: Annotated[ListMeasureConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "Measures nobody answers for.",
        by=columns.unowned_here,
        filter=ListMeasureFilter,
        order=ListMeasureOrder,
    )
    responsibilities_past_due: Annotated[ListResponsibilityConnection, strawberry.lazy("schema.lists.types")] = to_many(
        "Those past their day without a result.",
        by=columns.late_here,
        filter=ListResponsibilityFilter,
        order=ListResponsibilityOrder,
    )
