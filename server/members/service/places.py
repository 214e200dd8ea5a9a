"""Where an appointment holds, and whom its limit of holders is shared with."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from server.errors import RuleViolation
from server.grids.models import Grid
from server.grids.service import find_grid
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from server.organizations.service import find_organization
from tenants.context import Actor
from tenants.manifest.people import Role
from tenants.manifest.words import RoleScope
from tenants.sessions import WriteSession

# No subtree holds the empty path: only a right over the whole city covers it.
_WHOLE_CITY = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an appointment holds.

    organization_id, grid_id: as stored, by the role's scope. path: for authorization. counted_in: the organization
    whose limit of holders applies: the one of the scope, the grid's, or the member's home.
    """

    organization_id: UUID | None
    grid_id: UUID | None
    path: str
    counted_in: UUID


async def place_for(
    session: WriteSession,
    role: Role,
    member: Member,
    *,
    organization_id: UUID | None,
    grid_id: UUID | None,
    actor: Actor,
) -> Place:
    """The place of an appointment to the role. Errors: NotFound, SCOPE_MISMATCH."""
    by_organization, by_grid = role.scope is RoleScope.ORGANIZATION, role.scope is RoleScope.GRID
    if by_organization != (organization_id is not None):
        raise _mismatch(role, "organizationId", needed=by_organization)
    if by_grid != (grid_id is not None):
        raise _mismatch(role, "gridId", needed=by_grid)
    if organization_id is not None:
        organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
        return Place(organization.id, None, organization.path, organization.id)
    if grid_id is not None:
        grid = await find_grid(session, grid_id, actor=actor)
        return Place(None, grid.id, grid.path, grid.organization_id)
    path = _WHOLE_CITY if role.scope is RoleScope.TENANT else member.path
    return Place(None, None, path, member.organization_id)


async def path_of_appointment(session: WriteSession, appointment: Appointment) -> str:
    """The path of the organization, of the grid's organization or of the member; empty for the whole city."""
    tenant_id = appointment.tenant_id
    if appointment.scope == RoleScope.TENANT:
        return _WHOLE_CITY
    statement = select(Member.path).where(Member.tenant_id == tenant_id, Member.id == appointment.member_id)
    if appointment.organization_id is not None:
        statement = select(Organization.path).where(
            Organization.tenant_id == tenant_id,
            Organization.id == appointment.organization_id,
        )
    elif appointment.grid_id is not None:
        statement = select(Grid.path).where(Grid.tenant_id == tenant_id, Grid.id == appointment.grid_id)
    return (await session.scalars(statement)).one()


def _mismatch(role: Role, field: str, *, needed: bool) -> RuleViolation:
    if needed:
        return RuleViolation(
            "The role {role} is given for one place: name it.",
            code="SCOPE_MISMATCH",
            field=(field,),
            role=role.slug,
        )
    return RuleViolation(
        "The role {role} is not given for such a place.",
        code="SCOPE_MISMATCH",
        field=(field,),
        role=role.slug,
    )
