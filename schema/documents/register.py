"""From what a client sent to the text of a document: the text itself, a trusted document's id, or a persisted hash.

Three ways to name a document without its text, tried in this order: the platform's own documents, those registered for
the application in the caller's city, and those signed-in callers of the city asked to be kept (Apollo's automatic
persisted queries). What may be sent at all is decided in ``schema.documents.profile``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from graphql import OperationDefinitionNode

from schema.context import Context
from schema.documents.asked import Asked
from schema.documents.profile import introspects, may_introspect, may_send_any
from schema.faults import RequestFault
from server.documents.builtin import BUILTIN
from server.documents.library import Library
from server.documents.rules import bare_digest, digest_in, digest_of

if TYPE_CHECKING:
    from schema.documents.memory import Checked


async def text_of(context: Context, asked: Asked) -> str:
    """The text of the document a request is about.

    Errors, each a RequestFault with its code: BAD_USER_INPUT when the request names none or contradicts itself;
    PERSISTED_QUERY_NOT_FOUND when nothing is known by that name; DOCUMENT_NOT_TRUSTED.
    """
    library = context.services.library
    digest = _digest(asked)
    if asked.query is None:
        if digest is None:
            raise RequestFault("Send a document as 'query', or name one by 'documentId'.")
        found = await _found(context, library, asked, digest)
        if found is None:
            # Apollo's own words: its clients send the text when they read them.
            raise RequestFault("PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND")
        return found
    if digest is not None and digest != digest_of(asked.query):
        raise RequestFault("The SHA-256 sent with the document is not the document's.")
    if not may_send_any(library.rule, context.client, context.actor):
        await _refuse_unknown(context, library, asked.query)
    elif asked.persisted is not None and context.actor is not None:
        await library.persisted.keep(context.actor.tenant_id, digest_of(asked.query), asked.query)
    return asked.query


def refuse_introspection(context: Context, checked: Checked, operation: OperationDefinitionNode) -> None:
    """Keep strangers from asking a production platform's schema about itself. Errors: INTROSPECTION_DISABLED."""
    if may_introspect(production=context.services.library.production, actor=context.actor):
        return
    if introspects(operation, checked.fragments):
        message = "Sign in to ask the schema about itself; the schema is also in the project's documentation."
        raise RequestFault(message, code="INTROSPECTION_DISABLED")


def _digest(asked: Asked) -> str | None:
    """The digest a request names in either way, or None. Errors: BAD_USER_INPUT."""
    named = set()
    if asked.document_id is not None:
        named.add(digest_in(asked.document_id))
    if asked.persisted is not None:
        named.add(bare_digest(asked.persisted))
    if None in named:
        raise RequestFault("'documentId' is sha256: and 64 hexadecimal digits; 'sha256Hash' is the digits alone.")
    if len(named) > 1:
        raise RequestFault("'documentId' and 'sha256Hash' name different documents.")
    return named.pop() if named else None


async def _found(context: Context, library: Library, asked: Asked, digest: str) -> str | None:
    text = await _trusted(context, library, digest)
    if text is not None or asked.persisted is None or context.actor is None:
        return text
    if not may_send_any(library.rule, context.client, context.actor):
        return None
    return await library.persisted.text(context.actor.tenant_id, digest)


async def _trusted(context: Context, library: Library, digest: str) -> str | None:
    """The platform's own document of a digest, or the one registered for the application in the caller's city."""
    tenant_id = _tenant(context)
    own = BUILTIN.get(digest)
    if own is not None or tenant_id is None or not context.client.code:
        return own
    return await library.trusted.text(tenant_id, context.client.code, digest)


async def _refuse_unknown(context: Context, library: Library, text: str) -> None:
    """A registered document may be sent by its text too. Errors: DOCUMENT_NOT_TRUSTED."""
    if await _trusted(context, library, digest_of(text)) is not None:
        return
    raise RequestFault(
        "Only registered documents are answered here. Name your application in the header x-client, register its "
        "documents with `civicgrid documents register`, and send their ids as 'documentId'.",
        code="DOCUMENT_NOT_TRUSTED",
    )


def _tenant(context: Context) -> UUID | None:
    return context.tenant_hint if context.actor is None else context.actor.tenant_id
