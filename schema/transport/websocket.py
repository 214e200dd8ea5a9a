"""GraphQL over WebSocket, sub-protocol graphql-transport-ws (the legacy graphql-ws sub-protocol is not offered).

Strawberry speaks the protocol; this file gives operations their context and closes with 4400 on frames that are no
messages, where the handler underneath would end without a close frame. Close codes that clients should know: 4400 bad
message, 4401 not initialised, 4403 credential refused or ended (sign in again), 4406 sub-protocol, 4408 no
connection_init in 10 s, 4409 id in use, 4429 initialised twice.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from schema.context import Context, Services
from schema.errors import coded, present
from schema.messages import choose, message_of
from schema.operations import Admitted, Operations, Refused
from schema.transport.credentials import context_of
from schema.transport.crowd import MOST_OF_SOCKET, Crowd, too_many
from schema.transport.request import BadRequest, asked_of
from tenants.errors import AppError

NO_PAYLOAD = UnsetType()  # connection_ack carries none
_WITH_ID = {"subscribe", "complete"}
_TYPES = {"connection_init", "ping", "pong", *_WITH_ID}
_TEXTS = ("query", "documentId", "operationName")
_MAPS = ("variables", "extensions")
_OF_THE_UPGRADE = {"accept-language", "x-request-id"}
_SAID = {"authorization", "x-client", "apollographql-client-name", "x-tenant", "accept-language"}


@dataclass(slots=True)
class SocketContext(Context):
    """The context of a connection. What connection_init has said stays; who that is, every operation asks anew.

    headers: of the upgrade, and what was said in their stead. authorization: the credential that was shown.
    """

    operations: Operations = field(kw_only=True)
    crowd: Crowd = field(kw_only=True)
    connection_params: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str | None = None

    async def renewed(self) -> SocketContext:
        """The context of one operation, made as HTTP makes it. Errors: those of ``context_of``."""
        found = await context_of(
            self.services, self.headers, self.authorization, peer=self.peer, request_id=self.request_id
        )
        return dataclasses.replace(
            self, actor=found.actor, claims=found.claims, client=found.client, tenant_hint=found.tenant_hint
        )


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
        and all(isinstance(payload.get(name), str | None) for name in _TEXTS)
        and all(isinstance(payload.get(name), dict | None) for name in _MAPS)
    )


class _Operation(Operation[Any, Any]):
    """An operation with the payload it came by, whose parameters are those of a POST's body."""

    __slots__ = ("payload",)

    def __init__(self, handler: _Handler, message: SubscribeMessage) -> None:
        super().__init__(handler, message["id"], "", None, None)
        self.payload: Mapping[str, Any] = message["payload"]


class _Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """The protocol, with operations admitted and executed as over HTTP."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation. Strawberry's own way takes nothing but a document's text."""
        if not self.connection_acknowledged:
            await self.websocket.close(code=4401, reason="Unauthorized")
            return
        if message["id"] in self.operations:
            await self.websocket.close(code=4409, reason=f"Subscriber for {message['id']} already exists")
            return
        if len(self.operations) >= MOST_OF_SOCKET:
            refusal = coded(too_many(MOST_OF_SOCKET), "BAD_USER_INPUT", self.context.language)
            await self.send_message({"id": message["id"], "type": "error", "payload": [refusal.formatted]})
            return
        operation = _Operation(self, message)
        self.operations[operation.id] = operation
        operation.task = asyncio.create_task(self._run(operation))
        operation.task.add_done_callback(self._task_done)

    async def _run(self, operation: _Operation) -> None:
        """Admit and run; whatever goes wrong ends its own operation and not the connection."""
        try:
            await self._answer(operation)
        except WebSocketDisconnected:
            return
        except Refused as refusal:
            await operation.send_initial_errors(refusal.errors)
        except BadRequest as error:
            message = message_of(error, self.context.language)
            await operation.send_initial_errors([GraphQLError(message, extensions={"code": error.code})])
        except Exception as error:  # noqa: BLE001 - the last door, as over HTTP: told with a request id and logged
            await operation.send_initial_errors([present(error, self.context)])

    async def _answer(self, operation: _Operation) -> None:
        connection: SocketContext = self.context
        context = await connection.renewed()
        admitted = await context.operations.admit(context, asked_of(operation.payload))
        if admitted.operation.operation is OperationType.SUBSCRIPTION:
            with context.crowd.place(context):
                await self._stream(operation, admitted, dataclasses.replace(context, checked=admitted.checked))
            return
        result = await context.operations.execute(context, admitted)
        data: Any = None if result.data is None else orjson.Fragment(result.data)
        await operation.send_next(ExecutionResult(data=data, errors=result.errors, extensions=result.extensions))
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _stream(self, operation: Operation[Any, Any], admitted: Admitted, context: SocketContext) -> None:
        source = await self.schema.stream(
            admitted.checked.text,
            variable_values=admitted.asked.variables,
            context_value=context,
            operation_name=admitted.asked.operation_name,
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
        self._crowd = Crowd()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> SocketContext:
        """An anonymous context until connection_init has been read."""
        del response
        headers = dict(request.headers)
        said = {name: value for name, value in headers.items() if name in _OF_THE_UPGRADE}
        found = await context_of(self._services, said, None)
        return SocketContext(
            services=self._services,
            actor=None,
            request_id=found.request_id,
            language=found.language,
            peer="" if request.client is None else request.client.host,
            operations=self._operations,
            crowd=self._crowd,
            headers=headers,
        )

    async def on_ws_connect(self, context: SocketContext) -> UnsetType:
        """Take the actor from ``{"authorization": "Bearer ..."}``; 4403 when it is refused.

        What HTTP says in headers may stand beside it, because browsers let no program choose a socket's headers.
        """
        params = {name.lower(): value for name, value in context.connection_params.items() if isinstance(value, str)}
        said = {name: value for name, value in params.items() if name in _SAID}
        context.headers, context.authorization = {**context.headers, **said}, said.get("authorization")
        context.language = choose(context.headers.get("accept-language"))
        try:
            await context.renewed()
        except AppError as error:
            raise ConnectionRejectionError from error
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
