"""From what an application shows to the actor of a request.

The application and its key are read as sessions of people are (``server.accounts.actors``): kept for a second, and read anew
beside the requests of one in steady use. So what a city takes away is gone everywhere within that second, also from tokens
that were given before, which only ever narrow what the application may do now.

Whoever shows a wrong key learns nothing: an unknown key, a wrong secret, a key that is over, an application that is
suspended, another city and an address outside the list take the same steps to the same answer. Looking for a key that this
process does not know costs its address points of the budget of strangers, which a right key gets back.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select, update

from server.applications.models import ApiKey, Application
from server.applications.rules import Network, is_let_in, network_of
from server.applications.tokens import TOKEN_PREFIX, ApplicationTokens, Shown, fits, read_key, refused
from server.errors import Invalid
from server.throttle.service import Throttle
from tenants import clock
from tenants.context import Actor, ActorKind, Reach, signature_of
from tenants.permissions import NOT_FOR_APPLICATIONS, Permission
from tenants.readings import AHEAD_SECONDS, FRESH_SECONDS, Readings
from tenants.registry import Registry
from tenants.sessions import Database

GRANTABLE = frozenset(Permission) - NOT_FOR_APPLICATIONS
STRANGERS_POINTS = 20
"""What a key that this process does not know costs its address; they are given back when it is right."""

_USE_NOTED = timedelta(minutes=1)
_KEPT_KEYS = 10_000
_NEVER = datetime.max.replace(tzinfo=UTC)


class TooManyAttempts(Invalid):
    """An address has shown too many wrong keys. seconds: until it may show another; None for never."""

    default_code = "TOO_MANY_ATTEMPTS"

    def __init__(self, seconds: float | None) -> None:
        super().__init__("Too many attempts at once: try again a little later.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Caller:
    """An application at work. client: its code in the manifest, if it has one. ends_at: when its key ends."""

    actor: Actor
    client: str | None
    key_id: UUID
    ends_at: datetime


@dataclass(slots=True)
class _Kept:
    """A key that is in force, as read at a tick of the monotonic clock. noted: whether its use was, since then."""

    tenant_id: UUID
    digest: bytes
    networks: tuple[Network, ...]
    caller: Caller
    read_at: float
    noted: bool


class Applications:
    """The applications of all cities that this process serves, each read at most once a second."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        throttle: Throttle,
        signer: ApplicationTokens,
        *,
        now: Callable[[], datetime] = clock.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.signer = signer
        self._database = database
        self._registry = registry
        self._throttle = throttle
        self._now = now
        self._ticks = ticks
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._forgotten = 0
        self._readings: Readings[_Kept | None] = Readings()
        self._notes: Readings[None] = Readings()

    def shown(self, text: str, *, peer: str) -> Shown:
        """What a bearer's text claims, or as a token proves. Errors: Unauthenticated, for one of neither shape."""
        if text.startswith(TOKEN_PREFIX):
            return self.signer.read(text, peer=peer, now=self._now())
        return read_key(text, peer=peer)

    async def of(self, shown: Shown, request_id: str) -> Caller:
        """The application behind it, with what the city grants now, or of that what the token is for.

        Errors: Unauthenticated for whatever is wrong, TooManyAttempts.
        """
        kept = self._kept.get(shown.key_id)
        known = fits(shown, None if kept is None else kept.digest)
        if kept is None or not known or self._ticks() - kept.read_at >= FRESH_SECONDS:
            kept = await self._admitted(shown, pays=not known and shown.digest is not None)
        elif self._ticks() - kept.read_at >= AHEAD_SECONDS:
            self._readings.start(self._reading(shown), lambda: self._renew(shown.tenant_id, shown.key_id))
        now = self._now()
        over = now >= kept.caller.ends_at or (shown.expires_at is not None and now >= shown.expires_at)
        # A key is bound to its city by its row; a kept one is asked again, for its id is all that it was found by.
        if over or kept.tenant_id != shown.tenant_id or not is_let_in(kept.networks, shown.peer):
            raise refused()
        if not await self._registry.admits(shown.tenant_id):
            raise refused()
        self._note_use(kept, shown.key_id, now)
        return _narrowed(kept.caller, shown.scopes, request_id)

    async def charge(self, caller: Caller, points: int) -> None:
        """Take points of what the application has for tokens. Raises TooManyAttempts."""
        budget = self._throttle.budgets.of("standard")
        bucket = f"tokens:{caller.actor.account_id}"
        admission = await self._throttle.take(caller.actor.tenant_id, bucket, budget, points)
        if not admission.granted:
            raise TooManyAttempts(admission.retry_after)

    def forget(self) -> None:
        """Read every application anew at its next request (after a change in this process)."""
        self._forgotten += 1
        self._kept.clear()

    async def close(self) -> None:
        """Wait for what is being read or noted beside the requests."""
        await self._readings.close()
        await self._notes.close()

    async def _admitted(self, shown: Shown, *, pays: bool) -> _Kept:
        """The key as read now. Errors: Unauthenticated, TooManyAttempts."""
        if pays:
            budget = self._throttle.budgets.of("anonymous")
            admission = await self._throttle.take(None, shown.peer, budget, STRANGERS_POINTS)
            if not admission.granted:
                raise TooManyAttempts(admission.retry_after)
        found = await self._readings.wait(self._reading(shown), lambda: self._renew(shown.tenant_id, shown.key_id))
        if not fits(shown, None if found is None else found.digest) or found is None:
            raise refused()
        if pays:
            self._throttle.give_back(None, shown.peer, STRANGERS_POINTS)
        return found

    def _reading(self, shown: Shown) -> tuple[UUID, UUID, int]:
        return (shown.tenant_id, shown.key_id, self._forgotten)

    async def _renew(self, tenant_id: UUID, key_id: UUID) -> _Kept | None:
        forgotten, read_at, now = self._forgotten, self._ticks(), self._now()
        async with self._database.lookup(tenant_id) as session:
            row = (await session.execute(_in_force(tenant_id, key_id, now))).one_or_none()
        found = None if row is None else _kept(tenant_id, key_id, row, read_at, now)
        if forgotten != self._forgotten:  # a change in this process may have come too late for our query
            return found
        if found is not None:
            self._kept[key_id] = found
            self._kept.move_to_end(key_id)
            while len(self._kept) > _KEPT_KEYS:
                self._kept.popitem(last=False)
        elif (kept := self._kept.get(key_id)) is not None and kept.tenant_id == tenant_id:
            del self._kept[key_id]
        return found

    def _note_use(self, kept: _Kept, key_id: UUID, now: datetime) -> None:
        """Have the use of a key written down beside the request, if that was not done of late."""
        if not kept.noted:
            kept.noted = True
            self._notes.start(key_id, lambda: self._write_use(kept.tenant_id, key_id, now))

    async def _write_use(self, tenant_id: UUID, key_id: UUID, now: datetime) -> None:
        """Once a minute, whichever process is first."""
        async with self._database.write(tenant_id) as session:
            await session.execute(
                update(ApiKey)
                .where(
                    ApiKey.tenant_id == tenant_id,
                    ApiKey.id == key_id,
                    or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - _USE_NOTED),
                )
                .values(last_used_at=now),
            )


_InForce = Row[bytes, datetime | None, datetime | None, Application]


def _in_force(
    tenant_id: UUID, key_id: UUID, now: datetime
) -> Select[bytes, datetime | None, datetime | None, Application]:
    """One row (digest, the key's end, its last use, the application), or none when either is over."""
    return (
        select(ApiKey.digest, ApiKey.expires_at, ApiKey.last_used_at, Application)
        .join(Application, and_(Application.tenant_id == tenant_id, Application.id == ApiKey.application_id))
        .where(
            ApiKey.tenant_id == tenant_id,
            ApiKey.id == key_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            Application.status == "ACTIVE",
            or_(Application.expires_at.is_(None), Application.expires_at > now),
        )
    )


def _kept(tenant_id: UUID, key_id: UUID, row: _InForce, read_at: float, now: datetime) -> _Kept:
    digest, expires_at, last_used_at, application = row
    access = {Permission(scope): _reach_of(application) for scope in application.scopes if scope in GRANTABLE}
    actor = Actor(
        tenant_id=tenant_id,
        kind=ActorKind.APPLICATION,
        account_id=application.id,
        username=application.name,
        access=access,
        signature=_signature(access),
    )
    ends_at = min(expires_at or _NEVER, application.expires_at or _NEVER)
    return _Kept(
        tenant_id=tenant_id,
        digest=digest,
        networks=tuple(network_of(network) for network in application.networks),
        caller=Caller(actor, application.client, key_id, ends_at),
        read_at=read_at,
        noted=last_used_at is not None and last_used_at > now - _USE_NOTED,
    )


def _reach_of(application: Application) -> Reach:
    """Where its permissions hold: in a grid, in an organization's subtree, or everywhere in the city."""
    if application.grid_id is not None:
        return Reach(grids=(application.grid_id,))
    if application.organization_id is not None:
        return Reach(paths=(application.path,))
    return Reach(tenant=True)


def _narrowed(caller: Caller, scopes: frozenset[str] | None, request_id: str) -> Caller:
    """The same with no more than a token's scopes, within a request."""
    actor = caller.actor
    if scopes is not None:
        access = {permission: reach for permission, reach in actor.access.items() if permission.value in scopes}
        actor = replace(actor, access=access, signature=_signature(access))
    return replace(caller, actor=actor.with_request(request_id))


def _signature(access: Mapping[Permission, Reach]) -> tuple[object, ...]:
    """As of a person who is neither member nor resident: what is compiled for one serves the other."""
    return (*signature_of(access), ("member", False), ("resident", False))
