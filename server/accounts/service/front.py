"""Who is asking, for a whole web process: signing in and out, and what people do with their own accounts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from server.accounts import passwords, sessions
from server.accounts.actors import Actors
from server.accounts.guesses import Guess, Guesses, WrongGuess
from server.accounts.models import Account
from server.accounts.rules import AccountStatus, device_label
from server.accounts.service import changing, invitations, second_factor
from server.accounts.service.second_factor import NewSecret
from server.accounts.service.signing_in import PasswordDoor, Shown, find_account, proves, takes_passwords
from server.accounts.sessions import SignedIn
from server.accounts.tokens import Tokens, parse_invitation_token, parse_refresh_token
from server.errors import AppError, Invalid, RuleViolation, Unauthenticated
from server.transactions import Transactions
from tenants.clock import now
from tenants.context import Actor
from tenants.keys import Keyring
from tenants.registry import Registry
from tenants.sessions import Database


@dataclass(frozen=True, slots=True)
class Accounts:
    """Signs people in and out and knows the actor behind a token: one of these per web process."""

    database: Database
    registry: Registry
    signer: Tokens
    actors: Actors
    keyring: Keyring
    guesses: Guesses
    transactions: Transactions

    async def sign_in(
        self,
        *,
        tenant_slug: str,
        username: str,
        password: str,
        request_id: str,
        code: str | None = None,
        peer: str = "",
        user_agent: str = "",
    ) -> SignedIn:
        """Start a session now. Errors: Unauthenticated as for ``PasswordDoor.sign_in``."""
        door = PasswordDoor(self.database, self.registry, self.signer, self.keyring, self.guesses)
        return await door.sign_in(
            Shown(
                tenant_slug=tenant_slug,
                username=username,
                password=password,
                code=code,
                peer=peer,
                device=device_label(user_agent),
                request_id=request_id,
                now=now(),
            ),
        )

    async def refresh(self, *, refresh_token: str, request_id: str, peer: str = "") -> SignedIn:
        """Exchange a refresh token now. Errors: Unauthenticated SESSION_REVOKED (``sessions.refresh``)."""
        try:
            return await sessions.refresh(
                self.database,
                self.registry,
                self.signer,
                refresh_token=refresh_token,
                request_id=request_id,
                now=now(),
            )
        except Unauthenticated:
            token = parse_refresh_token(refresh_token)
            if token is not None and not self.signer.has_issued(token):
                await self._note_invented(token.tenant_id, "REFRESH", request_id, peer)
            raise

    async def sign_out(self, *, actor: Actor) -> None:
        """End the actor's session, here at once and elsewhere within a second. Errors: Unauthenticated without one."""
        async with self.transactions.open(actor) as session:
            await sessions.sign_out(session, actor=actor)
        # Only now: a request between an earlier forgetting and the commit would have been remembered again.
        if actor.session_id is not None:
            self.actors.forget(actor.session_id)

    async def authenticate(self, access_token: str, *, request_id: str) -> Actor:
        """The actor of a request. Errors: Unauthenticated for a wrong token or a session that is over."""
        return await self.actors.of(self.signer.read(access_token, now=now()), request_id)

    async def revoke_session(self, session_id: UUID, *, actor: Actor) -> None:
        """End one of the actor's own sessions, here at once and elsewhere within a second. Errors: NotFound."""
        async with self.transactions.open(actor) as session:
            await sessions.revoke(session, session_id, actor=actor)
        self.actors.forget(session_id)

    async def revoke_other_sessions(self, *, actor: Actor) -> int:
        """End all of the actor's sessions but this one; how many. Errors: Unauthenticated without an account."""
        async with self.transactions.open(actor) as session:
            ended = await sessions.revoke_others(session, actor=actor)
        self._forget(ended)
        return len(ended)

    async def change_password(self, *, password: str, new_password: str, actor: Actor, peer: str) -> int:
        """Give the actor's account another password and end its other sessions; how many.

        Errors: Invalid PASSWORD_WRONG, PASSWORD_TOO_WEAK; Unauthenticated.
        """
        fresh = await passwords.hash_password(new_password, username=actor.username, field="newPassword")
        verified = await self._proven(password, actor, peer)
        async with self.transactions.open(actor) as session:
            account = await self._same(await changing.own_account(session, actor=actor), verified)
            ended = await changing.change_password(session, account, password_hash=fresh, actor=actor)
        self._forget(ended)
        return len(ended)

    async def begin_totp(self, *, password: str, actor: Actor, peer: str) -> NewSecret:
        """A secret for the actor's authenticator. Errors: Invalid PASSWORD_WRONG, Conflict TOTP_ALREADY_ON."""
        verified = await self._proven(password, actor, peer)
        city = (await self.registry.by_id(actor.tenant_id)).slug
        async with self.transactions.open(actor) as session:
            account = await self._same(await changing.own_account(session, actor=actor), verified)
            return await second_factor.give_secret(session, self.keyring, account, city=city, actor=actor)

    async def confirm_totp(self, *, code: str, actor: Actor, peer: str = "") -> tuple[str, ...]:
        """Have codes asked for from now on; the recovery codes. Errors as for ``second_factor.confirm``."""
        guess = await self._admit(actor, peer)
        if not guess.admitted:
            raise second_factor.wrong_code()
        try:
            async with self.transactions.open(actor) as session:
                account = await changing.own_account(session, actor=actor)
                fresh = await second_factor.confirm(session, self.keyring, account, code, actor=actor, now=now())
        except AppError as error:
            if error.code == second_factor.CODE_WRONG:
                self._note(actor, "CODE")
            else:  # there was nothing to guess
                await self.guesses.unfinished(guess)
            raise
        await self.guesses.proven(guess)
        self._forget((actor.session_id,))
        return fresh

    async def disable_totp(self, *, password: str, code: str, actor: Actor, peer: str) -> None:
        """Take the authenticator away. Errors: Invalid PASSWORD_WRONG, CODE_WRONG; RuleViolation TOTP_NOT_ON."""
        guess = await self._admit(actor, peer)
        verified = await self._verified(guess, password, actor)
        async with self.transactions.open(actor) as session:
            account = await self._same(await changing.own_account(session, actor=actor), verified)
            done = await second_factor.disable(session, self.keyring, account, code, actor=actor, now=now())
        if not done:
            self._note(actor, "CODE")
            raise second_factor.wrong_code()
        await self.guesses.proven(guess)
        self._forget((actor.session_id,))

    async def set_status(self, *, username: str, status: AccountStatus, actor: Actor) -> int:
        """Disable or enable an account; how many sessions end, within a second everywhere. Errors: NotFound and others."""
        async with self.transactions.open(actor) as session:
            ended = await changing.set_status(session, username=username.lower(), status=status, actor=actor)
        self._forget(ended)
        return len(ended)

    async def accept_invitation(
        self, *, tenant_slug: str, token: str, username: str | None, password: str, request_id: str, peer: str = ""
    ) -> str:
        """Open the account of an invitation; its user name. Errors as for ``invitations.accept``, PASSWORD_TOO_WEAK;
        RuleViolation LOCAL_PASSWORDS_OFF.
        """
        parsed = parse_invitation_token(token)
        if parsed is not None and not await takes_passwords(self.registry, parsed.tenant_id):
            raise RuleViolation(
                "Staff of this city sign in at its identity provider: show the invitation to beginSignIn.",
                code="LOCAL_PASSWORDS_OFF",
            )
        if parsed is None or not await self._is(tenant_slug, parsed.tenant_id):
            raise invitations.refused()
        newcomer = Actor(tenant_id=parsed.tenant_id, request_id=request_id)
        try:
            async with self.transactions.open(newcomer) as session:
                await invitations.require_open(session, parsed, now=now())
            fresh = await passwords.hash_password(password)
            async with self.transactions.open(newcomer) as session:
                account = await invitations.accept(
                    session,
                    parsed,
                    username=username,
                    password=password,
                    password_hash=fresh,
                    request_id=request_id,
                    now=now(),
                )
        except Invalid as error:
            if error.code == invitations.REFUSED:
                await self._note_invented(parsed.tenant_id, "INVITATION", request_id, peer)
            raise
        return account.username

    async def prove(self, *, password: str, actor: Actor, peer: str) -> None:
        """Return for the password of the actor's own account only. Errors: Invalid PASSWORD_WRONG; Unauthenticated."""
        await self._proven(password, actor, peer)

    async def close(self) -> None:
        """Wait for what is read or written beside the requests."""
        await self.actors.close()
        await self.guesses.close()

    async def _is(self, slug: str, tenant_id: UUID) -> bool:
        tenant = await self.registry.admitting(slug)
        return tenant is not None and tenant.id == tenant_id

    async def _admit(self, actor: Actor, peer: str) -> Guess:
        """Count a guess at the actor's own password or code. Errors: Unauthenticated without a session."""
        if actor.username is None or actor.session_id is None:
            raise Unauthenticated("Nobody is signed in.")
        return await self.guesses.admit_own(session_id=actor.session_id, peer=peer)

    async def _proven(self, password: str, actor: Actor, peer: str) -> Account:
        """The actor's account, whose password this is. Errors: Invalid PASSWORD_WRONG."""
        guess = await self._admit(actor, peer)
        account = await self._verified(guess, password, actor)
        await self.guesses.proven(guess)
        return account

    async def _verified(self, guess: Guess, password: str, actor: Actor) -> Account:
        account = await find_account(self.database, actor.tenant_id, actor.username or "")
        right = await proves(account, password)
        if account is None or not (guess.admitted and right):
            if guess.admitted:
                self._note(actor, "PASSWORD")
            raise _wrong_password()
        return account

    async def _same(self, account: Account, verified: Account) -> Account:
        """The locked account, unless its password was changed since it was verified."""
        if account.password_hash != verified.password_hash:
            raise _wrong_password()
        return account

    async def _note_invented(self, tenant_id: UUID, reason: str, request_id: str, peer: str) -> None:
        """Count a token that is nobody's, and write it into the trail of the city that it names, if there is one."""
        if await self.guesses.admit_invented(peer=peer) and await self.registry.admits(tenant_id):
            self.guesses.note(WrongGuess(tenant_id, None, reason, request_id))

    def _note(self, actor: Actor, reason: str) -> None:
        self.guesses.note(WrongGuess(actor.tenant_id, actor.account_id, reason, actor.request_id))

    def _forget(self, session_ids: tuple[UUID | None, ...]) -> None:
        for session_id in session_ids:
            if session_id is not None:
                self.actors.forget(session_id)


def _wrong_password() -> Invalid:
    return Invalid("This is not your password.", code="PASSWORD_WRONG", field=("password",))
