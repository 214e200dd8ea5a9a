"""Errors as clients see them: a stable code, a message in their language, and nothing about our insides.

Three layers: faults of the request keep GraphQL's own message with a code word of Apollo's; expected failures that
reach a field (AppError) carry their code; everything else is a bug, masked, logged with the request id.
"""

from __future__ import annotations

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from schema.context import Context
from schema.messages import message_of
from tenants.errors import AppError

_log = structlog.get_logger(__name__)


def present(raw: Exception, context: Context) -> GraphQLError:
    """The error that may leave the process for one that was raised while a field was resolved."""
    original = raw.original_error if isinstance(raw, GraphQLError) else raw
    if isinstance(original, AppError):
        extensions = {"code": original.code, "requestId": context.request_id}
        return GraphQLError(message_of(original, context.language), extensions=extensions)
    if isinstance(raw, GraphQLError) and (original is None or isinstance(original, GraphQLError)):
        return coded(raw, "BAD_USER_INPUT")
    _log.error("unexpected_error", request_id=context.request_id, exc_info=original)
    return GraphQLError(
        "Something went wrong on our side; tell us the request id.",
        extensions={"code": "INTERNAL_SERVER_ERROR", "requestId": context.request_id},
    )


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The error with ``code``, unless it has one of its own."""
    extensions = {"code": code, **(error.extensions or {})}
    return GraphQLError(
        error.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def request_error(error: GraphQLError) -> GraphQLError:
    """A fault of the request with its code: one that validation has not coded is of the text or of the variables."""
    return coded(error, "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT")
