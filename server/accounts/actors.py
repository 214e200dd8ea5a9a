"""From the claims of an access token to the actor of a request.

Roles come from appointments in force on this day of the city, so an ended term needs no job to end the grant. What was
read is kept for a second: a revoked session or a changed appointment shows in every process within that second, and a
term that ends at midnight ends at midnight. A session in steady use is read anew each half second beside its requests,
which then never wait for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, or_, select

from server.accounts.models import Account, SignInSession, SupportAccess
from server.accounts.rules import SignInMethod
from server.accounts.tokens import Claims
from server.errors import NotFound, Unauthenticated
from server.members.models import Member
from server.members.service.holding import held_by, posted_roles
from server.volunteers.models import Volunteer
from tenants import clock
from tenants.authz import Authorizer, Permissions, access_of
from tenants.context import Actor, ActorKind, Grant, Reach, signature_of
from tenants.permissions import NOT_FOR_SUPPORT, Permission
from tenants.readings import AHEAD_SECONDS, FRESH_SECONDS, Readings
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database
from tenants.standing import admits

_KEPT_ACTORS = 10_000
# Whoever came from another city may have shown there no more than a password.
_ASKED_FOR_MORE = (SignInMethod.PASSWORD, SignInMethod.LINK)
# The account, its session's method and end, the member's status, the volunteer's id, what a city lets an operator do.
_Person = Row[str, UUID | None, UUID | None, bool, datetime | None, str, datetime, str, UUID, list[str]]


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

    async def permissions(self, tenant_id: UUID) -> Permissions:
        """What each role of a city may do. Raises NotFound for no city."""
        return await self._authorizer.permissions(await self._registry.by_id(tenant_id))

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
        if not admits(tenant.status):
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
        posted = await self._posted(tenant)
        async with self._database.lookup(tenant.id) as session:
            person = (await session.execute(_person(claims, now))).one_or_none()
            if person is None:
                raise _over()
            serves = person.member_status == "ACTIVE"
            grants: list[Grant] = []
            if serves:
                today = now.astimezone(zone).date()
                held = await held_by(
                    session, tenant_id=tenant.id, member_id=person.member_id, today=today, posted=posted
                )
                grants = [each.grant(zone) for each in held if each.lapse is None]
        grants += standing_grants(
            resident=person.resident_id is not None,
            volunteer=person.volunteer_id is not None,
            serves=serves,
            operator=person.operator and tenant.kind == "PLATFORM",
        )
        until = min([person.expires_at, *(grant.ends_at for grant in grants if grant.ends_at)])
        must_enroll = await self._must_enroll(person, grants, tenant)
        if must_enroll:
            grants = []  # nobody at all but the holder of an account, who may give it an authenticator
        access = access_of(grants, await self._authorizer.permissions(tenant))
        if person.support is not None:
            access = access_of_support(person.support)
        member_id = person.member_id if serves and not must_enroll else None
        resident_id = None if must_enroll else person.resident_id
        actor = Actor(
            tenant_id=tenant.id,
            kind=ActorKind.USER if person.support is None else ActorKind.OPERATOR,
            account_id=claims.account_id,
            session_id=claims.session_id,
            member_id=member_id,
            resident_id=resident_id,
            username=person.username,
            grants=tuple(grants),
            access=access,
            policy_version=tenant.policy_version,
            signature=(
                *signature_of(access),
                ("member", member_id is not None),
                ("resident", resident_id is not None),
            ),
            must_enroll=must_enroll,
        )
        return actor, until

    async def _posted(self, tenant: TenantInfo) -> frozenset[str]:
        if tenant.manifest_version == 0:  # not configured yet: no role has a rule of its own
            return frozenset()
        return posted_roles(await self._registry.manifest(tenant.id))

    async def _must_enroll(self, person: _Person, grants: Sequence[Grant], tenant: TenantInfo) -> bool:
        """Whether a role asks for an authenticator and the account, signed in with a password alone, has none."""
        if person.method not in _ASKED_FOR_MORE or person.totp_confirmed_at is not None or not grants:
            return False
        required = await self._registry.totp_roles(tenant.id)
        return asks_for_authenticator(grants, required)


def _person(
    claims: Claims, now: datetime
) -> Select[str, UUID | None, UUID | None, bool, datetime | None, str, datetime, str, UUID, list[str]]:
    """One row, or none when the session is over."""
    tenant_id = claims.tenant_id
    return (
        select(
            Account.username,
            Account.member_id,
            Account.resident_id,
            Account.operator,
            Account.totp_confirmed_at,
            SignInSession.method,
            SignInSession.expires_at,
            Member.status.label("member_status"),
            Volunteer.id.label("volunteer_id"),
            SupportAccess.permissions.label("support"),
        )
        .select_from(SignInSession)
        .join(Account, and_(Account.tenant_id == tenant_id, Account.id == SignInSession.account_id))
        .outerjoin(Member, and_(Member.tenant_id == tenant_id, Member.id == Account.member_id))
        .outerjoin(
            SupportAccess,
            and_(
                SupportAccess.tenant_id == tenant_id,
                SupportAccess.account_id == Account.id,
                SignInSession.method == SignInMethod.SUPPORT,
                SupportAccess.status == "APPROVED",
                SupportAccess.ends_at > now,
            ),
        )
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


def standing_grants(*, resident: bool, volunteer: bool, serves: bool, operator: bool) -> list[Grant]:
    """What a person may do without an appointment: as a resident, as a registered volunteer, as the operator."""
    grants = []
    if resident:
        grants.append(Grant(role="resident", scope="OWN"))
    if volunteer and (serves or resident):
        grants.append(Grant(role="volunteer", scope="OWN"))
    if operator:
        grants.append(Grant(role="platform_operator", scope="TENANT"))
    return grants


def asks_for_authenticator(grants: Iterable[Grant], required: Collection[str]) -> bool:
    """Whether one of the roles is among those that a city demands an authenticator for."""
    return any(grant.role in required for grant in grants)


def access_of_support(permissions: Iterable[str]) -> dict[Permission, Reach]:
    """What a city's leave opens to an operator: everywhere in the city, and never what no leave may open."""
    given = frozenset(permissions)
    return {right: Reach(tenant=True) for right in Permission if right in given and right not in NOT_FOR_SUPPORT}


def _over() -> Unauthenticated:
    return Unauthenticated("The session is over; sign in again.")
