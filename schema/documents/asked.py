"""A GraphQL request as it was sent, whatever transport it came by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    query: the document's text. document_id: a trusted document instead (``sha256:<hex>``, GraphQL over HTTP, appendix
    A). persisted: the SHA-256 (hex) of an automatic persisted query, alone or beside ``query``. read_only: it came by
    GET, so it must be a query.
    """

    query: str | None = None
    document_id: str | None = None
    persisted: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    read_only: bool = False
