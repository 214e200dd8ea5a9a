"""Tokens for keys: OAuth 2.0 client credentials (RFC 6749, 4.4). The client's id is the application's, its secret a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.applications.actors import Applications, Caller
from server.applications.tokens import read_key
from server.errors import Unauthenticated
from server.events.record import audit
from server.transactions import Transactions
from tenants.clock import now
from tenants.ids import public_id

TOKEN_POINTS = 500
"""What a token costs the application: with a standard budget 40 at once, and then two a second."""

PREFIX = "application"


class TokenRefused(Exception):
    """No token is given. error, description: as RFC 6749, 5.2, writes them, in ASCII. status: of HTTP."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a token as it was sent. scope: permissions with spaces between; None for all there are."""

    client_id: str
    client_secret: str
    scope: str | None
    peer: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, shown once."""

    token: str
    expires_at: datetime
    scopes: tuple[str, ...]


async def grant_token(applications: Applications, transactions: Transactions, asked: Asked) -> Granted:
    """A short token for all that the application may do, or for less. It ends with its key.

    Errors: TokenRefused (invalid_client, invalid_scope), TooManyAttempts.
    """
    caller = await _client(applications, asked)
    await applications.charge(caller, TOKEN_POINTS)
    actor = caller.actor
    granted = frozenset(permission.value for permission in actor.access)
    scopes = granted if asked.scope is None else frozenset(asked.scope.split())
    if not scopes or not scopes <= granted:
        raise TokenRefused("invalid_scope", "The application was not granted all that is asked for.")
    if actor.account_id is None:
        message = "an application acts under its own id"
        raise TypeError(message)
    token, expires_at = applications.signer.issue(
        tenant_id=actor.tenant_id,
        application_id=actor.account_id,
        key_id=caller.key_id,
        scopes=scopes,
        ends_at=caller.ends_at,
        now=now(),
    )
    listed = tuple(sorted(scopes))
    async with transactions.open(actor) as session:
        audit(
            session,
            action="token:issue",
            object_type="ApiKey",
            object_id=caller.key_id,
            actor=actor,
            detail={"scopes": listed},
        )
    return Granted(token, expires_at, listed)


async def _client(applications: Applications, asked: Asked) -> Caller:
    """The application whose id and key were sent. Raises TokenRefused invalid_client, TooManyAttempts."""
    try:
        caller = await applications.of(read_key(asked.client_secret, peer=asked.peer), asked.request_id)
    except Unauthenticated as error:
        raise _refused() from error
    actor = caller.actor
    if actor.account_id is None or asked.client_id != public_id(PREFIX, actor.account_id):
        raise _refused()
    return caller


def _refused() -> TokenRefused:
    return TokenRefused("invalid_client", "No such application, or not this key, now and from here.", status=401)
