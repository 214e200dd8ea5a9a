"""What ``civicgrid accounts ...`` does."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from server.accounts.service import invitations, second_factor
from server.errors import NotFound
from server.members.service.appointments import appoint_member
from server.members.service.people import create_member
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor, system_actor
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession

_COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is invited: a member, or a new person of that name. role: to be held over the whole city from today on."""

    member_id: UUID | None
    name: str | None
    role: str | None
    username: str | None


async def invite(database: Database, newcomer: Newcomer, *, tenant: str) -> str:
    """The token of an invitation, in one transaction with the member and the role. Errors as for the use cases."""
    registry = Registry(database)
    city = await registry.by_slug(tenant)
    manifest = await registry.manifest(city.id)
    actor = system_actor(city.id, name=_COMMAND_LINE)
    async with database.write(city.id) as session:
        member_id = newcomer.member_id
        if member_id is None:
            root = await _root(session, actor)
            member_id = await create_member(session, organization_id=root, name=newcomer.name or "", actor=actor)
        if newcomer.role is not None:
            await appoint_member(session, member_id=member_id, role=newcomer.role, manifest=manifest, actor=actor)
        invited = await invitations.invite(
            session, member_id=member_id, username=newcomer.username, actor=actor, now=now()
        )
    return invited.token


async def reset_totp(database: Database, *, tenant: str, username: str) -> None:
    """Take the authenticator from an account and end its sessions. Errors: NotFound; RuleViolation TOTP_NOT_ON."""
    city = await Registry(database).by_slug(tenant)
    async with database.write(city.id) as session:
        await second_factor.reset(session, username=username, actor=system_actor(city.id, name=_COMMAND_LINE))


async def _root(session: WriteSession, actor: Actor) -> UUID:
    """The organization at the top of the city. Errors: NotFound for a tenant without organizations."""
    root = await session.scalar(
        select(Organization.id).where(Organization.tenant_id == actor.tenant_id, Organization.parent_id.is_(None))
    )
    if root is None:
        raise NotFound("No such {thing}.", thing="organization")
    return root
