"""Filters and orders of applications."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import holds_for, one_of
from schema.planner.declare import where
from server.applications import columns


@strawberry.enum(description="Whether an application is let in.")
class ApplicationStatus(Enum):
    """What a city says of an application."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


@strawberry.enum(description="Orders of applications.")
class ApplicationOrder(Enum):
    """What applications can be ordered by."""

    NAME_ASC = "NAME_ASC"
    REGISTERED_DESC = "REGISTERED_DESC"


@strawberry.enum(description="Orders of keys.")
class ApiKeyOrder(Enum):
    """What keys can be ordered by."""

    CREATED_DESC = "CREATED_DESC"


@strawberry.input(description="Which applications; all conditions given must hold.")
class ApplicationFilter:
    """Conditions on applications."""

    status: list[ApplicationStatus] | None = where("With one of these.", one_of("status"))


@strawberry.input(description="Which keys; all conditions given must hold.")
class ApiKeyFilter:
    """Conditions on the keys of one application: few rows, found by the application."""

    good: bool | None = where(
        "true: those that open something; false: those that were revoked or are over.", flag=holds_for(columns.is_good)
    )
