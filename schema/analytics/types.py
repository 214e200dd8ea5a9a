"""Figures in the graph; the definitions are those of ``server.analytics.metrics``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.planner.prices import listed

if TYPE_CHECKING:
    from schema.organizations.types import Organization

MOST_CHILDREN = 500
MOST_KINDS = 50
_SCOPE = "The organization; its figures include everything below it."


@strawberry.type(description="How many grids there are of a kind.")
class GridKindCount:
    """Grids of one kind."""

    kind: str = strawberry.field(description="Code of the kind in the city's grid policy.")
    count: int = strawberry.field(description="Grids of that kind.")


@strawberry.type(description="A count of persons that is only shown when it is large enough to point to nobody.")
class SmallCount:
    """A count with small-cell suppression."""

    value: int | None = strawberry.field(description="The count rounded down to tens; null when it is withheld.")
    suppressed: bool = strawberry.field(
        description="Whether it is withheld: below 10, or the period is not of whole calendar months."
    )


@strawberry.type(
    description="Figures of one place and period. All counts add up: a parent is its own plus its children."
)
class Figures:
    """The figures every place has."""

    cases_reported: int = strawberry.field(description="Cases reported within the period.")
    cases_accepted: int = strawberry.field(description="Cases accepted within the period.")
    cases_concluded: int = strawberry.field(
        description="Cases whose result was stated within the period, whenever they were reported.",
    )
    cases_overdue: int = strawberry.field(
        description="Cases whose deadline passed within the period without a result; not those rejected or withdrawn.",
    )
    completion_rate_of_reported: Decimal | None = strawberry.field(
        description="casesConcluded in percent of casesReported, two decimals, rounded half up; null for none reported.",
    )
    completion_rate_of_accepted: Decimal | None = strawberry.field(
        description="casesConcluded in percent of casesAccepted, two decimals, rounded half up; null for none accepted.",
    )
    grids: int = strawberry.field(description="Grids at the end of the period.")
    grids_by_kind: list[GridKindCount] = strawberry.field(
        description="Grids at the end of the period, by kind.",
        metadata=listed(MOST_KINDS),
    )
    volunteers: int = strawberry.field(description="Volunteers at the end of the period.")
    volunteer_minutes: int = strawberry.field(
        description="Minutes of volunteer service given within the period and verified by another person.",
    )
    volunteer_hours: Decimal = strawberry.field(description="The same in hours, two decimals.")
    health_checks: SmallCount = strawberry.field(description="Health checks made within the period.")


@strawberry.type(description="Figures of one of the organizations directly below.")
class ChildFigures(Figures):
    """A child's figures."""

    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = strawberry.field(
        description=_SCOPE,
    )


@strawberry.type(description="Figures of an organization and a period, from roll-ups that the worker keeps.")
class Dashboard(Figures):
    """The figures of a scope, with where they come from."""

    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = strawberry.field(
        description=_SCOPE,
    )
    own: Figures = strawberry.field(description="What belongs to the organization itself and to none below it.")
    by_child: list[ChildFigures] = strawberry.field(
        description="The organizations directly below it, by path, up to 500; with ``own`` they add up to the whole.",
        metadata=listed(MOST_CHILDREN),
    )
    fresh_at: datetime | None = strawberry.field(
        description="When the city's figures were last brought up to date; null before the first time.",
    )
