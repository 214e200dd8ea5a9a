"""The keys that sign heads (Ed25519, RFC 8032): one to sign with, and the public halves of those that are retired.

Without a secret of its own the key is derived from ``CIVICGRID_SECRET`` (HKDF, RFC 5869). Whoever has only the database
can therefore make a chain anew, but no head for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.audit.rules import Head, head_text
from server.settings import Settings, require
from tenants.keys import derive

_ID_LENGTH = 16


class HeadKeys:
    """Signs heads with the present key, and tells whether a signature is of the present one or of a retired one."""

    def __init__(self, secret: str, retired: Iterable[str] = ()) -> None:
        """retired: public keys as 64 hexadecimal digits."""
        self._private = Ed25519PrivateKey.from_private_bytes(derive(secret, "audit-head"))
        self.public = self._private.public_key().public_bytes_raw()
        self.id = id_of(self.public)
        publics = (self.public, *map(bytes.fromhex, retired))
        self._known: Mapping[str, Ed25519PublicKey] = {
            id_of(public): Ed25519PublicKey.from_public_bytes(public) for public in publics
        }

    def sign(self, head: Head) -> bytes:
        """The 64 bytes of a signature with the present key."""
        return self._private.sign(head_text(head))

    def knows(self, key_id: str) -> bool:
        """Whether the key is the present one or a retired one."""
        return key_id in self._known

    def verify(self, head: Head, signature: bytes) -> bool:
        """Whether the key that the head names signed exactly this head; a key we do not know signs nothing."""
        public = self._known.get(head.key_id)
        if public is None:
            return False
        try:
            public.verify(signature, head_text(head))
        except InvalidSignature:
            return False
        return True


def id_of(public: bytes) -> str:
    """The name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_ID_LENGTH]


def keys_of(settings: Settings) -> HeadKeys:
    """The keys by the settings. Errors: SettingsError without any secret."""
    secret = settings.audit_secret or require(
        settings.secret, "CIVICGRID_SECRET", "heads of the audit are signed with it"
    )
    retired = settings.audit_retired_keys or ""
    return HeadKeys(secret.get_secret_value(), [key for key in retired.split(",") if key])
