"""Keeping cooperation zones, and appointing those who handle sealed matters."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.members.mutations import AppointMemberInput, AppointmentPayload, EndAppointmentInput
from schema.mutations import mutation
from schema.sealed import mutation_inputs as inputs
from schema.sealed import payloads
from server.members.service import appointments
from server.sealed.service import zones
from tenants.permissions import Permission


@mutation("Make a cooperation zone.", permission=Permission.SEALED_LEAD)
async def create_cooperation_zone(
    info: CivicInfo,
    input: inputs.CreateCooperationZoneInput,  # noqa: A002
) -> payloads.CooperationZonePayload:
    """Make a zone."""
    async with info.context.write() as session:
        zone_id = await zones.create_zone(
            session, name=input.name, parts=_parts(input.members), actor=info.context.require_actor()
        )
    return payloads.CooperationZonePayload(zone_id=zone_id)


@mutation(
    "Give a cooperation zone another name and other members, who read its matters from then on.",
    permission=Permission.SEALED_LEAD,
)
async def change_cooperation_zone(
    info: CivicInfo,
    input: inputs.ChangeCooperationZoneInput,  # noqa: A002
) -> payloads.CooperationZonePayload:
    """Change a zone."""
    async with info.context.write() as session:
        zone_id = await zones.change_zone(
            session,
            zone_id=row_id(input.zone_id, "zone", field="zoneId"),
            expected_version=input.expected_version,
            name=input.name,
            parts=_parts(input.members),
            actor=info.context.require_actor(),
        )
    return payloads.CooperationZonePayload(zone_id=zone_id)


@mutation("Add a rule document to a zone, or its next version.", permission=Permission.SEALED_LEAD)
async def issue_zone_rule(info: CivicInfo, input: inputs.IssueZoneRuleInput) -> payloads.IssueZoneRulePayload:  # noqa: A002
    """Issue a version."""
    async with info.context.write() as session:
        rule_id = await zones.issue_zone_rule(
            session,
            zone_id=row_id(input.zone_id, "zone", field="zoneId"),
            title=input.title,
            status=input.status,
            effective_from=input.effective_from,
            actor=info.context.require_actor(),
        )
    return payloads.IssueZoneRulePayload(rule_id=rule_id)


@mutation(
    "Give a member a role that handles sealed matters. Only a lead can: the city's administrator cannot.",
    permission=Permission.SEALED_APPOINT,
)
async def appoint_to_discipline(info: CivicInfo, input: AppointMemberInput) -> AppointmentPayload:  # noqa: A002 - GraphQL's own word
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


@mutation("End an appointment to a role that handles sealed matters.", permission=Permission.SEALED_APPOINT)
async def end_discipline_appointment(info: CivicInfo, input: EndAppointmentInput) -> AppointmentPayload:  # noqa: A002 - GraphQL's own word
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


def _parts(members: Sequence[inputs.ZoneMemberInput]) -> list[zones.Part]:
    return [
        zones.Part(row_id(member.organization_id, "org", field="members"), member.part, member.leads)
        for member in members
    ]


@strawberry.type
class ZoneMutations:
    """Changes of zones, and of who handles sealed matters."""

    create_cooperation_zone = create_cooperation_zone
    change_cooperation_zone = change_cooperation_zone
    issue_zone_rule = issue_zone_rule
    appoint_to_discipline = appoint_to_discipline
    end_discipline_appointment = end_discipline_appointment
