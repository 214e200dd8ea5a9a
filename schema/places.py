"""Where something is, as a filter: the tree of organizations and the grids at its ends."""

from __future__ import annotations

import strawberry

from schema.planner.conditions import below, equals, exactly_at
from schema.planner.declare import where


@strawberry.input(description="A place; exactly one of these.", one_of=True)
class PlaceFilter:
    """Conditions on rows that have a grid and the path of the grid's organization."""

    grid_id: strawberry.ID | None = where("In this grid.", equals("grid_id"), prefix="grid")
    organization_id: strawberry.ID | None = where(
        "In a grid attached to this very organization.",
        exactly_at(),
        prefix="org",
    )
    within_organization_id: strawberry.ID | None = where(
        "In a grid attached to this organization or to one below it.",
        below(),
        prefix="org",
    )
