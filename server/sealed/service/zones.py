"""Cooperation zones and their rule documents (FD-01, FD-05), kept by the leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, select

from server.errors import Conflict, NotFound
from server.events.record import record
from server.organizations.service import find_organization
from server.sealed.models import CooperationZone, ZoneMember, ZoneRule
from server.sealed.rules import ZoneMemberFacts, ZonePart, ZoneRuleStatus, check_rule_document, check_zone
from server.sealed.visibility import zones
from server.texts import required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

SUBJECT = "cooperation_zone"


@dataclass(frozen=True, slots=True)
class Part:
    """An organization that is to be in a zone."""

    organization_id: UUID
    part: ZonePart
    leads: bool = False


async def create_zone(session: WriteSession, *, name: str, parts: Sequence[Part], actor: Actor) -> UUID:
    """Make a zone. Errors: NotPermitted, NotFound for an organization, ZONE_INVALID, TEXT_*, Conflict ZONE_NAME_TAKEN."""
    authorize(actor, Permission.SEALED_LEAD)
    members = await _members(session, parts, actor)
    line = required_line(name, field="name")
    await _check_name(session, line, None, actor.tenant_id)
    zone = CooperationZone(tenant_id=actor.tenant_id, id=uuid7(), name=line, version=1, created_at=now())
    session.add(zone)
    await session.flush()
    await _put(session, zone.id, members, actor.tenant_id)
    await _record(session, "CooperationZoneCreated", zone.id, actor)
    return zone.id


async def change_zone(
    session: WriteSession, *, zone_id: UUID, expected_version: int, name: str, parts: Sequence[Part], actor: Actor
) -> UUID:
    """Give a zone another name and other members; what it has is from then on for those to read.

    Errors as of ``create_zone``, NotFound for the zone, Conflict VERSION_CONFLICT.
    """
    zone = await find_zone(session, zone_id, actor=actor, lock=True)
    authorize(actor, Permission.SEALED_LEAD)
    if zone.version != expected_version:
        raise Conflict(
            "The zone is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=zone.version,
            expected=expected_version,
        )
    members = await _members(session, parts, actor)
    line = required_line(name, field="name")
    await _check_name(session, line, zone.id, actor.tenant_id)
    zone.name, zone.version = line, zone.version + 1
    await session.execute(
        delete(ZoneMember).where(ZoneMember.tenant_id == actor.tenant_id, ZoneMember.zone_id == zone.id)
    )
    await _put(session, zone.id, members, actor.tenant_id)
    await _record(session, "CooperationZoneChanged", zone.id, actor)
    return zone.id


async def issue_zone_rule(
    session: WriteSession, *, zone_id: UUID, title: str, status: ZoneRuleStatus, effective_from: date, actor: Actor
) -> UUID:
    """Add a rule document to a zone, or its next version under the same title; the version's id (FD-05).

    Errors: NotFound, NotPermitted, ZONE_RULE_DATE, TEXT_*.
    """
    zone = await find_zone(session, zone_id, actor=actor, lock=True)
    authorize(actor, Permission.SEALED_LEAD)
    line = required_line(title, field="title")
    newest = (
        await session.execute(
            select(func.max(ZoneRule.version), func.max(ZoneRule.effective_from)).where(
                ZoneRule.tenant_id == actor.tenant_id, ZoneRule.zone_id == zone.id, ZoneRule.title == line
            )
        )
    ).one()
    check_rule_document(newest[1], effective_from)
    row = ZoneRule(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        zone_id=zone.id,
        title=line,
        version=(newest[0] or 0) + 1,
        status=status.value,
        effective_from=effective_from,
        issued_at=now(),
    )
    session.add(row)
    await session.flush()
    await _record(session, "ZoneRuleIssued", zone.id, actor)
    return row.id


async def find_zone(session: WriteSession, zone_id: UUID, *, actor: Actor, lock: bool = False) -> CooperationZone:
    """A zone that the actor may see, by the very condition of reads. Raises NotFound."""
    viewer = Viewer(actor)
    row = CooperationZone.__table__
    statement = select(CooperationZone).where(row.c.tenant_id == viewer.tenant, row.c.id == zone_id, zones(row, viewer))
    found = await session.scalar(statement.with_for_update(of=row) if lock else statement, viewer.values())
    if found is None:
        raise NotFound("No such cooperation zone.", field=("zoneId",))
    return found


async def members_of(session: WriteSession, zone_id: UUID, *, tenant_id: UUID) -> list[ZoneMemberFacts]:
    """The organizations of a zone."""
    rows = await session.scalars(
        select(ZoneMember).where(ZoneMember.tenant_id == tenant_id, ZoneMember.zone_id == zone_id)
    )
    return [ZoneMemberFacts(row.organization_id, row.path, ZonePart(row.part), row.leads) for row in rows]


async def _members(session: WriteSession, parts: Sequence[Part], actor: Actor) -> list[ZoneMemberFacts]:
    found = []
    for part in parts:
        organization = await find_organization(session, part.organization_id, field="members", actor=actor)
        found.append(ZoneMemberFacts(organization.id, organization.path, part.part, part.leads))
    check_zone(found)
    return found


async def _put(session: WriteSession, zone_id: UUID, members: Sequence[ZoneMemberFacts], tenant_id: UUID) -> None:
    session.add_all(
        ZoneMember(
            tenant_id=tenant_id,
            id=uuid7(),
            zone_id=zone_id,
            organization_id=member.organization_id,
            path=member.path,
            part=member.part.value,
            leads=member.leads,
        )
        for member in members
    )
    await session.flush()


async def _check_name(session: WriteSession, name: str, zone_id: UUID | None, tenant_id: UUID) -> None:
    other = await session.scalar(
        select(CooperationZone.id).where(CooperationZone.tenant_id == tenant_id, CooperationZone.name == name)
    )
    if other is not None and other != zone_id:
        raise Conflict("Another zone has this name.", code="ZONE_NAME_TAKEN", field=("name",))


async def _record(session: WriteSession, type_: str, zone_id: UUID, actor: Actor) -> None:
    """Zones are no secret, unlike what they have: their changes stand in the city's log."""
    await record(
        session,
        type=type_,
        subject_type=SUBJECT,
        subject_id=zone_id,
        action=Permission.SEALED_LEAD.value,
        actor=actor,
    )
