"""GraphQL over HTTP: POST with JSON (the GraphQL over HTTP specification, draft of 2025).

Whatever a client sends is answered with JSON and a status below 500. With ``Accept:
application/graphql-response+json`` faults of the request are 4xx; with ``application/json`` well-formed requests are
always answered with 200, as older clients expect.
"""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from schema.context import Context, Services
from schema.errors import request_error
from schema.messages import choose, message_of
from schema.transport.credentials import context_of, request_id_of
from tenants.errors import AppError, Unauthenticated

MAX_BODY = 100_000
_MODERN = "application/graphql-response+json"
_LEGACY = "application/json"
_OPERATIONS = {OperationType.QUERY, OperationType.MUTATION}


class BadRequest(Exception):
    """A request that is no GraphQL request at all."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class HttpEndpoint:
    """``POST /graphql``."""

    def __init__(self, schema: Any, services: Services) -> None:
        self._schema = schema
        self._services = services

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        request_id = request_id_of(request.headers)
        try:
            query, variables, name = await _read(request)
            context = await context_of(self._services, request.headers, request.headers.get("authorization"))
            context.request_id = request_id
            return await self._execute(request, context, query, variables, name)
        except BadRequest as error:
            return _refusal(request, error.status, "BAD_REQUEST", str(error), request_id, error.headers)
        except AppError as error:
            status = 401 if isinstance(error, Unauthenticated) else 400
            headers = {"www-authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 - RFC 9110
            language = choose(request.headers.get("accept-language"))
            return _refusal(request, status, error.code, message_of(error, language), request_id, headers)
        except ClientDisconnect:
            return Response(status_code=499)

    async def _execute(
        self,
        request: Request,
        context: Context,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
    ) -> Response:
        try:
            result = await self._schema.execute(
                query,
                variable_values=variables,
                context_value=context,
                operation_name=name,
                allowed_operation_types=_OPERATIONS,
            )
        except CannotGetOperationTypeError as error:
            raise BadRequest(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            raise BadRequest(400, "Subscriptions are served over WebSocket, not over HTTP.") from error
        return _answer(request, context, result)


async def _read(request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
    if request.method != "POST":
        raise BadRequest(405, "Send GraphQL requests with POST.", allow="POST")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _LEGACY:
        raise BadRequest(415, "Send the request as application/json.")
    try:
        body = orjson.loads(await _body(request))
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be one JSON object with a 'query'.")
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "'query' must be a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "'variables' must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "'operationName' must be text.")
    return query, variables, name


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise BadRequest(413, f"The body may hold at most {MAX_BODY} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def _answer(request: Request, context: Context, result: ExecutionResult | PreExecutionError) -> Response:
    errors = [request_error(error) for error in result.errors or ()]
    # Without data and without a path nothing was executed: the document, its variables or its operation name is wrong.
    refused = result.data is None and bool(errors) and all(error.path is None for error in errors)
    body: dict[str, Any] = {} if refused else {"data": result.data}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    if result.extensions:
        body["extensions"] = result.extensions
    media_type = _media_type(request)
    status = 400 if refused and media_type == _MODERN else 200
    return _json(body, status, media_type, context.request_id)


def _refusal(
    request: Request,
    status: int,
    code: str,
    message: str,
    request_id: str,
    headers: dict[str, str],
) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id}}]}
    response = _json(body, status, _media_type(request), request_id)
    response.headers.update(headers)
    return response


def _json(body: dict[str, Any], status: int, media_type: str, request_id: str) -> Response:
    headers = {"x-request-id": request_id, "cache-control": "no-store"}
    return Response(orjson.dumps(body), status, headers, media_type=f"{media_type}; charset=utf-8")


def _media_type(request: Request) -> str:
    return _MODERN if _MODERN in request.headers.get("accept", "") else _LEGACY
