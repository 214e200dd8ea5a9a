"""Errors as clients see them: a stable code, a message in their language, and nothing about our insides.

Three layers: faults of the request have a code word of Apollo's, and GraphQL's own message or ours; expected failures that
reach a field (AppError) carry their code; everything else is a bug, masked, logged with the request id.
"""

from __future__ import annotations

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from schema.context import Context
from schema.faults import our_fault
from schema.messages import message_of, words_of
from tenants.errors import AppError

_log = structlog.get_logger(__name__)


def present(raw: Exception, context: Context) -> GraphQLError:
    """The error that may leave the process for one that was raised while a field was resolved."""
    original = raw.original_error if isinstance(raw, GraphQLError) else raw
    if isinstance(original, AppError):
        extensions = {"code": original.code, "requestId": context.request_id}
        return GraphQLError(message_of(original, context.language), extensions=extensions)
    if isinstance(raw, GraphQLError) and (original is None or isinstance(original, GraphQLError)):
        return coded(raw, "BAD_USER_INPUT", context.language)
    _log.error("unexpected_error", request_id=context.request_id, exc_info=original)
    extensions = {**(our_fault().extensions or {}), "requestId": context.request_id}
    return GraphQLError(message_of(our_fault(), context.language), extensions=extensions)


def coded(error: GraphQLError, code: str, language: str) -> GraphQLError:
    """The error in a language, with ``code`` unless it has one of its own. It stays where it is in the document."""
    extensions = {"code": code, **(error.extensions or {})}
    found = GraphQLError(
        words_of(error, language),
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
    found.locations = error.locations  # of a remembered error all there is: it has no tree to find them in
    return found


def request_error(error: GraphQLError, language: str) -> GraphQLError:
    """A fault of the request with its code: one that validation has not coded is of the text or of the variables."""
    code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"
    return coded(error, code, language)
