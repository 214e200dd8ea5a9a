"""Who is behind what was shown, as of now: asked by every operation, over HTTP or a socket, and by a stream at every event.

What holds for one of them holds for all: an expired token, a session that ended, an account that was disabled, a key that
was revoked and an appointment that is over are found here, and nobody keeps an actor from one operation to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema.context import Services
from server.applications.tokens import Shown
from tenants import clock
from tenants.context import Actor
from tenants.errors import Unauthenticated

if TYPE_CHECKING:
    from server.accounts.tokens import Claims


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks. client: the code an application was registered with, if it has one; None for people."""

    actor: Actor
    client: str | None = None


async def asking(services: Services, claims: Claims | Shown, request_id: str) -> Asking:
    """Who asks with this token or key. Errors: Unauthenticated, TooManyAttempts."""
    if isinstance(claims, Shown):
        caller = await services.applications.of(claims, request_id)
        return Asking(caller.actor, caller.client)
    if claims.expires_at <= clock.now():
        raise Unauthenticated("The access token has expired; connect again with a new one.")
    return Asking(await services.accounts.actors.of(claims, request_id))
