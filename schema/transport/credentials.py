"""From a request's headers to the context of its operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING
from uuid import UUID

from schema.callers import asking
from schema.context import Context, Services
from schema.messages import choose
from server.applications.tokens import Shown, is_shown_by_applications, refused
from tenants import clock
from tenants.clients import UNREGISTERED, Client, client_of
from tenants.context import Actor
from tenants.errors import Invalid, NotFound, Unauthenticated

if TYPE_CHECKING:
    from server.accounts.tokens import Claims

_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's X-Request-Id when it is well-formed, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else token_hex(16)


def claims_of(services: Services, authorization: str | None, *, peer: str = "") -> Claims | Shown | None:
    """What a bearer's token or key says, None without one. Errors: Unauthenticated for a wrong or expired one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send 'Authorization: Bearer <access token>'.")
    token = token.strip()
    if is_shown_by_applications(token):
        return services.applications.shown(token, peer=peer)
    return services.accounts.signer.read(token, now=clock.now())


async def context_of(
    services: Services,
    headers: Mapping[str, str],
    authorization: str | None,
    *,
    peer: str = "",
    request_id: str | None = None,
) -> Context:
    """The context of one operation. Errors: Unauthenticated; Invalid TENANT_MISMATCH, CLIENT_AMBIGUOUS, TOO_MANY_ATTEMPTS.

    peer: the caller's address. request_id: what the request is called already, else its headers or chance decide.
    """
    request_id = request_id or request_id_of(headers)
    language = choose(headers.get("accept-language"))
    claims = claims_of(services, authorization, peer=peer)
    named = headers.get("x-tenant")
    actor, client, hint = None, None, None
    if isinstance(claims, Shown):
        actor, client = await _application(services, claims, named, request_id)
    elif claims is not None:
        actor = (await asking(services, claims, request_id)).actor
        if not await _is_of(services, actor, named):
            raise Invalid(
                "The access token is good for another city than the one in X-Tenant.",
                code="TENANT_MISMATCH",
            )
    elif named is not None:
        hint = await _hint(services, named)
    return Context(
        services=services,
        actor=actor,
        request_id=request_id,
        language=language,
        claims=claims,
        client=client or await _client(services, headers, hint if actor is None else actor.tenant_id),
        peer=peer,
        tenant_hint=hint,
        user_agent=headers.get("user-agent", ""),
    )


async def _application(services: Services, shown: Shown, named: str | None, request_id: str) -> tuple[Actor, Client]:
    """An application, and as which client it was registered, whatever it calls itself. Errors: Unauthenticated, Invalid.

    Another city in X-Tenant is answered like a wrong key: nobody learns whose key it is that they have found.
    """
    caller = await asking(services, shown, request_id)
    if not await _is_of(services, caller.actor, named):
        raise refused()
    return caller.actor, client_of(await services.registry.clients(caller.actor.tenant_id), caller.client)


async def _is_of(services: Services, actor: Actor, named: str | None) -> bool:
    """Whether the city that the caller names, if any, is the actor's."""
    return named is None or (await services.registry.by_id(actor.tenant_id)).slug == named


async def _hint(services: Services, slug: str) -> UUID | None:
    """The city a caller names who has not signed in; a name that is none is no news to tell."""
    try:
        return (await services.registry.by_slug(slug)).id
    except NotFound:
        return None


async def _client(services: Services, headers: Mapping[str, str], tenant_id: UUID | None) -> Client:
    """The registered program that asks, by the name it gives itself (Apollo's header, or X-Client). Errors: Invalid."""
    apollos, own = headers.get("apollographql-client-name"), headers.get("x-client")
    if apollos and own and apollos != own:
        raise Invalid(
            "The headers apollographql-client-name and x-client name different applications: send one of them.",
            code="CLIENT_AMBIGUOUS",
        )
    name = apollos or own
    if name is None or tenant_id is None:
        return UNREGISTERED
    return client_of(await services.registry.clients(tenant_id), name)
