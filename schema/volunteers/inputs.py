"""Filters and orders of volunteers, activities and hours, and the inputs of their mutations."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry

from schema.planner.conditions import WORDS, at_least, at_most, before, below, equals, found_by, holds, is_set, one_of
from schema.planner.declare import where
from server.volunteers import columns
from server.volunteers.rules import ActivityPhase, ActivityStatus, HourStatus

strawberry.enum(ActivityStatus, description="Whether an activity takes place.")
strawberry.enum(ActivityPhase, description="Where an activity stands at this moment.")
strawberry.enum(HourStatus, description="Whether hours count: only VERIFIED ones do.")


@strawberry.enum(description="Orders of volunteers.")
class VolunteerOrder(Enum):
    """What volunteers can be ordered by."""

    REGISTERED_DESC = "REGISTERED_DESC"
    NAME_ASC = "NAME_ASC"
    VERIFIED_MINUTES_DESC = "VERIFIED_MINUTES_DESC"


@strawberry.enum(description="Orders of activities.")
class ActivityOrder(Enum):
    """What activities can be ordered by."""

    STARTS_DESC = "STARTS_DESC"
    STARTS_ASC = "STARTS_ASC"


@strawberry.enum(description="Orders of sign-ups.")
class SignUpOrder(Enum):
    """What sign-ups can be ordered by."""

    AT_ASC = "AT_ASC"
    AT_DESC = "AT_DESC"


@strawberry.enum(description="Orders of hour entries.")
class HourEntryOrder(Enum):
    """What hour entries can be ordered by."""

    SERVED_DESC = "SERVED_DESC"
    SERVED_ASC = "SERVED_ASC"


@strawberry.enum(description="What volunteers can be counted by.")
class VolunteerKey(Enum):
    """Keys of charts of volunteers."""

    STARS = "STARS"
    ORGANIZATION = "ORGANIZATION"
    MONTH_REGISTERED = "MONTH_REGISTERED"


@strawberry.enum(description="What activities can be counted by.")
class ActivityKey(Enum):
    """Keys of charts of activities."""

    STATUS = "STATUS"
    THEME = "THEME"
    ORGANIZATION = "ORGANIZATION"
    MONTH_STARTS = "MONTH_STARTS"


@strawberry.enum(description="What hour entries can be counted by.")
class HourEntryKey(Enum):
    """Keys of charts of hours."""

    STATUS = "STATUS"
    MONTH_SERVED = "MONTH_SERVED"


@strawberry.input(description="Which volunteers; all conditions given must hold.")
class VolunteerFilter:
    """Conditions on volunteers."""

    search: str | None = where(
        "Whose name holds all these words; 1 to 100 characters.",
        found_by("volunteer"),
        binding=WORDS,
    )
    organization_id: strawberry.ID | None = where(
        "Registered at this very organization.",
        equals("organization_id"),
        prefix="org",
    )
    max_stars: int | None = where("With at most so many stars.", at_most("stars"))
    min_verified_minutes: int | None = where("With at least so many verified minutes.", at_least("verified_minutes"))
    registered_since: datetime | None = where("Registered at or after.", at_least("registered_at"))
    registered_until: datetime | None = where("Registered before.", before("registered_at"))
    name: str | None = where("With exactly this name.", equals("name"))
    min_stars: int | None = where("With at least so many stars.", at_least("stars"))
    within_organization_id: strawberry.ID | None = where(
        "Registered at or below this organization.",
        below(),
        prefix="org",
    )


@strawberry.input(description="Which activities; all conditions given must hold.")
class ActivityFilter:
    """Conditions on activities."""

    search: str | None = where(
        "Whose title holds all these words; 1 to 100 characters.",
        found_by("activity"),
        binding=WORDS,
    )
    organization_id: strawberry.ID | None = where(
        "Announced by this very organization.",
        equals("organization_id"),
        prefix="org",
    )
    has_places: bool | None = where("true: with free places; false: full.", flag=holds(columns.has_places))
    status: list[ActivityStatus] | None = where(
        "In one of these states.",
        one_of("status"),
    )
    theme: str | None = where("With exactly this theme.", equals("theme"))
    within_organization_id: strawberry.ID | None = where(
        "Announced at or below this organization.",
        below(),
        prefix="org",
    )
    starts_since: datetime | None = where(
        "Starting at or after.",
        at_least("starts_at"),
    )
    starts_until: datetime | None = where("Starting before.", before("starts_at"))
    upcoming: bool | None = where(
        "true: not started yet; false: running or over.",
        flag=holds(columns.is_upcoming),
    )


@strawberry.input(description="Which hour entries; all conditions given must hold.")
class HourEntryFilter:
    """Conditions on hour entries."""

    status: list[HourStatus] | None = where(
        "In one of these states.",
        one_of("status"),
    )
    served_since: date | None = where("Served on or after.", at_least("served_on"))
    served_until: date | None = where("Served before.", before("served_on"))
    activity_id: strawberry.ID | None = where(
        "Served in this activity.",
        equals("activity_id"),
        prefix="activity",
    )
    in_activity: bool | None = where("true: served in an activity; false: in none.", flag=is_set("activity_id"))
    min_minutes: int | None = where("Of at least so many minutes.", at_least("minutes"))
    max_minutes: int | None = where("Of at most so many minutes.", at_most("minutes"))
    decided_since: datetime | None = where("Approved or refused at or after.", at_least("decided_at"))
    decided_until: datetime | None = where("Approved or refused before.", before("decided_at"))


@strawberry.input(description="Which sign-ups; all conditions given must hold.")
class SignUpFilter:
    """Conditions on the places of one activity, or of one volunteer: few rows, found by either."""

    since: datetime | None = where("Taken at or after.", at_least("at"))
    until: datetime | None = where("Taken before.", before("at"))


@strawberry.enum(description="What somebody else says about entered hours.")
class HourDecision(Enum):
    """A verifier's decision."""

    APPROVE = "APPROVE"
    REFUSE = "REFUSE"


@strawberry.input(description="Registering oneself as a volunteer.")
class RegisterVolunteerInput:
    """Input of registerVolunteer."""

    skills: list[str] = strawberry.field(
        default_factory=list,
        description="What one can help with, in at most 20 short words.",
    )


@strawberry.input(description="Announcing an activity.")
class CreateActivityInput:
    """Input of createActivity."""

    organization_id: strawberry.ID = strawberry.field(description="The organization that holds it.")
    title: str = strawberry.field(description="What it is, in a line of at most 200 characters.")
    theme: str = strawberry.field(description="What it serves, for example 'Clean streets'; at most 200 characters.")
    starts_at: datetime = strawberry.field(description="When it starts.")
    ends_at: datetime = strawberry.field(description="When it ends, after it starts.")
    capacity: int = strawberry.field(description="How many can take part, at least one.")


@strawberry.input(description="Taking a place in an activity for oneself.")
class SignUpForActivityInput:
    """Input of signUpForActivity."""

    activity_id: strawberry.ID = strawberry.field(description="The activity.")


@strawberry.input(description="Giving one's place in an activity back.")
class CancelSignUpInput:
    """Input of cancelSignUp."""

    activity_id: strawberry.ID = strawberry.field(description="The activity.")


@strawberry.input(description="Entering one's own service.")
class EnterHoursInput:
    """Input of enterHours."""

    served_on: date = strawberry.field(description="The day of service, today at the latest.")
    minutes: int = strawberry.field(description="How long, in minutes; all entries of a day hold at most 1440.")
    activity_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The activity, if it was one; the volunteer had a place in it.",
    )
    note: str | None = strawberry.field(
        default=None, description="What was done, in a line of at most 1000 characters."
    )


@strawberry.input(description="Deciding about another person's hours.")
class VerifyHoursInput:
    """Input of verifyHours."""

    hour_entry_id: strawberry.ID = strawberry.field(description="The entry.")
    decision: HourDecision = strawberry.field(description="APPROVE: the hours count; REFUSE: they do not.")
