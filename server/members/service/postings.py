"""Postings: members sent to serve in a community beside their home organization (DY-25)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from server.errors import Conflict
from server.events.record import record
from server.members.models import Posting
from server.members.rules import term_from
from server.members.service.people import serving_member
from server.members.service.terms import first_day
from server.organizations.service import find_organization
from server.texts import optional_line
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def post_member(
    session: WriteSession,
    *,
    member_id: UUID,
    organization_id: UUID,
    home_unit: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Send a member to an organization from a day of the city on (None: today); the posting's id is returned.

    Errors: NotFound for member or organization, NotPermitted, MEMBER_LEFT, TERM_REVERSED, DATE_OUT_OF_RANGE,
    Conflict ALREADY_POSTED for days the member is posted there anyway.
    """
    organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
    authorize(actor, Permission.POSTING_CREATE, path=organization.path)
    member = await serving_member(session, member_id, actor=actor, lock=True)
    term = term_from(first_day(starts_on, manifest), ends_on, None)
    overlapping = await session.scalar(
        select(Posting.id).where(
            Posting.tenant_id == actor.tenant_id,
            Posting.member_id == member.id,
            Posting.organization_id == organization.id,
            Posting.ended_at.is_(None),
            Posting.starts_on <= term.last_day,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= term.starts_on),
        ),
    )
    if overlapping is not None:
        raise Conflict("The member is posted there on these days.", code="ALREADY_POSTED", field=("memberId",))
    posting = Posting(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        member_id=member.id,
        organization_id=organization.id,
        home_unit=optional_line(home_unit, field="homeUnit"),
        starts_on=term.starts_on,
        ends_on=term.ends_on,
    )
    session.add(posting)
    await session.flush()
    await record(
        session,
        type="MemberPosted",
        subject_type="Posting",
        subject_id=posting.id,
        action=Permission.POSTING_CREATE.value,
        actor=actor,
        detail={"member": str(member.id), "organization": str(organization.id)},
    )
    return posting.id
