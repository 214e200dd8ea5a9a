"""What a member holds on a day: every appointment with its place, and why it gives nothing if it does not.

Who acts (``server.accounts.actors``) and why somebody may act (``server.access``) are answered from here alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, func, or_, select

from server.grids.models import Grid
from server.members.models import Appointment, Member, Posting
from server.members.rules import Lapse, Term, lapse_of
from server.organizations.models import Organization
from server.organizations.rules import is_within
from tenants.context import Grant
from tenants.manifest.model import Manifest
from tenants.manifest.words import RoleScope
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment on a day. path, grid_id: as of ``Grant``; place: the path a posting must cover, empty for the city.

    last_day: the last one on which it can give anything, ``date.max`` for no end. ended_at: of an early end. lapse: None
    when it gives its role. substitute: whether it stands in for another.
    """

    id: UUID
    role: str
    scope: str
    path: str | None
    grid_id: UUID | None
    place: str
    last_day: date
    ended_at: datetime | None
    lapse: Lapse | None
    substitute: bool

    def grant(self, zone: ZoneInfo) -> Grant:
        """What it gives; the instant of its end by the city's clock."""
        return Grant(self.role, self.scope, self.path, self.grid_id, end_of(self.last_day, zone), self.substitute)


def posted_roles(manifest: Manifest) -> frozenset[str]:
    """The roles that need a posting in force, not only at the appointment (DY-25)."""
    return frozenset(role.slug for role in manifest.roles if role.requires_posting)


async def held_by(
    session: WriteSession,
    *,
    tenant_id: UUID,
    member_id: UUID,
    today: date,
    posted: frozenset[str],
    past: bool = False,
) -> tuple[Held, ...]:
    """The appointments of a member as they stand on a day of the city, the oldest first. posted: ``posted_roles``.

    past: also those that are over, and those still to begin.
    """
    rows = (await session.execute(_appointments(tenant_id, member_id, None if past else today))).all()
    held = tuple(_held(row, today) for row in rows)
    if not any(each.role in posted and each.lapse is None for each in held):
        return held
    postings = await _postings(session, tenant_id, member_id, today)
    return tuple(_if_posted(each, postings) if each.role in posted and each.lapse is None else each for each in held)


def end_of(last_day: date, zone: ZoneInfo) -> datetime | None:
    """The instant a term is over: midnight after its last day in the city's time zone; None for no end."""
    if last_day == date.max:
        return None
    return datetime.combine(last_day + timedelta(days=1), wall_time.min, tzinfo=zone).astimezone(UTC)


def _held(
    row: Row[UUID, str, str, UUID | None, date, date | None, datetime | None, UUID | None, str | None, str], today: date
) -> Held:
    term = Term(row.starts_on, row.ends_on)
    return Held(
        id=row.id,
        role=row.role,
        scope=row.scope,
        path=row.path,
        grid_id=row.grid_id,
        place="" if row.scope == RoleScope.TENANT else row.place,
        last_day=term.last_day,
        ended_at=row.ended_at,
        lapse=lapse_of(term, today, ended=row.ended_at is not None),
        substitute=row.substitutes_id is not None,
    )


def _if_posted(held: Held, postings: Mapping[str, date]) -> Held:
    """It, until the last posting that covers its place is over; nothing when there is none."""
    days = [last_day for path, last_day in postings.items() if is_within(held.place, path)]
    if not days:
        return replace(held, lapse=Lapse.POSTING_MISSING)
    return replace(held, last_day=min(held.last_day, max(days)))


async def _postings(session: WriteSession, tenant_id: UUID, member_id: UUID, today: date) -> dict[str, date]:
    """Where a member is posted on a day: the path of each community, and the last day there."""
    rows = await session.execute(
        select(Organization.path, func.max(func.coalesce(Posting.ends_on, date.max)).label("last_day"))
        .join(Posting, and_(Posting.tenant_id == tenant_id, Posting.organization_id == Organization.id))
        .where(
            Organization.tenant_id == tenant_id,
            Posting.member_id == member_id,
            Posting.ended_at.is_(None),
            Posting.starts_on <= today,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= today),
        )
        .group_by(Organization.path),
    )
    return {row.path: row.last_day for row in rows}


def _appointments(
    tenant_id: UUID,
    member_id: UUID,
    today: date | None,
) -> Select[UUID, str, str, UUID | None, date, date | None, datetime | None, UUID | None, str | None, str]:
    """Rows of a member's appointments; today: only those whose term holds on that day."""
    statement = (
        select(
            Appointment.id,
            Appointment.role,
            Appointment.scope,
            Appointment.grid_id,
            Appointment.starts_on,
            Appointment.ends_on,
            Appointment.ended_at,
            Appointment.substitutes_id,
            Organization.path,
            func.coalesce(Organization.path, Grid.path, Member.path).label("place"),
        )
        .join(Member, and_(Member.tenant_id == tenant_id, Member.id == Appointment.member_id))
        .outerjoin(
            Organization,
            and_(Organization.tenant_id == tenant_id, Organization.id == Appointment.organization_id),
        )
        .outerjoin(Grid, and_(Grid.tenant_id == tenant_id, Grid.id == Appointment.grid_id))
        .where(Appointment.tenant_id == tenant_id, Appointment.member_id == member_id)
        .order_by(Appointment.id)
    )
    if today is None:
        return statement
    return statement.where(
        Appointment.starts_on <= today,
        or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today),
        Appointment.ended_at.is_(None),
    )
