"""From a code to somebody whom a provider has proven: exchange, signature, claims. No transaction is open meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from server.accounts.tokens import InvitationToken
from server.errors import AppError, Unauthenticated
from server.identity_providers.client_secrets import ClientSecrets
from server.identity_providers.directory import Directory
from server.identity_providers.exchange import LONGEST_CODE, Client, id_token_for
from server.identity_providers.fetching import Fetcher, Unreachable
from server.identity_providers.id_tokens import header_of, verified
from server.identity_providers.rules import Expected, Refused, check_claims
from server.identity_providers.service.pending import Taken
from server.identity_providers.tokens import State, nonce_of, verifier_of
from tenants.clock import now
from tenants.keys import Keyring
from tenants.manifest.identity_provider import IdentityProvider, StaffClaim
from tenants.registry import TenantInfo

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody at the provider of a city, with what the provider says of them."""

    tenant_id: UUID
    issuer: str
    subject: str
    claims: Mapping[str, Any]
    invitation: InvitationToken | None
    staff: StaffClaim | None


@dataclass(frozen=True, slots=True)
class Prover:
    """Asks providers: one of these per web process."""

    keyring: Keyring
    fetcher: Fetcher
    directory: Directory
    secrets: ClientSecrets

    async def client(self, tenant: TenantInfo, provider: IdentityProvider, redirect_uri: str) -> Client:
        """What the city is to its provider. Raises Unreachable when its secret is not there."""
        secret = None
        if provider.client_secret is not None:
            secret = await self.secrets.find(tenant.slug, provider.client_secret)
            if secret is None:
                raise Unreachable(f"no secret {tenant.slug}.{provider.client_secret}")
        return Client(provider.client_id, secret, redirect_uri)

    async def prove(
        self,
        tenant: TenantInfo,
        provider: IdentityProvider,
        taken: Taken,
        state: State,
        *,
        code: str,
        issuer: str | None,
    ) -> Proven:
        """Who came back from the provider. issuer: ``iss`` as the browser brought it (RFC 9207), if it did.

        Raises Refused, Unreachable.
        """
        if not 0 < len(code) <= LONGEST_CODE or not (code.isascii() and code.isprintable()):
            raise Refused("CODE")
        if (taken.issuer, taken.client_id) != (provider.issuer, provider.client_id):
            raise Refused("PROVIDER_CHANGED")
        metadata = await self.directory.metadata(provider.issuer)
        if issuer != provider.issuer and (issuer is not None or metadata.names_itself):
            raise Refused("ISSUER")
        client = await self.client(tenant, provider, taken.redirect_uri)
        token = await id_token_for(self.fetcher, metadata, client, code=code, verifier=verifier_of(self.keyring, state))
        header = header_of(token)
        key = await self.directory.find_key(provider.issuer, header)
        if key is None:
            raise Refused("KEY")
        claims = verified(token, header, key)
        expected = Expected(provider.issuer, provider.client_id, nonce_of(self.keyring, state), taken.begun_at, now())
        subject = check_claims(claims, expected)
        return Proven(tenant.id, provider.issuer, subject, claims, taken.purpose.invitation, provider.staff)


def unavailable(error: Unreachable, *, request_id: str) -> AppError:
    """What is told of a provider that cannot be asked; the log says why."""
    _log.warning("identity_provider_unavailable", reason=str(error), request_id=request_id)
    return AppError(
        "The city's identity provider does not answer as it should; try again in a moment.",
        code="IDENTITY_PROVIDER_UNAVAILABLE",
    )


def refused() -> Unauthenticated:
    """The one answer to whatever is wrong with what came back from a provider."""
    return Unauthenticated(
        "What came back from the identity provider proves nothing; begin again.", code="IDENTITY_REFUSED"
    )
