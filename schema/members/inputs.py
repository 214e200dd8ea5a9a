"""Filters and orders of members."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import below, equals
from schema.planner.declare import where


@strawberry.enum(description="Orders of members.")
class MemberOrder(Enum):
    """What members can be ordered by."""

    NAME_ASC = "NAME_ASC"
    CREATED_DESC = "CREATED_DESC"


@strawberry.input(description="Which members; all conditions given must hold.")
class MemberFilter:
    """Conditions on members."""

    name: str | None = where("With exactly this name.", equals("name"))
    within_organization_id: strawberry.ID | None = where(
        "At home at or below this organization.",
        below(),
        prefix="org",
    )
