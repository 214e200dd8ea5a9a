"""What is written into sealed rows, and out of them: four bytes of the key's version, then the ciphertext.

A ciphertext is bound to city, table, column and row (``tenants.keys``): copied into another row it does not open.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenants.keys import Keyring, seal, unseal
from tenants.sessions import WriteSession

SUBJECT = "sealed_case.subject"
ANALYSIS = "sealed_case.analysis"
TRANSFER = "sealed_case.transfer"
REPORTER = "sealed_case.reporter"
SAID = "sealed_allegation.said"
FEEDBACK = "sealed_allegation.feedback"
NOTE = "sealed_event.note"
REASON = "sealed_access.reason"

_VERSION = 4


@dataclass(frozen=True, slots=True)
class Sealer:
    """Encrypts fields of one tenant with its newest key."""

    tenant_id: UUID
    version: int
    cipher: AESGCM

    def seal(self, value: object, *, place: str, row_id: UUID) -> bytes | None:
        """The ciphertext of a JSON value; None for None."""
        if value is None:
            return None
        sealed = seal(self.cipher, orjson.dumps(value), tenant_id=self.tenant_id, place=place, row_id=row_id)
        return self.version.to_bytes(_VERSION) + sealed


async def sealer_of(session: WriteSession, keyring: Keyring, tenant_id: UUID) -> Sealer:
    """What encrypts for a tenant; its first key is made in the caller's transaction."""
    version, cipher = await keyring.newest(session, tenant_id)
    return Sealer(tenant_id, version, cipher)


async def open_one(keyring: Keyring, sealed: bytes | None, *, tenant_id: UUID, place: str, row_id: UUID) -> Any:
    """The JSON value of a field, None for none. Raises Undecipherable."""
    if sealed is None:
        return None
    cipher = await keyring.cipher(tenant_id, int.from_bytes(sealed[:_VERSION]))
    return orjson.loads(unseal(cipher, sealed[_VERSION:], tenant_id=tenant_id, place=place, row_id=row_id))


async def open_all(keyring: Keyring, values: Sequence[Any], *, tenant_id: UUID, place: str) -> list[Any]:
    """The values behind (ciphertext as base64, row id) pairs, in their order; None for None. Raises Undecipherable."""
    opened: list[Any] = []
    for value in values:
        if value is None:
            opened.append(None)
            continue
        encoded, row_id = value
        sealed = base64.b64decode(encoded)
        opened.append(await open_one(keyring, sealed, tenant_id=tenant_id, place=place, row_id=UUID(row_id)))
    return opened
