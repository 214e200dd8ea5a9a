"""Reading a request: from headers, query string and body to ``Asked`` (GraphQL over HTTP, draft of 2025, section 5).

A page of a stranger can make a browser send some requests unasked ("simple" ones, Fetch, 2.2): POST with a form's or
plain text's media type, and any GET with harmless headers. Nothing is executed for those. POST is accepted with exactly
``application/json``, which needs a preflight. GET is accepted for a trusted document, which its owner has registered to
be read, or with one of PREFLIGHT_HEADERS, which no browser sends across origins before asking. Our credentials are
bearer tokens, which no browser adds by itself; the rule does not lean on that, because a proxy in front may add them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope

from schema.documents.asked import Asked
from schema.transport.presence import Left

MAX_BODY = 100_000
MAX_QUERY_STRING = 32_768  # a head of twice that gets 431 (server.connections)
BODY_SECONDS = 10.0
PREFLIGHT_HEADERS = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
METHODS = "GET, HEAD, POST, OPTIONS"

_PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")
_TEXTS = _PARAMETERS[:3]
_MAPS = _PARAMETERS[3:]
_CHARSET = re.compile(r'^\s*charset\s*=\s*"?utf-?8"?\s*$', re.IGNORECASE)
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class BadRequest(Exception):
    """A request that is no GraphQL request at all: status, code for programs, message for people, response headers.

    template: the English message, filled from ``params``, the key of its translations (``schema.messages``).
    """

    def __init__(
        self,
        status: int,
        template: str,
        /,
        *,
        code: str = "BAD_REQUEST",
        headers: Mapping[str, str] = {},
        **params: object,
    ) -> None:
        super().__init__(template)
        self.status = status
        self.template = template
        self.params = params
        self.code = code
        self.headers = headers


def headers_of(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; one that came several times is joined with commas (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def read(scope: Scope, headers: Mapping[str, str], receive: Receive) -> Asked:
    """What is asked. Errors: BadRequest; Left when the client closed the connection before it had sent its body."""
    method = scope["method"]
    if method == "POST":
        return await _posted(headers, receive)
    if method in {"GET", "HEAD"}:
        return _got(scope, headers)
    message = "Send GraphQL requests with POST, or queries with GET."
    raise BadRequest(405, message, code="METHOD_NOT_ALLOWED", headers={"allow": METHODS})


def may_stay_unread(headers: Mapping[str, str]) -> bool:
    """Whether the request may be answered before its body: one of no announced end would be swallowed for ever."""
    return "transfer-encoding" not in headers and _announced(headers) <= MAX_BODY


async def _posted(headers: Mapping[str, str], receive: Receive) -> Asked:
    if not is_json(headers.get("content-type", "")):
        message = "Send the request as 'Content-Type: application/json', in UTF-8."
        raise BadRequest(415, message, headers={"accept-post": "application/json"})
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise BadRequest(415, "Send the body without Content-Encoding.", headers={"accept-encoding": "identity"})
    if _announced(headers) > MAX_BODY:
        raise _too_large()
    try:
        body = orjson.loads(await _body(receive))
    except orjson.JSONDecodeError as error:
        raise _unreadable(error) from error
    if isinstance(body, list):
        raise BadRequest(400, "The body must be one JSON object: batches are not accepted.")
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be one JSON object with a 'query'.")
    return asked_of(body)


def _got(scope: Scope, headers: Mapping[str, str]) -> Asked:
    parameters = _parsed(scope["query_string"])
    if "documentId" not in parameters and not any(name in headers for name in PREFLIGHT_HEADERS):
        raise BadRequest(
            400,
            "A query in the URL needs the header '{header}: 1' (or {others}); or send a trusted document's 'documentId', "
            "or use POST.",
            code="CSRF_PREVENTED",
            header=PREFLIGHT_HEADERS[0],
            others=", ".join(PREFLIGHT_HEADERS[1:]),
        )
    decoded: dict[str, Any] = {name: parameters[name] for name in _TEXTS if name in parameters}
    decoded["operationName"] = decoded.get("operationName") or None  # empty means none
    for name in _MAPS:
        if parameters.get(name):
            try:
                decoded[name] = orjson.loads(parameters[name])
            except orjson.JSONDecodeError as error:
                raise BadRequest(400, "The URL's '{name}' must be JSON.", name=name) from error
    return asked_of(decoded, read_only=True)


def _parsed(raw: bytes) -> dict[str, str]:
    if len(raw) > MAX_QUERY_STRING:
        message = "The URL's query string may hold at most {most} bytes; send more with POST."
        raise BadRequest(414, message, most=MAX_QUERY_STRING)
    try:
        pairs: Iterable[tuple[bytes, bytes]] = parse_qsl(raw, keep_blank_values=True, max_num_fields=50)
        texts = [(name.decode(), value.decode()) for name, value in pairs]
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(400, "The URL's query string is not form-encoded UTF-8 of at most 50 fields.") from error
    found: dict[str, str] = {}
    for name, value in texts:
        if name in found and name in _PARAMETERS:
            raise BadRequest(400, "The URL has '{name}' twice.", name=name)
        found[name] = value
    return found


def asked_of(given: Mapping[str, Any], *, read_only: bool = False) -> Asked:
    """What a request's parameters ask (GraphQL over HTTP, 5.1, and appendix A). Errors: BadRequest.

    An empty ``query`` counts as none beside another way to name a document: graphql-ws sends nothing without one.
    """
    texts = [given.get(name) for name in _TEXTS]
    for name, text in zip(_TEXTS, texts, strict=True):
        if not isinstance(text, str | None):
            raise BadRequest(400, "'{name}' must be text.", name=name)
    variables, extensions = given.get("variables"), given.get("extensions")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "'{name}' must be an object.", name="variables")
    if not isinstance(extensions, dict | None):
        raise BadRequest(400, "'{name}' must be an object.", name="extensions")
    query, document_id, operation_name = texts
    persisted = _persisted(extensions)
    if query == "" and (document_id is not None or persisted is not None):
        query = None
    if query is not None and not query.strip():
        raise BadRequest(400, "'query' must be a GraphQL document.")
    if query is None and document_id is None and persisted is None:
        raise BadRequest(400, "Send a GraphQL document as 'query', or a trusted one's 'documentId'.")
    return Asked(query, document_id, persisted, variables, operation_name, read_only)


def _persisted(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash of an automatic persisted query (Apollo's protocol, version 1); other extensions are nobody's business."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    digest = given.get("sha256Hash") if isinstance(given, dict) and given.get("version") == 1 else None
    if not isinstance(digest, str) or not _SHA256.match(digest):
        message = "'extensions.persistedQuery' has 'version' 1 and 'sha256Hash', 64 lower-case hexadecimal digits."
        raise BadRequest(400, message)
    return digest


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Whether a Content-Type is application/json in UTF-8 and nothing else (RFC 9110, 8.3; parameters may follow)."""
    media_type, *parameters = content_type.split(";")
    if media_type.strip().lower() != "application/json":
        return False
    charsets = [parameter for parameter in parameters if parameter.strip().lower().startswith("charset")]
    return all(_CHARSET.match(charset) for charset in charsets)


def _announced(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Left
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > MAX_BODY:
                    raise _too_large()
                chunks.append(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError as error:
        message_ = "The body did not arrive within {seconds} seconds."
        raise BadRequest(408, message_, headers={"connection": "close"}, seconds=f"{BODY_SECONDS:.0f}") from error


def _too_large() -> BadRequest:
    return BadRequest(413, "The body may hold at most {most} bytes.", headers={"connection": "close"}, most=MAX_BODY)


def _unreadable(error: orjson.JSONDecodeError) -> BadRequest:
    """Why a body was not read; its words are orjson's, which follow no contract, so others of them are told as before."""
    if "depth" in error.msg:
        return BadRequest(400, "The body's lists and objects are nested too deep.")
    if "surrogate in string" in error.msg:
        return BadRequest(
            400, "The body's text holds an unpaired surrogate (\\ud800 to \\udfff), which no UTF-8 can say."
        )
    if "infinity" in error.msg:
        return BadRequest(400, "The body holds a number that is too large.")
    return BadRequest(400, "The body is not JSON, or not in UTF-8.")
