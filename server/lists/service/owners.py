"""Who may be made to answer for a measure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists, or_, select

from server.errors import NotFound
from server.grids.models import GridAssignment
from server.lists.models import ListProblem
from server.lists.rules import check_owner
from server.members.models import Member, Posting
from server.organizations.models import Organization
from server.organizations.service import find_organization
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.sets import texts_of


@dataclass(frozen=True, slots=True)
class Owner:
    """A member, or an organization with its path."""

    member_id: UUID | None
    organization_id: UUID | None
    path: str | None


async def owner_of(
    session: WriteSession,
    problem: ListProblem,
    *,
    member_id: UUID | None,
    organization_id: UUID | None,
    today: date,
    actor: Actor,
) -> Owner:
    """The one who is named: any organization of the city, or a member who serves where the problem is.

    That is an active member at home or posted at the grid's organization or above it, in the grid's team, or where the
    actor may read members. Errors: LIST_OWNER_INVALID, NotFound.
    """
    check_owner(member_id, organization_id)
    if organization_id is not None:
        organization = await find_organization(session, organization_id, field="organizationId", actor=actor)
        return Owner(None, organization.id, organization.path)
    member = Member
    home = await session.scalar(
        select(member.path).where(
            member.tenant_id == actor.tenant_id,
            member.id == member_id,
            member.status == "ACTIVE",
        ),
    )
    if home is None or not (
        problem.path.startswith(home)
        or actor.reach(Permission.MEMBER_READ).covers(path=home)
        or await session.scalar(select(_serves(problem, member_id, today)))
    ):
        raise NotFound("No such member.", field=("memberId",))
    return Owner(member_id, None, None)


def _serves(problem: ListProblem, member_id: UUID | None, today: date) -> ColumnElement[bool]:
    """Whether the member is in the team of the problem's grid, or posted to its organization or one above."""
    place, posting, organization = GridAssignment, Posting, Organization
    in_team = exists().where(
        place.tenant_id == problem.tenant_id, place.grid_id == problem.grid_id, place.member_id == member_id
    )
    above = [
        f"{path}/" for path in accumulate(problem.path.rstrip("/").split("/"), lambda here, code: f"{here}/{code}")
    ]
    posted = exists().where(
        posting.tenant_id == problem.tenant_id,
        posting.member_id == member_id,
        posting.starts_on <= today,
        posting.ended_at.is_(None),
        or_(posting.ends_on.is_(None), posting.ends_on >= today),
        organization.tenant_id == problem.tenant_id,
        organization.id == posting.organization_id,
        organization.path == any_(texts_of(above)),
    )
    return or_(in_team, posted)
