"""Filters and orders of members."""

from __future__ import annotations

from datetime import date
from enum import Enum

import strawberry

from schema.planner.conditions import WORDS, below, equals, found_by, holds_for, one_of, spans
from schema.planner.declare import where
from server.members import columns


@strawberry.enum(description="Where an appointment's role holds.")
class Scope(Enum):
    """Reach of a role."""

    TENANT = "TENANT"
    ORGANIZATION = "ORGANIZATION"
    GRID = "GRID"
    OWN = "OWN"


@strawberry.enum(description="Orders of members.")
class MemberOrder(Enum):
    """What members can be ordered by."""

    NAME_ASC = "NAME_ASC"
    CREATED_DESC = "CREATED_DESC"


@strawberry.enum(description="What members can be counted by.")
class MemberKey(Enum):
    """Keys of charts of members."""

    ROLE = "ROLE"
    ORGANIZATION = "ORGANIZATION"


@strawberry.input(description="Which members; all conditions given must hold.")
class MemberFilter:
    """Conditions on members."""

    search: str | None = where(
        "Whose name holds all these words; 1 to 100 characters.",
        found_by("member"),
        binding=WORDS,
    )
    role: list[str] | None = where("Holding one of these roles (slugs) now.", columns.has_role)
    organization_id: strawberry.ID | None = where(
        "At home in this very organization.",
        equals("organization_id"),
        prefix="org",
    )
    name: str | None = where("With exactly this name.", equals("name"))
    within_organization_id: strawberry.ID | None = where(
        "At home at or below this organization.",
        below(),
        prefix="org",
    )


@strawberry.input(description="Which appointments; all conditions given must hold.")
class AppointmentFilter:
    """Conditions on the appointments of one member: few rows, found by the member."""

    role: list[str] | None = where("To one of these roles (slugs).", one_of("role"))
    scope: list[Scope] | None = where("Holding in one of these scopes.", one_of("scope"))
    in_force: bool | None = where(
        "true: in force on the city's present day; false: over, ended early or still to begin.",
        flag=holds_for(columns.in_force),
    )
    term_on: date | None = where(
        "Whose term, as it was given, includes this day; an early end is not looked at.",
        spans("starts_on", "ends_on"),
    )


@strawberry.input(description="Which postings; all conditions given must hold.")
class PostingFilter:
    """Conditions on the postings of one member: few rows, found by the member."""

    organization_id: strawberry.ID | None = where("To this community.", equals("organization_id"), prefix="org")
    in_force: bool | None = where(
        "true: in force on the city's present day; false: over, ended early or still to begin.",
        flag=holds_for(columns.in_force),
    )
