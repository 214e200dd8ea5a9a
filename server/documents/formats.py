"""Lists of documents as the tools of front ends write them.

Three forms are known: Apollo's persisted query manifest (``apollo-persisted-query-manifest``, version 1), Relay's and
GraphQL Code Generator's, which are both one JSON object of hash and text.
"""

from __future__ import annotations

from typing import Any

import orjson

from server.documents.service import Given
from server.errors import Invalid

MAX_FILE_BYTES = 32_000_000
_APOLLO = "apollo-persisted-query-manifest"


def read_list(content: bytes) -> tuple[Given, ...]:
    """The documents of a file in any of the three forms, in its order. Errors: Invalid DOCUMENT_LIST_UNKNOWN."""
    if len(content) > MAX_FILE_BYTES:
        raise _unknown(f"it is larger than {MAX_FILE_BYTES} bytes")
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _unknown(f"it is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise _unknown("it is not a JSON object")
    return _of_apollo(found) if "format" in found else _of_hashes(found)


def _of_apollo(found: dict[str, Any]) -> tuple[Given, ...]:
    if found["format"] != _APOLLO or found.get("version") != 1:
        raise _unknown(f"it is not {_APOLLO} of version 1")
    operations = found.get("operations")
    if not isinstance(operations, list):
        raise _unknown("it has no list of operations")
    return tuple(_operation(operation, index) for index, operation in enumerate(operations))


def _operation(operation: Any, index: int) -> Given:
    if isinstance(operation, dict):
        name, body = operation.get("id"), operation.get("body")
        if isinstance(name, str) and isinstance(body, str):
            return Given(name, body)
    raise _unknown(f"operation {index} has no id and body")


def _of_hashes(found: dict[str, Any]) -> tuple[Given, ...]:
    for digest, body in found.items():
        if not isinstance(body, str):
            raise _unknown(f"the value of {digest[:80]!r} is not a document's text")
    return tuple(Given(digest, body) for digest, body in found.items())


def _unknown(reason: str) -> Invalid:
    return Invalid(
        "The file is no list of documents: {reason}. Write an Apollo persisted query manifest, or a JSON object of "
        "SHA-256 and text as Relay and GraphQL Code Generator do.",
        code="DOCUMENT_LIST_UNKNOWN",
        reason=reason,
    )
