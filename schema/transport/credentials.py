"""From a request's headers to the context of its operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schema.context import Context, Services
from schema.messages import choose
from tenants import clock
from tenants.errors import Invalid, Unauthenticated
from tenants.ids import uuid7

if TYPE_CHECKING:
    from server.accounts.tokens import Claims

_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's X-Request-Id when it is well-formed, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else uuid7().hex


def claims_of(services: Services, authorization: str | None) -> Claims | None:
    """What a bearer token says, None without one. Errors: Unauthenticated for a wrong or expired one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send 'Authorization: Bearer <access token>'.")
    return services.accounts.signer.read(token.strip(), now=clock.now())


async def context_of(services: Services, headers: Mapping[str, str], authorization: str | None) -> Context:
    """The context of one operation. Errors: Unauthenticated; Invalid TENANT_MISMATCH."""
    request_id = request_id_of(headers)
    language = choose(headers.get("accept-language"))
    claims = claims_of(services, authorization)
    actor = None if claims is None else await services.accounts.actors.of(claims, request_id)
    named = headers.get("x-tenant")
    if actor is not None and named is not None:
        tenant = await services.registry.by_id(actor.tenant_id)
        if tenant.slug != named:
            raise Invalid(
                "The access token is good for another city than the one in X-Tenant.",
                code="TENANT_MISMATCH",
            )
    return Context(services=services, actor=actor, request_id=request_id, language=language, claims=claims)
