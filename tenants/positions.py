"""Positions in the logs of a tenant as text that tells nothing: AES-SIV (RFC 5297), deterministic and authenticated.

A log numbers all that happens in a city, also what a subscriber may not see; the difference of two numbers would tell
how much that was. The associated data binds a position to its tenant and its log: nowhere else does it open.
"""

from __future__ import annotations

import base64
import re
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from tenants.keys import Undecipherable, derive

_NUMBER = 8
_SEALED = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)  # 16 bytes of authentication and the number's 8: no padding


class Positions:
    """Seals numbers of logs. One cipher serves all tenants, so that an event costs no lookup."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(derive(secret, "log-position"))

    def seal(self, number: int, *, tenant_id: UUID, log: str) -> str:
        """32 characters of base64url, always the same for the same place. number: 0 to 2^63 - 1."""
        sealed = self._cipher.encrypt(number.to_bytes(_NUMBER, "big"), _binding(tenant_id, log))
        return base64.urlsafe_b64encode(sealed).decode("ascii")

    def unseal(self, text: str, *, tenant_id: UUID, log: str) -> int:
        """The number; Undecipherable for text that was not sealed for this log of this tenant with this secret."""
        if _SEALED.fullmatch(text) is None:
            raise Undecipherable
        try:
            plain = self._cipher.decrypt(base64.urlsafe_b64decode(text), _binding(tenant_id, log))
        except InvalidTag as error:
            raise Undecipherable from error
        return int.from_bytes(plain, "big")


def _binding(tenant_id: UUID, log: str) -> list[bytes]:
    return [tenant_id.bytes, log.encode()]
