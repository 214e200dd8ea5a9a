"""Link codes: ``cgl_<id>.<secret>``, an opaque text that names no city and is shown once."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

_CODE = re.compile(r"cgl_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A link code as sent by a client; the id is only a claim until ``digest`` fits the kept one."""

    id: UUID
    digest: bytes


def new_link_code(code_id: UUID) -> tuple[str, bytes]:
    """A code with 256 random bits, and the digest to keep of it."""
    text = f"cgl_{code_id}.{secrets.token_urlsafe(32)}"
    return text, _digest(text)


def parse_link_code(text: str) -> ShownCode | None:
    """The parts of a link code, or None when the text is not shaped like one."""
    match = _CODE.fullmatch(text.strip())
    return None if match is None else ShownCode(UUID(match[1]), _digest(match[0]))


def fits(shown: ShownCode, kept: bytes) -> bool:
    """Whether what is kept was made of this code, compared in constant time."""
    return hmac.compare_digest(shown.digest, kept)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
