"""Filters and orders of grids."""

from __future__ import annotations

from datetime import date
from enum import Enum

import strawberry

from schema.planner.conditions import (
    WORDS,
    at_least,
    at_most,
    below,
    equals,
    found_by,
    is_set,
    one_of,
    refers_to,
    spans,
)
from schema.planner.declare import where
from server.members.models import Member
from server.members.visibility import members


@strawberry.enum(description="Orders of grids.")
class GridOrder(Enum):
    """What grids can be ordered by."""

    CODE_ASC = "CODE_ASC"
    NAME_ASC = "NAME_ASC"
    HOUSEHOLDS_DESC = "HOUSEHOLDS_DESC"
    KIND_ASC = "KIND_ASC"


@strawberry.enum(description="What grids can be counted by.")
class GridKey(Enum):
    """Keys of charts of grids."""

    KIND = "KIND"
    ORGANIZATION = "ORGANIZATION"


@strawberry.input(description="Which grids; all conditions given must hold.")
class GridFilter:
    """Conditions on grids."""

    search: str | None = where(
        "Whose name or code holds all these words; 1 to 100 characters.",
        found_by("grid"),
        binding=WORDS,
    )
    code: list[str] | None = where("With one of these codes.", one_of("code"))
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
    chief_id: strawberry.ID | None = where(
        "Whose grid chief is this member, if the viewer may see that member.",
        refers_to("chief_id", Member, members),
        prefix="member",
    )
    has_chief: bool | None = where(
        "true: with a grid chief; false: without. A chief whom the viewer may not see, and who reads as null, counts.",
        flag=is_set("chief_id"),
    )
    min_households: int | None = where("With at least so many households.", at_least("households"))
    max_households: int | None = where("With at most so many households.", at_most("households"))
    valid_on: date | None = where("That stood, stands or will stand on this day.", spans("valid_from", "valid_to"))


@strawberry.input(description="Which places in a grid's team; all conditions given must hold.")
class GridAssignmentFilter:
    """Conditions on the team of one grid: few rows, found by the grid."""

    capacity: list[str] | None = where("In one of these capacities (codes).", one_of("capacity"))
