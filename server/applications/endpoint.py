"""``POST /oauth/token`` (RFC 6749, 4.4) and what tells of it, ``/.well-known/oauth-authorization-server`` (RFC 8414)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from collections.abc import Mapping
from secrets import token_hex
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.applications.actors import GRANTABLE, Applications, TooManyAttempts
from server.applications.service.granting import Asked, Granted, TokenRefused, grant_token
from server.transactions import Transactions
from tenants.clock import now

MAX_BODY = 10_000
BODY_SECONDS = 10.0
_MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"
_GRANT = "client_credentials"
_KEPT_NOWHERE = {"cache-control": "no-store", "pragma": "no-cache"}


def application_routes(applications: Applications, transactions: Transactions) -> list[BaseRoute]:
    """Where applications of all cities get tokens for their keys."""

    async def token(request: Request) -> Response:
        told = {"x-request-id": token_hex(16), **_KEPT_NOWHERE}
        try:
            granted = await grant_token(applications, transactions, await _asked(request, told["x-request-id"]))
        except TokenRefused as refusal:
            if refusal.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
                told["www-authenticate"] = 'Basic realm="civicgrid"'
            body = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(body, refusal.status, told)
        except TooManyAttempts as error:
            if error.seconds is not None:
                told["retry-after"] = str(max(1, math.ceil(error.seconds)))
            return JSONResponse({"error": "temporarily_unavailable", "error_description": str(error)}, 429, told)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return JSONResponse(_told(granted), 200, told)

    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/.well-known/oauth-authorization-server", _metadata, methods=["GET"]),
    ]


def _told(granted: Granted) -> dict[str, str | int]:
    """The body of RFC 6749, 5.1."""
    return {
        "access_token": granted.token,
        "token_type": "Bearer",
        "expires_in": max(0, int((granted.expires_at - now()).total_seconds())),
        "scope": " ".join(granted.scopes),
    }


async def _metadata(request: Request) -> Response:
    """What RFC 8414 asks for, about the host that was asked."""
    issuer = str(request.base_url).rstrip("/")
    told = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "grant_types_supported": [_GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": sorted(GRANTABLE),
    }
    return JSONResponse(told, headers=_KEPT_NOWHERE)


async def _asked(request: Request, request_id: str) -> Asked:
    """What a request asks for. Raises TokenRefused."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise _invalid(f"Send the parameters as {_FORM}.")
    form = _form(await _body(request))
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise _invalid("The parameter grant_type is missing.")
    if grant_type != _GRANT:
        raise TokenRefused("unsupported_grant_type", f"The only grant_type is {_GRANT}.")
    client_id, client_secret = _credentials(request.headers.get("authorization"), form)
    return Asked(
        client_id=client_id,
        client_secret=client_secret,
        scope=form.get("scope"),
        peer=request.client.host if request.client else "",
        request_id=request_id,
    )


def _form(body: bytes) -> dict[str, str]:
    """Parameters by name; those without a value count as left out, and none may come twice (RFC 6749, 3.2)."""
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:  # UnicodeError is one
        raise _invalid("The body is not form-encoded.") from error
    if len({name for name, _value in pairs}) < len(pairs):
        raise _invalid("A parameter came twice.")
    return dict(pairs)


def _credentials(authorization: str | None, form: Mapping[str, str]) -> tuple[str, str]:
    """The client's id and secret, by HTTP Basic or in the form (RFC 6749, 2.3.1)."""
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = authorization.partition(" ")
    if "client_secret" in form:
        raise _invalid("Authenticate in one way: by HTTP Basic or in the body.")
    if scheme.lower() != "basic":
        return "", ""
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return "", ""
    client_id, _, client_secret = pair.partition(":")
    client_id = unquote_plus(client_id)
    if form.get("client_id", client_id) != client_id:
        raise _invalid("Two different clients are named.")
    return client_id, unquote_plus(client_secret)


async def _body(request: Request) -> bytes:
    """The body. Raises TokenRefused, and ClientDisconnect when the sender leaves."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise _invalid(f"The body may hold at most {MAX_BODY} bytes.", status=413)
                chunks.append(chunk)
    except TimeoutError as error:
        raise _invalid(f"The body did not arrive within {BODY_SECONDS:.0f} seconds.", status=408) from error
    return b"".join(chunks)


def _invalid(description: str, *, status: int = 400) -> TokenRefused:
    return TokenRefused("invalid_request", description, status=status)
