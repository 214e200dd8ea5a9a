"""Filters and orders of what is public, and the enumerations of publications."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.planner.conditions import is_set, one_of
from schema.planner.declare import where
from server.publications.rules import FindingKind, PublicationStatus

strawberry.enum(PublicationStatus, description="Where a publication stands.")
strawberry.enum(FindingKind, name="PublicationFindingKind", description="What must not be public.")


@strawberry.enum(description="Orders of what is public.")
class PublishedCaseOrder(Enum):
    """What public copies can be ordered by."""

    PUBLISHED_DESC = "PUBLISHED_DESC"


@strawberry.input(description="Which of what is public; all conditions given must hold.")
class PublishedCaseFilter:
    """Conditions on public copies."""

    category: list[str] | None = where("In one of these categories (codes).", one_of("category"))
    month: list[str] | None = where("Concluded in one of these months (YYYY-MM).", one_of("month"))
    withdrawn: bool | None = where("true: taken off again; false: still to be read.", flag=is_set("withdrawn_at"))
