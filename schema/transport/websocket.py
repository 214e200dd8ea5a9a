"""GraphQL over WebSocket, sub-protocol graphql-transport-ws (the legacy graphql-ws sub-protocol is not offered).

Strawberry speaks the protocol; this file gives operations their context and closes with 4400 on frames that are no
messages, where the handler underneath would end without a close frame. Close codes that clients should know: 4400 bad
message, 4401 not initialised, 4403 credential refused or ended (sign in again), 4406 sub-protocol, 4408 no
connection_init in 10 s, 4409 id in use, 4429 initialised twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from schema.context import Context, Services
from schema.documents.asked import Asked
from schema.operations import Admitted, Operations, Refused
from schema.transport.credentials import context_of
from tenants.errors import AppError

NO_PAYLOAD = UnsetType()  # connection_ack carries none
_WITH_ID = {"subscribe", "complete"}
_TYPES = {"connection_init", "ping", "pong", *_WITH_ID}


@dataclass(slots=True)
class SocketContext(Context):
    """The context of a connection; its actor comes with connection_init."""

    operations: Operations = field(kw_only=True)
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
    """The protocol, with operations admitted and executed as over HTTP."""

    async def run_operation(self, operation: Operation[Any, Any]) -> None:
        """Admit and run; a request that is refused ends its own operation and not the connection."""
        context: SocketContext = self.context
        asked = Asked(
            query=operation.query,
            variables=operation.variables,
            operation_name=operation.operation_name,
        )
        try:
            admitted = await context.operations.admit(context, asked)
        except Refused as refusal:
            await operation.send_initial_errors(refusal.errors)
            return
        if admitted.operation.operation is OperationType.SUBSCRIPTION:
            await self._stream(operation, admitted, dataclasses.replace(context, checked=admitted.checked))
            return
        result = await context.operations.execute(context, admitted)
        data: Any = None if result.data is None else orjson.Fragment(result.data)
        await operation.send_next(ExecutionResult(data=data, errors=result.errors, extensions=result.extensions))
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _stream(self, operation: Operation[Any, Any], admitted: Admitted, context: SocketContext) -> None:
        source = await self.schema.stream(
            admitted.checked.text,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
        )
        async with aclosing(source):
            await self._send_result_stream(operation, source)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})


class SocketEndpoint(GraphQL[SocketContext, None]):
    """``/graphql`` for WebSockets."""

    websocket_adapter_class = _Adapter
    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: Any, services: Services, operations: Operations) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            allowed_origins=["*"],  # credentials never come from cookies, so no origin can borrow them
        )
        self._services = services
        self._operations = operations

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
            peer="" if request.client is None else request.client.host,
            operations=self._operations,
            headers=headers,
        )

    async def on_ws_connect(self, context: SocketContext) -> UnsetType:
        """Take the actor from ``{"authorization": "Bearer ..."}``; 4403 when it is refused."""
        given = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        try:
            found = await context_of(self._services, context.headers, given if isinstance(given, str) else None)
        except AppError as error:
            raise ConnectionRejectionError from error
        context.actor, context.claims, context.client = found.actor, found.claims, found.client
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
