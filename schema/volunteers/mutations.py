"""Mutations of volunteers, activities and hours."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from schema.volunteers.inputs import (
    CancelSignUpInput,
    CreateActivityInput,
    EnterHoursInput,
    HourDecision,
    RegisterVolunteerInput,
    SignUpForActivityInput,
    VerifyHoursInput,
)
from schema.volunteers.types import Activity, HourEntry, SignUp, Volunteer
from server.volunteers.service import activities, hours, registration
from tenants.permissions import Permission


@strawberry.type(description="The volunteer after a change.")
class VolunteerPayload:
    """A volunteer, or why nothing changed."""

    volunteer_id: strawberry.Private[UUID | None] = None
    volunteer: Volunteer | None = loaded("The volunteer; null when nothing changed.", Volunteer, by="volunteer_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The activity after a change.")
class ActivityPayload:
    """An activity, or why nothing changed."""

    activity_id: strawberry.Private[UUID | None] = None
    activity: Activity | None = loaded("The activity; null when nothing changed.", Activity, by="activity_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The place taken.")
class SignUpPayload:
    """A sign-up, or why there is none."""

    sign_up_id: strawberry.Private[UUID | None] = None
    sign_up: SignUp | None = loaded("The place taken; null when nothing changed.", SignUp, by="sign_up_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The hour entry after a change.")
class HourEntryPayload:
    """An hour entry, or why nothing changed."""

    hour_entry_id: strawberry.Private[UUID | None] = None
    hour_entry: HourEntry | None = loaded("The entry; null when nothing changed.", HourEntry, by="hour_entry_id")
    user_errors: list[UserError] = user_errors()


@mutation("Register oneself as a volunteer.", permission=Permission.VOLUNTEER_REGISTER)
async def register_volunteer(info: CivicInfo, input: RegisterVolunteerInput) -> VolunteerPayload:  # noqa: A002 - GraphQL's own word
    """Errors: VOLUNTEER_REGISTERED_ALREADY, VOLUNTEER_PERSON_MISSING, SKILLS_INVALID, those of ``texts.required_line``."""
    actor = info.context.require_actor()
    async with info.context.write() as session:
        volunteer_id = await registration.register_volunteer(session, skills=input.skills, actor=actor)
    return VolunteerPayload(volunteer_id=volunteer_id)


@mutation("Announce an activity with a number of places.", permission=Permission.ACTIVITY_CREATE)
async def create_activity(info: CivicInfo, input: CreateActivityInput) -> ActivityPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, FORBIDDEN, ACTIVITY_REVERSED, ACTIVITY_CAPACITY and those of ``texts.required_line``."""
    actor = info.context.require_actor()
    async with info.context.write() as session:
        activity_id = await activities.create_activity(
            session,
            organization_id=row_id(input.organization_id, "org", field="organizationId"),
            title=input.title,
            theme=input.theme,
            starts_at=input.starts_at,
            ends_at=input.ends_at,
            capacity=input.capacity,
            actor=actor,
        )
    return ActivityPayload(activity_id=activity_id)


@mutation("Take one of an activity's places for oneself.", permission=Permission.ACTIVITY_SIGN_UP)
async def sign_up_for_activity(info: CivicInfo, input: SignUpForActivityInput) -> SignUpPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, VOLUNTEER_NOT_REGISTERED and those of ``rules.check_sign_up``."""
    actor = info.context.require_actor()
    async with info.context.write() as session:
        sign_up_id = await activities.sign_up_for_activity(
            session,
            activity_id=row_id(input.activity_id, "activity", field="activityId"),
            actor=actor,
        )
    return SignUpPayload(sign_up_id=sign_up_id)


@mutation("Give one's place in an activity back before it starts.", permission=Permission.ACTIVITY_SIGN_UP)
async def cancel_sign_up(info: CivicInfo, input: CancelSignUpInput) -> ActivityPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, VOLUNTEER_NOT_REGISTERED, ACTIVITY_STARTED."""
    actor = info.context.require_actor()
    async with info.context.write() as session:
        activity_id = await activities.cancel_sign_up(
            session,
            activity_id=row_id(input.activity_id, "activity", field="activityId"),
            actor=actor,
        )
    return ActivityPayload(activity_id=activity_id)


@mutation(
    "Enter one's own service; it counts once another person has verified it.",
    permission=Permission.HOURS_ENTER,
)
async def enter_hours(info: CivicInfo, input: EnterHoursInput) -> HourEntryPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, VOLUNTEER_NOT_REGISTERED, HOURS_WITHOUT_PLACE and those of ``rules.check_hours``."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        hour_entry_id = await hours.enter_hours(
            session,
            served_on=input.served_on,
            minutes=input.minutes,
            activity_id=optional_row_id(input.activity_id, "activity", field="activityId"),
            note=input.note,
            manifest=manifest,
            actor=actor,
        )
    return HourEntryPayload(hour_entry_id=hour_entry_id)


@mutation("Approve or refuse another person's hours.", permission=Permission.HOURS_VERIFY)
async def verify_hours(info: CivicInfo, input: VerifyHoursInput) -> HourEntryPayload:  # noqa: A002 - GraphQL's own word
    """Errors: NOT_FOUND, FORBIDDEN, HOURS_DECIDED_ALREADY, HOURS_SELF_VERIFICATION."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        hour_entry_id = await hours.verify_hours(
            session,
            hour_entry_id=row_id(input.hour_entry_id, "hours", field="hourEntryId"),
            approve=input.decision is HourDecision.APPROVE,
            manifest=manifest,
            actor=actor,
        )
    return HourEntryPayload(hour_entry_id=hour_entry_id)


@strawberry.type
class VolunteerMutations:
    """Changes of volunteers."""

    register_volunteer = register_volunteer
    create_activity = create_activity
    sign_up_for_activity = sign_up_for_activity
    cancel_sign_up = cancel_sign_up
    enter_hours = enter_hours
    verify_hours = verify_hours
