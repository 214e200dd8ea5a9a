"""GraphQL over HTTP (the specification's draft of 2025): one URL, for POST and, where it is safe, for GET.

Whatever a client sends is answered with JSON and a status below 500. With ``Accept:
application/graphql-response+json`` faults of the request are 4xx; with ``application/json`` well-formed requests are
answered with 200, as older clients expect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from starlette.types import Receive, Scope, Send

from schema.context import Context, Services
from schema.faults import our_fault
from schema.messages import choose, message_of
from schema.operations import Answer, Operations, Outcome, held_back
from schema.transport import cors
from schema.transport.answer import LEGACY, media_type_of, refusal, send_json, status_of
from schema.transport.credentials import context_of, request_id_of
from schema.transport.presence import Left, Presence
from schema.transport.request import METHODS, BadRequest, headers_of, may_stay_unread, read
from server.applications.actors import TooManyAttempts
from server.throttle.names import network_of
from tenants.errors import AppError, Unauthenticated

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Reply:
    """An answer being made; ``tenant_id`` is the city the request has proved or named."""

    status: int = 500
    media_type: str = LEGACY
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    tenant_id: UUID | None = None

    def tell(self, answer: Answer) -> None:
        """Take over an operation's answer."""
        self.body = answer.body
        self.status, self.headers = status_of(answer, self.media_type)


class HttpEndpoint:
    """``/graphql`` for HTTP, an ASGI application."""

    def __init__(self, operations: Operations, services: Services) -> None:
        self._operations = operations
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = headers_of(scope)
        registry = self._services.registry
        if scope["method"] == "OPTIONS":
            granted = await cors.preflight(registry, headers)
            lines = [(name.encode(), value.encode()) for name, value in {"allow": METHODS, **granted}.items()]
            await send({"type": "http.response.start", "status": 204, "headers": lines})
            await send({"type": "http.response.body", "body": b""})
            return
        request_id = request_id_of(headers)
        reply = await self._reply(scope, headers, receive, request_id)
        if reply is None:
            return
        granted = await cors.exposed(registry, headers, reply.tenant_id)
        told = {"x-request-id": request_id, **granted, **reply.headers}
        await send_json(send, reply.status, reply.media_type, reply.body, told)

    async def _reply(
        self,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
        request_id: str,
    ) -> _Reply | None:
        """The answer; None when there is nobody left to read it."""
        reply = _Reply()
        try:
            await self._fill(reply, scope, headers, receive, request_id)
        except BadRequest as error:
            reply.status, reply.headers = error.status, error.headers
            reply.body = refusal(error.code, message_of(error, _language(headers)), request_id)
        except AppError as error:
            reply.status, reply.headers = _refusal_of(error)
            reply.body = refusal(error.code, message_of(error, _language(headers)), request_id)
        except Left:
            return None
        except Exception as error:  # noqa: BLE001 - the last door: a client is told a request id, never a traceback
            _log.error("unexpected_error", request_id=request_id, exc_info=error)
            message = message_of(our_fault(), _language(headers))
            reply.status, reply.body = 500, refusal("INTERNAL_SERVER_ERROR", message, request_id)
        return reply

    async def _fill(
        self,
        reply: _Reply,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
        request_id: str,
    ) -> None:
        reply.media_type = media_type_of(headers)
        door, who = self._services.throttle.door, headers.get("authorization") or network_of(_peer(scope))
        if (seconds := door.closed(who)) is not None and may_stay_unread(headers):
            reply.tell(held_back(seconds, _language(headers)))
            return
        asked = await read(scope, headers, receive)
        with Presence(receive):
            context = await self._context(scope, headers, request_id)
            reply.tenant_id = context.tenant_hint if context.actor is None else context.actor.tenant_id
            answer = await self._operations.run(context, asked)
            if answer.outcome is Outcome.THROTTLED and answer.retry_after is not None:
                door.refused(who, answer.retry_after)
            reply.tell(answer)

    async def _context(self, scope: Scope, headers: Mapping[str, str], request_id: str) -> Context:
        authorization = headers.get("authorization")
        return await context_of(self._services, headers, authorization, peer=_peer(scope), request_id=request_id)


def _refusal_of(error: AppError) -> tuple[int, Mapping[str, str]]:
    """The status of a request whose caller is not let in, and the headers that go with it."""
    if isinstance(error, Unauthenticated):
        return 401, {"www-authenticate": "Bearer"}
    if isinstance(error, TooManyAttempts) and error.seconds is not None:
        return 429, {"retry-after": str(max(1, math.ceil(error.seconds)))}
    return 400, {}


def _language(headers: Mapping[str, str]) -> str:
    return choose(headers.get("accept-language"))


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
