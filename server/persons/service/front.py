"""One person in several cities, for a whole web process.

Each step is a transaction of its own in one tenant: the platform's, where the links are, or the city's whose account it is
about. What was seen in one may be over in the next; the last one, which gives something away, looks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from server.accounts import sessions
from server.accounts.guesses import Guesses, WrongGuess
from server.accounts.models import Account, SignInSession
from server.accounts.rules import AccountStatus, SignInMethod, device_label
from server.accounts.service.second_factor import code_required, code_wrong, take_code
from server.accounts.service.signing_in import takes_passwords
from server.accounts.sessions import Arrival, SignedIn
from server.accounts.tokens import Tokens
from server.errors import NotFound, RuleViolation, Unauthenticated
from server.persons.service import links
from server.persons.service.links import Holder, NewCode
from server.persons.tokens import parse_link_code
from server.transactions import Transactions
from tenants import clock
from tenants.authz import must_enroll
from tenants.context import Actor, ActorKind
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database
from tenants.standing import admits


@dataclass(frozen=True, slots=True)
class City:
    """A city in which a person has an account. current: the one that asks."""

    slug: str
    current: bool


@dataclass(frozen=True, slots=True)
class Persons:
    """Knows whose accounts belong together: one of these per web process."""

    database: Database
    registry: Registry
    transactions: Transactions
    keyring: Keyring
    guesses: Guesses
    signer: Tokens
    now: Callable[[], datetime] = clock.now

    async def make_code(self, *, actor: Actor) -> NewCode:
        """A code with which another account of the same person is linked to the actor's.

        Errors: Unauthenticated, NotPermitted MUST_ENROLL, RuleViolation LINKING_OFF.
        """
        mine = _holder(actor)
        platform = await self._platform()
        visitor = _visitor(actor, platform)
        async with self.transactions.open(visitor) as session:
            return await links.make_code(session, mine, actor=visitor, now=self.now())

    async def link(self, code: str, *, actor: Actor) -> None:
        """Link the actor's account with the one that made the code. Errors: as ``make_code`` and ``links.link``."""
        mine = _holder(actor)
        platform = await self._platform()
        shown = parse_link_code(code)
        if shown is None:
            raise links.refused()
        async with self.database.lookup(platform.id) as session:
            theirs = await links.holder_of(session, shown, platform_id=platform.id, now=self.now())
        if theirs is None or not await self._is_signed_in(theirs):
            raise links.refused()
        visitor = _visitor(actor, platform)
        async with self.transactions.open(visitor) as session:
            await links.link(session, shown, mine, actor=visitor)

    async def unlink(self, slug: str, *, actor: Actor) -> None:
        """Part the actor's account in a city from the others. Errors: NotFound, and as ``make_code``."""
        mine = _holder(actor)
        platform = await self._platform()
        city = await self.registry.admitting(slug)
        visitor = _visitor(actor, platform)
        async with self.transactions.open(visitor) as session:
            if not await links.unlink(session, mine, city.id if city else uuid7(), actor=visitor):
                raise _not_linked()

    async def cities(self, *, actor: Actor) -> tuple[City, ...]:
        """The cities that the actor's person can go to, by slug, and the one the actor is in; suspended ones left out."""
        here = (await self.registry.by_id(actor.tenant_id)).slug
        platform = await self._found_platform()
        others: list[str] = []
        if platform is not None and actor.kind is ActorKind.USER and actor.account_id is not None:
            mine = Holder(actor.tenant_id, actor.account_id)
            async with self.database.lookup(platform.id) as session:
                ids = set(await links.cities_of(session, mine, platform_id=platform.id))
            found = await self.registry.all()
            others = [each.slug for each in found if each.id in ids and admits(each.status) and each.slug != here]
        return tuple(City(slug, slug == here) for slug in sorted([here, *others]))

    async def switch(
        self, slug: str, *, code: str | None = None, actor: Actor, peer: str = "", user_agent: str = ""
    ) -> SignedIn:
        """A session in another city where the actor's person has an account.

        Errors: NotFound with the same text whether the city is unknown, suspended or not linked, or the account disabled;
        RuleViolation CITY_SIGN_IN_ONLY; for an account with an authenticator Unauthenticated CODE_REQUIRED, CODE_WRONG.
        """
        mine = _holder(actor)
        await self._require_own_proof(actor)
        platform = await self._platform()
        city = await self.registry.admitting(slug)
        # An unknown city is looked for all the same, under an id that nobody has.
        city_id = city.id if city else uuid7()
        async with self.database.lookup(platform.id) as session:
            account_id = await links.account_in(session, mine, city_id, platform_id=platform.id)
        if city is None or account_id is None or city.id == actor.tenant_id:
            raise _not_linked()
        return await self._enter(city, account_id, code, actor.request_id, peer, user_agent)

    async def _enter(
        self, city: TenantInfo, account_id: UUID, code: str | None, request_id: str, peer: str, user_agent: str
    ) -> SignedIn:
        at = self.now()
        own_passwords = await takes_passwords(self.registry, city.id)
        async with self.database.write(city.id) as session:
            account = await session.scalar(
                select(Account)
                .where(
                    Account.tenant_id == city.id, Account.id == account_id, Account.status == AccountStatus.ACTIVE.value
                )
                .with_for_update(key_share=True)
            )
            if account is None:
                raise _not_linked()
            if account.member_id is not None and not own_passwords:
                raise RuleViolation(
                    "Staff of that city sign in through its own service; sign in there.", code="CITY_SIGN_IN_ONLY"
                )
            if account.totp_confirmed_at is not None:
                if not code:
                    raise code_required()
                guess = await self.guesses.admit(city=city.slug, username=account.username, peer=peer)
                right = guess.admitted and await take_code(
                    session, self.keyring, account, code, request_id=request_id, now=at
                )
                if not right:
                    if guess.admitted:
                        self.guesses.note(WrongGuess(city.id, account.id, "CODE", request_id))
                    raise code_wrong()
                await self.guesses.unfinished(guess)
            arrival = Arrival(SignInMethod.LINK, at, request_id, device_label(user_agent))
            return sessions.start(session, self.signer, account, arrival)

    async def _require_own_proof(self, actor: Actor) -> None:
        """A city's own identity provider vouches for that city only: it must open no door of another."""
        async with self.database.lookup(actor.tenant_id) as session:
            method = await session.scalar(
                select(SignInSession.method).where(
                    SignInSession.tenant_id == actor.tenant_id, SignInSession.id == actor.session_id
                )
            )
        if method not in _CARRIES_OVER:
            raise RuleViolation(
                "You signed in through your city's own service, which counts in this city only; sign in to the other one.",
                code="CITY_SIGN_IN_ONLY",
            )

    async def _is_signed_in(self, holder: Holder) -> bool:
        """Whether the session that made a link code goes on, and its account and city with it."""
        if not await self.registry.admits(holder.city_id):
            return False
        tenant_id = holder.city_id
        account = exists().where(
            Account.tenant_id == tenant_id,
            Account.id == holder.account_id,
            Account.status == AccountStatus.ACTIVE.value,
        )
        async with self.database.lookup(tenant_id) as session:
            session_id = await session.scalar(
                select(SignInSession.id).where(
                    SignInSession.tenant_id == tenant_id,
                    SignInSession.id == holder.session_id,
                    SignInSession.account_id == holder.account_id,
                    SignInSession.revoked_at.is_(None),
                    SignInSession.expires_at > self.now(),
                    account,
                )
            )
        return session_id is not None

    async def _found_platform(self) -> TenantInfo | None:
        return next((each for each in await self.registry.all() if each.kind == "PLATFORM"), None)

    async def _platform(self) -> TenantInfo:
        platform = await self._found_platform()
        if platform is None:
            raise RuleViolation(
                "This installation has no tenant of the platform's own, which would keep links; ask its operator.",
                code="LINKING_OFF",
            )
        return platform


_CARRIES_OVER = (SignInMethod.PASSWORD.value, SignInMethod.PHONE.value, SignInMethod.LINK.value)


def _holder(actor: Actor) -> Holder:
    """The actor's account. Errors: Unauthenticated for whoever has none of their own, NotPermitted MUST_ENROLL."""
    if actor.kind is not ActorKind.USER or actor.account_id is None or actor.session_id is None:
        raise Unauthenticated("Nobody is signed in.")
    if actor.must_enroll:
        raise must_enroll()
    return Holder(actor.tenant_id, actor.account_id, actor.session_id)


def _visitor(actor: Actor, platform: TenantInfo) -> Actor:
    """The same person before the platform, for its trail; with no right there."""
    return Actor(
        tenant_id=platform.id, account_id=actor.account_id, username=actor.username, request_id=actor.request_id
    )


def _not_linked() -> NotFound:
    return NotFound("You have no account that is linked in such a city.", field=("tenant",))
