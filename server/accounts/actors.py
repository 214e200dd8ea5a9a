"""From the claims of an access token to the actor of a request.

Roles come from appointments in force on this day of the city, so an ended term needs no job to end the grant. What was
read is kept for a second: a revoked session or a changed appointment shows in every process within that second, and a
term that ends at midnight ends at midnight. A session in steady use is read anew each half second beside its requests,
which then never wait for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, or_, select

from server.accounts.models import Account, SignInSession
from server.accounts.tokens import Claims
from server.errors import NotFound, Unauthenticated
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from server.volunteers.models import Volunteer
from tenants import clock
from tenants.authz import Authorizer, access_of
from tenants.context import Actor, Grant, signature_of
from tenants.readings import AHEAD_SECONDS, FRESH_SECONDS, Readings
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database

_KEPT_ACTORS = 10_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """An actor as read at a tick of the monotonic clock; wrong from ``until`` on, however fresh."""

    actor: Actor
    read_at: float
    until: datetime


class Actors:
    """The actors of the sessions this process serves, each read at most once a second."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        authorizer: Authorizer,
        *,
        now: Callable[[], datetime] = clock.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._registry = registry
        self._authorizer = authorizer
        self._now = now
        self._ticks = ticks
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._forgotten = 0
        self._readings: Readings[_Kept] = Readings()

    async def of(self, claims: Claims, request_id: str) -> Actor:
        """The actor behind a verified token.

        Errors: Unauthenticated when the session is over, the account disabled or the city suspended.
        """
        tenant = await self._tenant(claims.tenant_id)
        key = (claims.tenant_id, claims.account_id, claims.session_id, tenant.policy_version, self._forgotten)
        kept = self._kept.get(claims.session_id)
        if kept is None or not self._stands(kept, claims, tenant):
            kept = await self._readings.wait(key, lambda: self._renew(claims, tenant))
            if self._now() >= kept.until:  # midnight came while we waited for what somebody else had begun
                kept = await self._renew(claims, tenant)
        else:
            self._kept.move_to_end(claims.session_id)
            if self._ticks() - kept.read_at >= AHEAD_SECONDS:
                self._readings.start(key, lambda: self._renew(claims, tenant))
        return kept.actor.with_request(request_id)

    async def close(self) -> None:
        """Wait for what is being read beside the requests."""
        await self._readings.close()

    def forget(self, session_id: UUID) -> None:
        """Read this session anew at its next request (after sign-out in this process)."""
        self._forgotten += 1
        self._kept.pop(session_id, None)

    async def _renew(self, claims: Claims, tenant: TenantInfo) -> _Kept:
        forgotten, read_at = self._forgotten, self._ticks()
        try:
            actor, until = await self._read(claims, tenant)
        except Unauthenticated:
            self._kept.pop(claims.session_id, None)
            raise
        found = _Kept(actor, read_at, until)
        # A sign-out while we read may have come too late for our query: then nothing is kept.
        if forgotten == self._forgotten:
            self._keep(claims.session_id, found)
        return found

    async def _tenant(self, tenant_id: UUID) -> TenantInfo:
        try:
            tenant = await self._registry.by_id(tenant_id)
        except NotFound as error:
            raise _over() from error
        if tenant.status != "ACTIVE":
            raise _over()
        return tenant

    def _stands(self, kept: _Kept, claims: Claims, tenant: TenantInfo) -> bool:
        actor = kept.actor
        return (
            (actor.tenant_id, actor.account_id) == (claims.tenant_id, claims.account_id)
            and actor.policy_version == tenant.policy_version
            and self._ticks() - kept.read_at < FRESH_SECONDS
            and self._now() < kept.until
        )

    def _keep(self, session_id: UUID, kept: _Kept) -> None:
        self._kept[session_id] = kept
        self._kept.move_to_end(session_id)
        while len(self._kept) > _KEPT_ACTORS:
            self._kept.popitem(last=False)

    async def _read(self, claims: Claims, tenant: TenantInfo) -> tuple[Actor, datetime]:
        now = self._now()
        zone = ZoneInfo(tenant.time_zone)
        async with self._database.lookup(tenant.id) as session:
            person = (await session.execute(_person(claims, now))).one_or_none()
            if person is None:
                raise _over()
            serves = person.member_status == "ACTIVE"
            appointments: tuple[Row[str, str, UUID | None, date | None, str | None], ...] = ()
            if serves:
                in_force = _appointments(tenant.id, person.member_id, now.astimezone(zone).date())
                appointments = tuple((await session.execute(in_force)).all())
        grants = [
            Grant(role=role, scope=scope, path=path, grid_id=grid_id, ends_at=_end_of(ends_on, zone))
            for role, scope, grid_id, ends_on, path in appointments
        ]
        grants += _standing_grants(person, tenant, serves=serves)
        access = access_of(grants, await self._authorizer.permissions(tenant))
        member_id = person.member_id if serves else None
        actor = Actor(
            tenant_id=tenant.id,
            account_id=claims.account_id,
            session_id=claims.session_id,
            member_id=member_id,
            resident_id=person.resident_id,
            username=person.username,
            grants=tuple(grants),
            access=access,
            policy_version=tenant.policy_version,
            signature=(
                *signature_of(access),
                ("member", member_id is not None),
                ("resident", person.resident_id is not None),
            ),
        )
        return actor, min([person.expires_at, *(grant.ends_at for grant in grants if grant.ends_at)])


def _person(claims: Claims, now: datetime) -> Select[str, UUID | None, UUID | None, bool, datetime, str, UUID]:
    """One row (account, session's end, the member's status, the volunteer's id), or none when the session is over."""
    tenant_id = claims.tenant_id
    return (
        select(
            Account.username,
            Account.member_id,
            Account.resident_id,
            Account.operator,
            SignInSession.expires_at,
            Member.status.label("member_status"),
            Volunteer.id.label("volunteer_id"),
        )
        .select_from(SignInSession)
        .join(Account, and_(Account.tenant_id == tenant_id, Account.id == SignInSession.account_id))
        .outerjoin(Member, and_(Member.tenant_id == tenant_id, Member.id == Account.member_id))
        .outerjoin(
            Volunteer,
            and_(
                Volunteer.tenant_id == tenant_id,
                or_(Volunteer.member_id == Account.member_id, Volunteer.resident_id == Account.resident_id),
            ),
        )
        .where(
            SignInSession.tenant_id == tenant_id,
            SignInSession.id == claims.session_id,
            SignInSession.account_id == claims.account_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            Account.status == "ACTIVE",
        )
    )


def _appointments(
    tenant_id: UUID,
    member_id: UUID,
    today: date,
) -> Select[str, str, UUID | None, date | None, str | None]:
    """Rows (role, scope, grid id, last day, organization's path) of the appointments in force on a day of the city."""
    return (
        select(Appointment.role, Appointment.scope, Appointment.grid_id, Appointment.ends_on, Organization.path)
        .outerjoin(
            Organization,
            and_(Organization.tenant_id == tenant_id, Organization.id == Appointment.organization_id),
        )
        .where(
            Appointment.tenant_id == tenant_id,
            Appointment.member_id == member_id,
            Appointment.starts_on <= today,
            or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today),
            Appointment.ended_at.is_(None),
        )
        .order_by(Appointment.id)
    )


def _standing_grants(
    person: Row[str, UUID | None, UUID | None, bool, datetime, str, UUID],
    tenant: TenantInfo,
    *,
    serves: bool,
) -> list[Grant]:
    """What a person may do without an appointment: as a resident, as a registered volunteer, as the operator."""
    grants = []
    if person.resident_id is not None:
        grants.append(Grant(role="resident", scope="OWN"))
    if person.volunteer_id is not None and (serves or person.resident_id is not None):
        grants.append(Grant(role="volunteer", scope="OWN"))
    if person.operator and tenant.kind == "PLATFORM":
        grants.append(Grant(role="platform_operator", scope="TENANT"))
    return grants


def _end_of(last_day: date | None, zone: ZoneInfo) -> datetime | None:
    """The instant a term is over: midnight after its last day in the city's time zone; None for no end."""
    if last_day is None or last_day == date.max:
        return None
    return datetime.combine(last_day + timedelta(days=1), wall_time.min, tzinfo=zone).astimezone(UTC)


def _over() -> Unauthenticated:
    return Unauthenticated("The session is over; sign in again.")
