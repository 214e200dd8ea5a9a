"""The time of a case in the graph: its deadline told line by line, its targets, and who had it for how long."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.cases import clocks
from schema.planner.declare import column, embedded
from schema.planner.made import joined, made
from server.cases import columns
from server.cases.calendars import Reason
from server.cases.deadlines import MOST_LINES, TargetKind
from server.cases.histories import had_it, history

if TYPE_CHECKING:
    from schema.organizations.types import Organization

MOST_WARNINGS = 1
MOST_TARGETS = len(TargetKind)

strawberry.enum(TargetKind, description="What must have happened by a time.")
strawberry.enum(Reason, name="DeadlineReason", description="Why a stretch of time counts for a deadline, or does not.")


@strawberry.type(description="A stretch of time, and what it adds to the time used.")
class DeadlineLine:
    """One line of an explanation."""

    day: date = strawberry.field(description="The day it begins on, in the time zone of the calendar.")
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it ends; of a day nobody works, its first moment again.")
    hours: float = strawberry.field(description="Hours counted, to the second: 0 for a pause or a day off.")
    reason: Reason = strawberry.field(description="Why it counts, or does not.")
    name: str | None = strawberry.field(
        description="Name of the holiday or make-up day, in the language asked for; in a pause, the state or the kind of "
        "handling that stops the clock.",
    )


@strawberry.type(description="What a deadline could not take into account.")
class DeadlineWarning:
    """A warning of the calendar."""

    code: str = strawberry.field(description="CALENDAR_UNKNOWN: weekdays were counted, for holidays are not known yet.")
    first_day: date = strawberry.field(description="The first day that is concerned.")


@strawberry.type(description="What must have happened to a case by a time.")
class CaseTarget:
    """A target; CONCLUDE is the deadline of the present course, the others belong to the first."""

    kind: TargetKind = strawberry.field(description="What must have happened.")
    due_at: datetime | None = strawberry.field(description="By when; null while the clock stands still.")
    met_at: datetime | None = strawberry.field(description="When it happened; null as long as it has not.")
    missed: bool = strawberry.field(description="Whether it was too late, or is.")


@strawberry.type(
    description="The time an organization had a case; the minutes of all hops add up to those of the whole."
)
class CaseHop:
    """A stretch of custody."""

    organization_id: strawberry.ID = strawberry.field(description="Id of the organization.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = joined(
        "The organization, if the viewer may see it.", by="organizationId", among=had_it
    )
    level: str = strawberry.field(description="Code of its level.")
    since: datetime = strawberry.field(description="From when.")
    until: datetime | None = strawberry.field(description="Until when; null while it has the case.")
    calendar_minutes: int = strawberry.field(description="All minutes.")
    working_minutes: int = strawberry.field(description="Minutes of working time, without pauses.")
    paused_minutes: int = strawberry.field(description="Minutes in which the clocks stood still.")


@embedded
class Deadline:
    """When a case must be concluded, in the work calendar of the organization that had it when the course began."""

    due_at: datetime | None = column(
        "When it is due; null when its severity has no limit, it is not accepted yet, or its clock stands still."
    )
    remaining_seconds: int | None = column(
        "Seconds left; negative once the deadline has passed.", expression=columns.remaining_seconds
    )
    remaining: int | None = column(
        "Minutes left on the clock: of working time where the limit counts work, without pauses; negative once the "
        "deadline has passed. Of a concluded case, what was left then.",
        expression=history,
        decoder=clocks.remain,
    )
    paused_since: datetime | None = column(
        "Since when the clock stands still; null while it runs.", expression=history, decoder=clocks.pause
    )
    overdue: bool = column("Whether it is, or was concluded, too late.", expression=columns.overdue)
    overdue_at: datetime | None = column("When the worker found it late; null otherwise.")
    explain: list[DeadlineLine] = made(
        "Every stretch of time from the start to the deadline, and why it counts or does not; at most 100 lines, of which "
        "the last sums up the rest.",
        of=history,
        by=clocks.explain,
        at_most=MOST_LINES,
    )
    warnings: list[DeadlineWarning] = made(
        "What the deadline could not take into account; empty when all is well.",
        of=history,
        by=clocks.warn,
        at_most=MOST_WARNINGS,
    )
