"""Filters of residents, and the words of their input."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.declare import where
from schema.planner.places import below


@strawberry.enum(description="Sex, as far as the free health check asks for it.")
class Sex(Enum):
    """The sexes of the health check policy."""

    FEMALE = "FEMALE"
    MALE = "MALE"


@strawberry.input(description="Which residents; all conditions given must hold.")
class ResidentFilter:
    """Conditions on residents."""

    grid_id: strawberry.ID | None = where(
        "Living in this grid.",
        lambda row, value, _viewer: row.c.grid_id == value,
        prefix="grid",
    )
    name: str | None = where("With exactly this name.", lambda row, value, _viewer: row.c.name == value)
    within_organization_id: strawberry.ID | None = where(
        "Living anywhere at or below this organization.",
        below(),
        prefix="org",
    )
