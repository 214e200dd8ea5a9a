"""Filters and orders of residents."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.places import PlaceFilter
from schema.planner.conditions import below, equals
from schema.planner.declare import where


@strawberry.enum(description="Orders of residents.")
class ResidentOrder(Enum):
    """What residents can be ordered by."""

    ENTERED_ASC = "ENTERED_ASC"
    NAME_ASC = "NAME_ASC"


@strawberry.input(description="Which residents; all conditions given must hold.")
class ResidentFilter:
    """Conditions on residents."""

    place: PlaceFilter | None = where("Living at this place.")
    grid_id: strawberry.ID | None = where("Living in this grid.", equals("grid_id"), prefix="grid")
    name: str | None = where("With exactly this name.", equals("name"))
    within_organization_id: strawberry.ID | None = where(
        "Living anywhere at or below this organization.",
        below(),
        prefix="org",
    )
