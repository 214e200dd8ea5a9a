"""Filters and orders of grids."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import below, equals, one_of
from schema.planner.declare import where


@strawberry.enum(description="Orders of grids.")
class GridOrder(Enum):
    """What grids can be ordered by."""

    CODE_ASC = "CODE_ASC"
    NAME_ASC = "NAME_ASC"
    HOUSEHOLDS_DESC = "HOUSEHOLDS_DESC"


@strawberry.input(description="Which grids; all conditions given must hold.")
class GridFilter:
    """Conditions on grids."""

    kind: list[str] | None = where("Of one of these kinds.", one_of("kind"))
    organization_id: strawberry.ID | None = where(
        "Attached to this organization.",
        equals("organization_id"),
        prefix="org",
    )
    within_organization_id: strawberry.ID | None = where(
        "Anywhere at or below this organization.",
        below(),
        prefix="org",
    )
