"""Volunteers, activities, sign-ups and hours in the graph."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Connection, Count, Node
from schema.planner.declare import column, entity, newest_first, oldest_first, to_one
from schema.planner.fields import to_many
from schema.planner.groups import by_column, by_month, by_reference, count_by, sum_of
from schema.volunteers.inputs import (
    ActivityKey,
    ActivityOrder,
    HourEntryFilter,
    HourEntryKey,
    HourEntryOrder,
    SignUpFilter,
    SignUpOrder,
    VolunteerKey,
    VolunteerOrder,
)
from server.volunteers import columns, models, visibility
from server.volunteers.rules import ActivityPhase, ActivityStatus, HourStatus

if TYPE_CHECKING:
    from schema.members.types import Member
    from schema.organizations.types import Organization
    from schema.residents.types import Resident


@entity(
    models.Volunteer,
    prefix="volunteer",
    visible=visibility.volunteers,
    orders={
        VolunteerOrder.REGISTERED_DESC: newest_first("registered_at"),
        VolunteerOrder.NAME_ASC: oldest_first("name"),
        VolunteerOrder.VERIFIED_MINUTES_DESC: newest_first("verified_minutes"),
    },
)
class Volunteer(Node):
    """A registered volunteer, visible to themselves and to staff of the place. Stars give extras, never rights."""

    name: str = column("Name.")
    stars: int = column("Stars earned by verified hours under the city's policy; 0 for none yet.")
    verified_minutes: int = column("Minutes of service that another person has verified.")
    skills: list[str] = column("What they can help with, in their own words.", expression=columns.skills)
    registered_at: datetime = column("When they registered.")
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The community they are registered at.",
        by="organization_id",
    )
    resident: Annotated[Resident, strawberry.lazy("schema.residents.types")] | None = to_one(
        "The resident, if the volunteer is one and the viewer may see them.",
        by="resident_id",
    )
    member: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "The member, if the volunteer is one and the viewer may see them.",
        by="member_id",
    )
    hours: Annotated[HourEntryConnection, strawberry.lazy("schema.volunteers.types")] = to_many(
        "Hours entered, whether they count yet or not.",
        by="volunteer_id",
        filter=HourEntryFilter,
        order=HourEntryOrder,
    )
    sign_ups: Connection[Annotated[SignUp, strawberry.lazy("schema.volunteers.types")]] = to_many(
        "Places taken in activities.",
        by="volunteer_id",
        filter=SignUpFilter,
        order=SignUpOrder,
    )


@entity(
    models.Activity,
    prefix="activity",
    visible=visibility.activities,
    orders={
        ActivityOrder.STARTS_DESC: newest_first("starts_at"),
        ActivityOrder.STARTS_ASC: oldest_first("starts_at"),
    },
)
class Activity(Node):
    """Something volunteers do together, open to those of the whole city up to its capacity."""

    title: str = column("What it is.")
    theme: str = column("What it serves.")
    starts_at: datetime = column("When it starts; signing up ends then.")
    ends_at: datetime = column("When it ends.")
    capacity: int = column("How many can take part.")
    signed_up: int = column("How many places are taken.")
    places_left: int = column("How many places are free.", expression=columns.places_left)
    status: ActivityStatus = column("Whether it takes place.")
    phase: ActivityPhase = column("Where it stands at this moment.", expression=columns.phase)
    organization: Annotated[Organization, strawberry.lazy("schema.organizations.types")] | None = to_one(
        "The organization that holds it.",
        by="organization_id",
    )
    sign_ups: Connection[Annotated[SignUp, strawberry.lazy("schema.volunteers.types")]] = to_many(
        "Places taken, as far as the viewer may see them: one's own, those of visible volunteers, all for the holder.",
        by="activity_id",
        filter=SignUpFilter,
        order=SignUpOrder,
    )


@entity(
    models.ActivitySignUp,
    prefix="signup",
    visible=visibility.sign_ups,
    orders={SignUpOrder.AT_ASC: oldest_first("at"), SignUpOrder.AT_DESC: newest_first("at")},
)
class SignUp(Node):
    """A volunteer's place in an activity."""

    at: datetime = column("When the place was taken.")
    activity: Annotated[Activity, strawberry.lazy("schema.volunteers.types")] | None = to_one(
        "The activity.",
        by="activity_id",
    )
    volunteer: Annotated[Volunteer, strawberry.lazy("schema.volunteers.types")] | None = to_one(
        "The volunteer, if the viewer may see them.",
        by="volunteer_id",
    )


@entity(
    models.HourEntry,
    prefix="hours",
    visible=visibility.of_volunteer,
    orders={
        HourEntryOrder.SERVED_DESC: newest_first("served_on"),
        HourEntryOrder.SERVED_ASC: oldest_first("served_on"),
    },
)
class HourEntry(Node):
    """Service a volunteer entered; it counts once another person has verified it."""

    served_on: date = column("The day of service.")
    minutes: int = column("How long, in minutes.")
    note: str | None = column("What was done.")
    status: HourStatus = column("Whether it counts.")
    entered_at: datetime = column("When it was entered.")
    decided_at: datetime | None = column("When it was approved or refused; null until then.")
    volunteer: Annotated[Volunteer, strawberry.lazy("schema.volunteers.types")] | None = to_one(
        "Who served.",
        by="volunteer_id",
    )
    activity: Annotated[Activity, strawberry.lazy("schema.volunteers.types")] | None = to_one(
        "The activity, if it was one.",
        by="activity_id",
    )
    verified_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who decided, if the viewer may see that member.",
        by="verified_by_id",
    )


@strawberry.type(description="A page of volunteers in a stable order.")
class VolunteerConnection(Connection[Volunteer]):
    """Volunteers, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these volunteers share a key, on all pages; the largest groups first. Costs a count.",
        VolunteerKey,
        {
            VolunteerKey.STARS: by_column("stars"),
            VolunteerKey.ORGANIZATION: by_reference("organization_id", "Organization"),
            VolunteerKey.MONTH_REGISTERED: by_month("registered_at"),
        },
    )


@strawberry.type(description="A page of activities in a stable order.")
class ActivityConnection(Connection[Activity]):
    """Activities, and how many there are by what."""

    count_by: list[Count] = count_by(
        "How many of these activities share a key, on all pages; the largest groups first. Costs a count.",
        ActivityKey,
        {
            ActivityKey.STATUS: by_column("status"),
            ActivityKey.THEME: by_column("theme"),
            ActivityKey.ORGANIZATION: by_reference("organization_id", "Organization"),
            ActivityKey.MONTH_STARTS: by_month("starts_at"),
        },
    )


@strawberry.type(description="How many hour entries share a key, and how long they are together.")
class HourCount(Count):
    """A bar of a chart of hours."""

    minutes: int = sum_of("minutes", "All their minutes, whether they count yet or not.")


@strawberry.type(description="A page of hour entries in a stable order.")
class HourEntryConnection(Connection[HourEntry]):
    """Hour entries, and how many there are by what."""

    count_by: list[HourCount] = count_by(
        "How many of these entries share a key and how long they are together, on all pages; the largest groups first. "
        "Costs a count.",
        HourEntryKey,
        {HourEntryKey.STATUS: by_column("status"), HourEntryKey.MONTH_SERVED: by_month("served_on")},
        of=HourCount,
    )
