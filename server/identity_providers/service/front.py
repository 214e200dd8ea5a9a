"""Signing in at a city's provider, for a whole web process: begun here, proven there, a session here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from server.accounts import sessions
from server.accounts.guesses import WrongGuess
from server.accounts.rules import SignInMethod, device_label
from server.accounts.service import invitations
from server.accounts.service.front import Accounts
from server.accounts.sessions import Arrival, SignedIn
from server.accounts.tokens import parse_invitation_token
from server.errors import Invalid, NotFound, Unauthenticated
from server.identity_providers.client_secrets import ClientSecrets
from server.identity_providers.directory import Directory
from server.identity_providers.exchange import authorization_url
from server.identity_providers.fetching import SECONDS, Fetcher, Unreachable
from server.identity_providers.rules import Refused
from server.identity_providers.service import entering, linking, pending
from server.identity_providers.service.pending import Purpose
from server.identity_providers.service.proving import Proven, Prover, refused, unavailable
from server.identity_providers.tokens import State, nonce_of, parse_state, verifier_of
from tenants.clock import now
from tenants.context import Actor
from tenants.manifest.identity_provider import IdentityProvider
from tenants.registry import TenantInfo


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the state it must bring back, until when."""

    authorization_url: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brought back from a provider. issuer: ``iss`` (RFC 9207), if it was there."""

    state: str
    code: str
    issuer: str | None


@dataclass(frozen=True, slots=True)
class IdentityProviders:
    """Signs people in elsewhere and links their accounts: one of these per web process."""

    accounts: Accounts
    prover: Prover

    async def begin_sign_in(
        self, *, tenant_slug: str, redirect_uri: str, invitation: str | None, request_id: str
    ) -> Begun:
        """Begin to sign in. Errors: NotFound IDENTITY_PROVIDER_NONE; as for ``_begin``; Invalid INVITATION_INVALID."""
        tenant, provider = await self._provider(tenant_slug)
        shown = None if invitation is None else parse_invitation_token(invitation)
        if invitation is not None and (shown is None or shown.tenant_id != tenant.id):
            raise invitations.refused()
        return await self._begin(tenant, provider, redirect_uri, Purpose(invitation=shown), request_id)

    async def complete(self, returned: Returned, *, user_agent: str, request_id: str) -> SignedIn:
        """Start a session for whoever came back.

        Errors: Unauthenticated SIGN_IN_STATE_INVALID, IDENTITY_REFUSED, IDENTITY_NOT_LINKED; IDENTITY_PROVIDER_UNAVAILABLE;
        Invalid INVITATION_INVALID.
        """
        proven = await self._prove(returned, None, request_id)
        at = now()
        async with self.accounts.transactions.open(Actor(tenant_id=proven.tenant_id, request_id=request_id)) as session:
            account = await entering.account_of(session, proven, request_id=request_id, now=at)
            if account is not None:
                arrival = Arrival(SignInMethod.OIDC, at, request_id, device_label(user_agent))
                return sessions.start(session, self.accounts.signer, account, arrival)
        self._note(proven.tenant_id, "IDENTITY_NOT_LINKED", request_id)
        raise Unauthenticated(
            "No account of the city belongs to whoever signed in at the identity provider; ask for an invitation.",
            code="IDENTITY_NOT_LINKED",
        )

    async def begin_link(self, *, password: str, redirect_uri: str, actor: Actor, peer: str) -> Begun:
        """Begin to link the actor's own account. Errors: Invalid PASSWORD_WRONG; as for ``begin_sign_in``."""
        tenant, provider = await self._provider((await self.accounts.registry.by_id(actor.tenant_id)).slug)
        await self.accounts.prove(password=password, actor=actor, peer=peer)
        return await self._begin(tenant, provider, redirect_uri, Purpose(account_id=actor.account_id), actor.request_id)

    async def link(self, returned: Returned, *, actor: Actor) -> UUID:
        """Link the actor's account to whoever came back; the id of the link. Errors as for ``complete``, ``link_own``."""
        if actor.account_id is None:
            raise Unauthenticated("Nobody is signed in.")
        proven = await self._prove(returned, actor.account_id, actor.request_id)
        async with self.accounts.transactions.open(actor) as session:
            return await linking.link_own(session, proven, actor=actor)

    async def unlink(self, identity_id: UUID, *, actor: Actor) -> int:
        """Take a link from the actor's account; how many sessions end. Errors as for ``linking.unlink``."""
        identity = await self.accounts.registry.identity(actor.tenant_id)
        allowed = identity is None or identity.local_passwords
        async with self.accounts.transactions.open(actor) as session:
            ended = await linking.unlink(session, identity_id, local_passwords=allowed, actor=actor)
        return self._forget(ended)

    async def unlink_all(self, *, username: str, actor: Actor) -> int:
        """Take every link from somebody's account; how many sessions end. Errors as for ``linking.unlink_all``."""
        async with self.accounts.transactions.open(actor) as session:
            ended = await linking.unlink_all(session, username=username, actor=actor)
        return self._forget(ended)

    async def close(self) -> None:
        """Wait for what is being asked, and close the connections."""
        await self.prover.directory.close()

    async def _provider(self, tenant_slug: str) -> tuple[TenantInfo, IdentityProvider]:
        """An active city and its provider; an unknown city has none either. Errors: NotFound IDENTITY_PROVIDER_NONE."""
        tenant = await self.accounts.registry.admitting(tenant_slug)
        if tenant is None:
            raise _none()
        identity = await self.accounts.registry.identity(tenant.id)
        if identity is None or identity.provider is None:
            raise _none()
        return tenant, identity.provider

    async def _begin(
        self, tenant: TenantInfo, provider: IdentityProvider, redirect_uri: str, purpose: Purpose, request_id: str
    ) -> Begun:
        """Errors: Invalid REDIRECT_URI_NOT_LISTED; IDENTITY_PROVIDER_UNAVAILABLE."""
        if redirect_uri not in provider.redirect_uris:
            raise Invalid(
                "The city's manifest does not list this address to come back to.",
                code="REDIRECT_URI_NOT_LISTED",
                field=("redirectUri",),
            )
        try:
            metadata = await self.prover.directory.metadata(provider.issuer)
            client = await self.prover.client(tenant, provider, redirect_uri)
        except Unreachable as error:
            raise unavailable(error, request_id=request_id) from error
        async with self.accounts.database.write(tenant.id) as session:
            state, expires_at = await pending.remember(
                session, tenant.id, provider, redirect_uri=redirect_uri, purpose=purpose, now=now()
            )
        url = authorization_url(
            metadata,
            client,
            scope=" ".join(provider.scopes),
            state=state.text,
            nonce=nonce_of(self.prover.keyring, state),
            verifier=verifier_of(self.prover.keyring, state),
        )
        return Begun(url, state.text, expires_at)

    async def _prove(self, returned: Returned, account_id: UUID | None, request_id: str) -> Proven:
        """Who came back. The state is used up before the provider is asked: one state, one attempt."""
        state = parse_state(returned.state)
        if state is None:
            raise pending.invalid_state()
        tenant, provider = await self._of(state)
        async with self.accounts.database.write(tenant.id) as session:
            taken = await pending.take(session, state, account_id=account_id, now=now())
        try:
            return await self.prover.prove(tenant, provider, taken, state, code=returned.code, issuer=returned.issuer)
        except Unreachable as error:
            raise unavailable(error, request_id=request_id) from error
        except Refused as error:
            self._note(tenant.id, f"IDENTITY_{error}", request_id)
            raise refused() from error

    async def _of(self, state: State) -> tuple[TenantInfo, IdentityProvider]:
        """The city that a state says it is of, and its provider. Errors: Unauthenticated SIGN_IN_STATE_INVALID."""
        try:
            return await self._provider((await self.accounts.registry.by_id(state.tenant_id)).slug)
        except NotFound:
            raise pending.invalid_state() from None

    def _note(self, tenant_id: UUID, reason: str, request_id: str) -> None:
        self.accounts.guesses.note(WrongGuess(tenant_id, None, reason, request_id))

    def _forget(self, session_ids: tuple[UUID, ...]) -> int:
        for session_id in session_ids:
            self.accounts.actors.forget(session_id)
        return len(session_ids)


def _none() -> NotFound:
    return NotFound("There is no city with an identity provider of that name.", code="IDENTITY_PROVIDER_NONE")


def identity_providers_of(
    accounts: Accounts, secrets: Path | None, *, production: bool, seconds: float = SECONDS
) -> IdentityProviders:
    """The door of one process. secrets: the directory of the cities' secrets. seconds: for one answer of a provider."""
    fetcher = Fetcher(production=production, seconds=seconds)
    return IdentityProviders(accounts, Prover(accounts.keyring, fetcher, Directory(fetcher), ClientSecrets(secrets)))
