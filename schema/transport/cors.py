"""Cross-origin requests (Fetch, 3.2): which pages may read our answers.

A city registers the origins of its clients' pages in its manifest. A preflight comes without credentials, so it is
answered for the origins of all active cities; the request itself is answered only for those of the city whose token (or
X-Tenant) it carries. There is no ``*`` and no credentials flag: cookies are neither set nor read. A page that is
refused gets no headers and hence no answer; nobody is told why.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from tenants.registry import Registry

REQUEST_HEADERS = (
    "accept-language, apollo-require-preflight, apollographql-client-name, apollographql-client-version, authorization, "
    "content-type, graphql-require-preflight, x-apollo-operation-name, x-client, x-request-id, x-tenant"
)
_TWO_HOURS = "7200"  # what Chromium keeps at most
_VARY = {"vary": "Origin"}
_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": REQUEST_HEADERS,
    "access-control-max-age": _TWO_HOURS,
    "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


async def preflight(registry: Registry, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer to OPTIONS."""
    origin = headers.get("origin")
    if origin is None or "access-control-request-method" not in headers or origin not in await registry.origins():
        return _VARY
    return {"access-control-allow-origin": origin, **_PREFLIGHT}


async def exposed(registry: Registry, headers: Mapping[str, str], tenant_id: UUID | None) -> dict[str, str]:
    """The headers of any other answer; ``tenant_id`` is the city the request has proved or named, if any."""
    origin = headers.get("origin")
    if origin is None:
        return _VARY
    if tenant_id is None:
        allowed = origin in await registry.origins()
    else:
        allowed = any(origin in client.origins for client in await registry.clients(tenant_id))
    if not allowed:
        return _VARY
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "x-request-id, retry-after",
        "vary": "Origin",
    }
