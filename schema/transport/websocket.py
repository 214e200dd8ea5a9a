"""GraphQL over WebSocket, sub-protocol graphql-transport-ws (the legacy graphql-ws sub-protocol is not offered).

Strawberry speaks the protocol; this file gives operations their context and closes with 4400 on frames that are no
messages, where the handler underneath would end without a close frame. Close codes that clients should know: 4400 bad
message, 4401 not initialised, 4403 credential refused or ended (sign in again), 4406 sub-protocol, 4408 no
connection_init in 10 s, 4409 id in use, 4429 initialised twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UNSET, UnsetType

from schema.context import Context, Services
from schema.transport.credentials import context_of
from tenants.errors import AppError

NO_PAYLOAD = UnsetType()  # connection_ack carries none
_WITH_ID = {"subscribe", "complete"}
_TYPES = {"connection_init", "ping", "pong", *_WITH_ID}


@dataclass(slots=True)
class SocketContext(Context):
    """The context of a connection; its actor comes with connection_init."""

    connection_params: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class _Adapter(ASGIWebSocketAdapter):
    """Lets only well-formed messages through."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Messages; NonJsonMessageReceived (the connection is closed with 4400) for anything else."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            if not _is_message(message):
                raise NonJsonMessageReceived
            if isinstance(message, dict) and message.get("payload", UNSET) is None:
                del message["payload"]  # null is legal and means none
            yield message


def _is_message(message: object) -> bool:
    if not isinstance(message, dict) or message.get("type") not in _TYPES:
        return False
    if message["type"] in _WITH_ID and not isinstance(message.get("id"), str):
        return False
    payload = message.get("payload")
    if message["type"] != "subscribe":
        return payload is None or isinstance(payload, dict)
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )


class _Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """The protocol, except that a faulty document ends its own operation and not the connection."""

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """No fault of a document is a reason to close."""
        del error
        return None


class SocketEndpoint(GraphQL[SocketContext, None]):
    """``/graphql`` for WebSockets."""

    websocket_adapter_class = _Adapter
    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: Any, services: Services) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            allowed_origins=["*"],  # credentials never come from cookies, so no origin can borrow them
        )
        self._services = services

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> SocketContext:
        """An anonymous context until connection_init has been read."""
        del response
        headers = dict(request.headers)
        found = await context_of(self._services, headers, None)
        return SocketContext(
            services=self._services,
            actor=None,
            request_id=found.request_id,
            language=found.language,
            headers=headers,
            lasting=True,
        )

    async def on_ws_connect(self, context: SocketContext) -> UnsetType:
        """Take the actor from ``{"authorization": "Bearer ..."}``; 4403 when it is refused."""
        given = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        try:
            found = await context_of(self._services, context.headers, given if isinstance(given, str) else None)
        except AppError as error:
            raise ConnectionRejectionError from error
        context.actor, context.claims = found.actor, found.claims
        return NO_PAYLOAD

    def decode_json(self, data: str | bytes) -> object:
        """Parse a frame."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Text, because clients of this protocol expect text frames; faults of the request get their code here."""
        if isinstance(data, dict) and data.get("type") == "error":
            for error in data["payload"]:
                code = "GRAPHQL_PARSE_FAILED" if error["message"].startswith("Syntax Error") else "BAD_USER_INPUT"
                error.setdefault("extensions", {}).setdefault("code", code)
        return orjson.dumps(data).decode()
