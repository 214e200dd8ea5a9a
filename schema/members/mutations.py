"""Members, their appointments and postings."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.members.types import Appointment, Member, Posting
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.members.service import appointments, people, postings, substitutes
from tenants.permissions import Permission


@strawberry.input(description="A person who is to serve.")
class CreateMemberInput:
    """The person and the home organization."""

    organization_id: strawberry.ID = strawberry.field(description="The home organization.")
    name: str = strawberry.field(description="Name, up to 200 characters.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")


@strawberry.input(description="A role for a member.")
class AppointMemberInput:
    """Who, which role, where, how long. Where follows from the role: one organization, one grid, or neither."""

    member_id: strawberry.ID = strawberry.field(description="Who is appointed.")
    role: str = strawberry.field(description="Slug of a role in the city's manifest.")
    organization_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The organization whose subtree the role covers; only for roles of scope ORGANIZATION.",
    )
    grid_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The grid the role covers; only for roles of scope GRID.",
    )
    starts_on: date | None = strawberry.field(default=None, description="First day in force; today if left out.")
    ends_on: date | None = strawberry.field(
        default=None,
        description="Last day in force; if left out, by the role's usual term, or without an end.",
    )


@strawberry.input(description="An appointment to end early.")
class EndAppointmentInput:
    """Which one."""

    appointment_id: strawberry.ID = strawberry.field(description="The appointment.")


@strawberry.input(description="A member to send to a community.")
class PostMemberInput:
    """Who, where to, how long."""

    member_id: strawberry.ID = strawberry.field(description="Who is posted.")
    organization_id: strawberry.ID = strawberry.field(description="The community.")
    home_unit: str | None = strawberry.field(default=None, description="The unit that sends the member.")
    starts_on: date | None = strawberry.field(default=None, description="First day; today if left out.")
    ends_on: date | None = strawberry.field(default=None, description="Last day; no end if left out.")


@strawberry.input(description="Somebody to stand in for the holder of an appointment.")
class AppointSubstituteInput:
    """For whom, who, which days, why."""

    appointment_id: strawberry.ID = strawberry.field(description="The appointment; not a substitute's own.")
    member_id: strawberry.ID = strawberry.field(description="Who stands in.")
    starts_on: date | None = strawberry.field(default=None, description="First day; today if left out.")
    ends_on: date = strawberry.field(description="Last day, within the term of the appointment.")
    reason: str = strawberry.field(description="Why: one line, at most 200 characters.")


@strawberry.type(description="Answer to createMember.")
class CreateMemberPayload:
    """The member, or why there is none."""

    member_id: strawberry.Private[UUID | None] = None
    member: Member | None = loaded("The new member.", Member, by="member_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to appointMember, appointSubstitute and endAppointment.")
class AppointmentPayload:
    """The appointment, or why nothing was changed."""

    appointment_id: strawberry.Private[UUID | None] = None
    appointment: Appointment | None = loaded("The appointment after the change.", Appointment, by="appointment_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to postMember.")
class PostMemberPayload:
    """The posting, or why there is none."""

    posting_id: strawberry.Private[UUID | None] = None
    posting: Posting | None = loaded("The new posting.", Posting, by="posting_id")
    user_errors: list[UserError] = user_errors()


@mutation("Enter a person who serves, at home in an organization.", permission=Permission.MEMBER_CREATE)
async def create_member(info: CivicInfo, input: CreateMemberInput) -> CreateMemberPayload:  # noqa: A002 - GraphQL's own word
    """Enter a member."""
    async with info.context.write() as session:
        member_id = await people.create_member(
            session,
            organization_id=row_id(input.organization_id, "org", field="organizationId"),
            name=input.name,
            phone=input.phone,
            actor=info.context.require_actor(),
        )
    return CreateMemberPayload(member_id=member_id)


@mutation(
    "Give a member a role for a term. The rights begin and end with it; nobody appoints themselves.",
    permission=Permission.APPOINTMENT_CREATE,
)
async def appoint_member(info: CivicInfo, input: AppointMemberInput) -> AppointmentPayload:  # noqa: A002 - GraphQL's own word
    """Appoint."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        appointment_id = await appointments.appoint_member(
            session,
            member_id=row_id(input.member_id, "member", field="memberId"),
            role=input.role,
            organization_id=optional_row_id(input.organization_id, "org", field="organizationId"),
            grid_id=optional_row_id(input.grid_id, "grid", field="gridId"),
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            manifest=manifest,
            actor=actor,
        )
    return AppointmentPayload(appointment_id=appointment_id)


@mutation(
    "Give the role and scope of an appointment to somebody else for some days of its term. Its holder keeps them.",
    permission=Permission.APPOINTMENT_CREATE,
)
async def appoint_substitute(info: CivicInfo, input: AppointSubstituteInput) -> AppointmentPayload:  # noqa: A002 - GraphQL's own word
    """Appoint a substitute."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        appointment_id = await substitutes.appoint_substitute(
            session,
            appointment_id=row_id(input.appointment_id, "appointment", field="appointmentId"),
            member_id=row_id(input.member_id, "member", field="memberId"),
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            reason=input.reason,
            manifest=manifest,
            actor=actor,
        )
    return AppointmentPayload(appointment_id=appointment_id)


@mutation("End an appointment before its term; its rights end at once.", permission=Permission.APPOINTMENT_END)
async def end_appointment(info: CivicInfo, input: EndAppointmentInput) -> AppointmentPayload:  # noqa: A002 - GraphQL's own word
    """End an appointment."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        appointment_id = await appointments.end_appointment(
            session,
            appointment_id=row_id(input.appointment_id, "appointment", field="appointmentId"),
            manifest=manifest,
            actor=actor,
        )
    return AppointmentPayload(appointment_id=appointment_id)


@mutation("Send a member to serve in a community beside the home organization.", permission=Permission.POSTING_CREATE)
async def post_member(info: CivicInfo, input: PostMemberInput) -> PostMemberPayload:  # noqa: A002 - GraphQL's own word
    """Post a member."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        posting_id = await postings.post_member(
            session,
            member_id=row_id(input.member_id, "member", field="memberId"),
            organization_id=row_id(input.organization_id, "org", field="organizationId"),
            home_unit=input.home_unit,
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            manifest=manifest,
            actor=actor,
        )
    return PostMemberPayload(posting_id=posting_id)


@strawberry.type
class MemberMutations:
    """Changes of who serves."""

    create_member = create_member
    appoint_member = appoint_member
    appoint_substitute = appoint_substitute
    end_appointment = end_appointment
    post_member = post_member
