"""Signing in with a password, and with a code when the account has an authenticator.

It happens before there is an actor, so it opens its own transactions; argon2 always runs between them, never holding a
connection. Unknown, wrong, disabled and refused for a while take the same steps to the same answer: one count, one look for
the account, one hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.accounts import passwords, sessions
from server.accounts.guesses import Guess, Guesses, WrongGuess
from server.accounts.models import Account
from server.accounts.rules import SignInMethod, is_username
from server.accounts.service.second_factor import code_required, code_wrong, take_code
from server.accounts.sessions import Arrival, SignedIn
from server.accounts.tokens import Tokens
from server.errors import NotFound, Unauthenticated
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody sends to sign in, from which address and device."""

    tenant_slug: str
    username: str
    password: str
    code: str | None
    peer: str
    device: str | None
    request_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PasswordDoor:
    """Where people come in with a password: one of these per web process."""

    database: Database
    registry: Registry
    signer: Tokens
    keyring: Keyring
    guesses: Guesses

    async def sign_in(self, shown: Shown) -> SignedIn:
        """Start a session.

        Errors: Unauthenticated SIGN_IN_FAILED, with the same text after the same work whether the city, the user name or
        the password is wrong, the account disabled, the city suspended, too much was guessed, or staff of the city sign
        in at its identity provider; only for who sent the right password CODE_REQUIRED, CODE_WRONG.
        """
        username = shown.username.lower()
        guess = await self.guesses.admit(city=shown.tenant_slug, username=username, peer=shown.peer)
        tenant = await self.registry.admitting(shown.tenant_slug)
        # An unknown city is asked all the same, under an id that nobody has: it answers as late as a known one.
        account = await find_account(self.database, tenant.id if tenant else uuid7(), username)
        right = await proves(account, shown.password) and await self._may_have_one(tenant, account)
        if tenant is None or account is None or not (guess.admitted and right and account.status == "ACTIVE"):
            self._note(tenant, account, guess, "PASSWORD", shown)
            raise _failed()
        if account.totp_confirmed_at is not None and not shown.code:
            await self.guesses.unfinished(guess)
            raise code_required()
        signed_in = await self._enter(account, shown)
        if signed_in is None:
            self._note(tenant, account, guess, "CODE", shown)
            raise code_wrong()
        await self.guesses.proven(guess)
        return signed_in

    async def _may_have_one(self, tenant: TenantInfo | None, account: Account | None) -> bool:
        """Whether an account may be entered with its password: a member's not where staff sign in elsewhere."""
        if tenant is None or account is None or account.member_id is None:
            return True
        return await takes_passwords(self.registry, tenant.id)

    async def _enter(self, verified: Account, shown: Shown) -> SignedIn | None:
        """A session for who sent the right password; None for a wrong code.

        Errors: Unauthenticated SIGN_IN_FAILED when the account was changed or disabled meanwhile.
        """
        outdated = passwords.is_outdated(verified.password_hash)
        fresh_hash = await passwords.rehash(shown.password) if outdated else verified.password_hash
        async with self.database.write(verified.tenant_id) as session:
            # The lock orders us with whoever ends every session it can see, and one use of a code with the next.
            account = await session.scalar(
                select(Account)
                .where(
                    Account.tenant_id == verified.tenant_id,
                    Account.id == verified.id,
                    Account.password_hash == verified.password_hash,
                    Account.status == "ACTIVE",
                )
                .with_for_update(key_share=True),
            )
            if account is None or (account.totp_confirmed_at is not None and not shown.code):
                raise _failed()
            if account.totp_confirmed_at is not None and not await take_code(
                session, self.keyring, account, shown.code or "", request_id=shown.request_id, now=shown.now
            ):
                return None
            account.password_hash = fresh_hash
            arrival = Arrival(SignInMethod.PASSWORD, shown.now, shown.request_id, shown.device)
            return sessions.start(session, self.signer, account, arrival)

    def _note(
        self, tenant: TenantInfo | None, account: Account | None, guess: Guess, reason: str, shown: Shown
    ) -> None:
        if tenant is not None and guess.admitted:
            account_id = None if account is None else account.id
            self.guesses.note(WrongGuess(tenant.id, account_id, reason, shown.request_id))


async def takes_passwords(registry: Registry, tenant_id: UUID) -> bool:
    """Whether staff of a city may have passwords here; so they may where there is no city, for the next to tell."""
    try:
        identity = await registry.identity(tenant_id)
    except NotFound:
        return True
    return identity is None or identity.local_passwords


async def find_account(database: Database, tenant_id: UUID, username: str) -> Account | None:
    """The account of that name, in a transaction of its own."""
    # What cannot be a user name may hold characters that PostgreSQL refuses; ask for one that cannot exist instead.
    name = username if is_username(username) else ""
    async with database.write(tenant_id) as session:
        found: Account | None = await session.scalar(
            select(Account).where(Account.tenant_id == tenant_id, Account.username == name),
        )
        return found


async def proves(account: Account | None, password: str) -> bool:
    """Whether a password is the account's; without an account the same work for nothing."""
    if account is None:
        await passwords.verify_nothing(password)
        return False
    return await passwords.verify(account.password_hash, password)


def _failed() -> Unauthenticated:
    return Unauthenticated("City, user name or password is wrong.", code="SIGN_IN_FAILED")
