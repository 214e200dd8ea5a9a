"""Members themselves."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound, RuleViolation
from server.events.record import record
from server.members.models import Member
from server.organizations.service import find_organization
from server.search.writing import make_searchable
from server.texts import optional_phone, required_line
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def create_member(
    session: WriteSession,
    *,
    organization_id: UUID,
    name: str,
    phone: str | None = None,
    actor: Actor,
) -> UUID:
    """Enter a person who serves, at home in an organization; the member's id is returned.

    Errors: NotFound for the organization, NotPermitted, TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID, PHONE_INVALID.
    """
    organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
    authorize(actor, Permission.MEMBER_CREATE, path=organization.path)
    member = Member(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        organization_id=organization.id,
        path=organization.path,
        name=required_line(name, field="name"),
        phone=optional_phone(phone),
    )
    session.add(member)
    await session.flush()
    await make_searchable(session, "member", member.id, tenant_id=actor.tenant_id, name=member.name)
    await record(
        session,
        type="MemberCreated",
        subject_type="Member",
        subject_id=member.id,
        action=Permission.MEMBER_CREATE.value,
        actor=actor,
        detail={"organization": str(organization.id)},
    )
    return member.id


async def find_member(session: WriteSession, member_id: UUID, *, actor: Actor, lock: bool = False) -> Member:
    """A member of the actor's city that the actor may see, past ones included; NotFound otherwise.

    lock: until the transaction ends, for whoever looks first whether the member has something already.
    """
    statement = select(Member).where(Member.tenant_id == actor.tenant_id, Member.id == member_id)
    member = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if member is not None and (
        member.id == actor.member_id or actor.reach(Permission.MEMBER_READ).covers(path=member.path)
    ):
        return member
    raise NotFound("No such member.", field=("memberId",))


async def serving_member(session: WriteSession, member_id: UUID, *, actor: Actor, lock: bool = False) -> Member:
    """The same, for somebody about to be given something to do. Raises MEMBER_LEFT."""
    member = await find_member(session, member_id, actor=actor, lock=lock)
    if member.status != "ACTIVE":
        raise RuleViolation("This member has left.", code="MEMBER_LEFT", field=("memberId",))
    return member
