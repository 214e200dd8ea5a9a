"""Names of documents by their content, and how many one call may register."""

from __future__ import annotations

import hashlib
import re

MAX_DOCUMENTS = 500
MAX_BYTES = 100_000
MAX_PER_CLIENT = 10_000

_PREFIX = "sha256:"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(text: str) -> str:
    """SHA-256 of a document's text in UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(encoded(text)).hexdigest()


def encoded(text: str) -> bytes:
    """The text's bytes; never fails, since what is no Unicode matches no registered document anyway."""
    return text.encode("utf-8", "surrogatepass")


def digest_in(document_id: str) -> str | None:
    """The digest in ``sha256:<64 hex>`` (GraphQL over HTTP, appendix A); None for any other form."""
    return bare_digest(document_id.removeprefix(_PREFIX)) if document_id.startswith(_PREFIX) else None


def bare_digest(text: str) -> str | None:
    """64 hexadecimal digits in lower case; None for anything else."""
    lowered = text.lower()
    return lowered if _DIGEST.fullmatch(lowered) else None
