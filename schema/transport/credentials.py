"""From a request's headers to the context of its operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING
from uuid import UUID

from schema.context import Context, Services
from schema.messages import choose
from tenants import clock
from tenants.clients import UNREGISTERED, Client, client_of
from tenants.errors import Invalid, NotFound, Unauthenticated

if TYPE_CHECKING:
    from server.accounts.tokens import Claims

_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's X-Request-Id when it is well-formed, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else token_hex(16)


def claims_of(services: Services, authorization: str | None) -> Claims | None:
    """What a bearer token says, None without one. Errors: Unauthenticated for a wrong or expired one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send 'Authorization: Bearer <access token>'.")
    return services.accounts.signer.read(token.strip(), now=clock.now())


async def context_of(
    services: Services,
    headers: Mapping[str, str],
    authorization: str | None,
    *,
    peer: str = "",
    request_id: str | None = None,
) -> Context:
    """The context of one operation. Errors: Unauthenticated; Invalid TENANT_MISMATCH, CLIENT_AMBIGUOUS.

    peer: the caller's address. request_id: what the request is called already, else its headers or chance decide.
    """
    request_id = request_id or request_id_of(headers)
    language = choose(headers.get("accept-language"))
    claims = claims_of(services, authorization)
    actor = None if claims is None else await services.accounts.actors.of(claims, request_id)
    named = headers.get("x-tenant")
    hint = None
    if actor is not None and named is not None:
        tenant = await services.registry.by_id(actor.tenant_id)
        if tenant.slug != named:
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
        client=await _client(services, headers, hint if actor is None else actor.tenant_id),
        peer=peer,
        tenant_hint=hint,
    )


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
