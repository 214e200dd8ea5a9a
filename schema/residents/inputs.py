"""Filters of residents."""

from __future__ import annotations

import strawberry

from schema.planner.conditions import below, equals
from schema.planner.declare import where


@strawberry.input(description="Which residents; all conditions given must hold.")
class ResidentFilter:
    """Conditions on residents."""

    grid_id: strawberry.ID | None = where("Living in this grid.", equals("grid_id"), prefix="grid")
    name: str | None = where("With exactly this name.", equals("name"))
    within_organization_id: strawberry.ID | None = where(
        "Living anywhere at or below this organization.",
        below(),
        prefix="org",
    )
