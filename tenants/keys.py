"""Encryption of sensitive fields: a data key per tenant, wrapped by the platform's key, AES-256-GCM (NIST SP 800-38D).

The associated data binds a ciphertext to its tenant, table, column and row: moved anywhere else it does not decrypt.
"""

from __future__ import annotations

import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.clock import now
from tenants.ids import uuid7
from tenants.models import DataKey
from tenants.sessions import Database, WriteSession

_NONCE = 12


class Undecipherable(Exception):
    """A ciphertext that was changed, moved or written under another key."""


class Keyring:
    """The data keys of tenants, unwrapped in memory while the process lives."""

    def __init__(self, secret: str, database: Database) -> None:
        self._database = database
        self._secret = secret
        self._wrapping = AESGCM(derive(secret, "field-key-wrapping"))
        self._keys: dict[tuple[UUID, int], AESGCM] = {}

    async def newest(self, session: WriteSession, tenant_id: UUID) -> tuple[int, AESGCM]:
        """The version and cipher to encrypt with; made in the caller's transaction when the tenant has none."""
        newest = select(DataKey).where(DataKey.tenant_id == tenant_id).order_by(DataKey.version.desc()).limit(1)
        row = await session.scalar(newest)
        if row is None:
            await self._create(session, tenant_id)
            row = (await session.scalars(newest)).one()
        return row.version, self._unwrap(row, keep=False)  # the transaction that made it may still roll back

    async def cipher(self, tenant_id: UUID, version: int) -> AESGCM:
        """The cipher of one version; Undecipherable when the key is gone (a tenant's data was shredded)."""
        kept = self._keys.get((tenant_id, version))
        if kept is not None:
            return kept
        async with self._database.lookup(tenant_id) as session:
            row = await session.scalar(
                select(DataKey).where(DataKey.tenant_id == tenant_id, DataKey.version == version),
            )
        if row is None:
            raise Undecipherable
        return self._unwrap(row)

    def fingerprint(self, purpose: str, value: bytes) -> bytes:
        """A digest that cannot be made or tested without the platform's secret: HMAC-SHA-256, a key for each purpose."""
        return hmac.digest(derive(self._secret, purpose), value, "sha256")

    async def _create(self, session: WriteSession, tenant_id: UUID) -> None:
        """Make the first key, unless another transaction was faster (whose commit the insert then waits for)."""
        nonce = os.urandom(_NONCE)
        key = AESGCM.generate_key(bit_length=256)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, _wrap_binding(tenant_id, 1))
        await session.execute(
            insert(DataKey)
            .values(tenant_id=tenant_id, id=uuid7(), version=1, wrapped=wrapped, created_at=now())
            .on_conflict_do_nothing(index_elements=[DataKey.tenant_id, DataKey.version]),
        )

    def _unwrap(self, row: DataKey, *, keep: bool = True) -> AESGCM:
        binding = _wrap_binding(row.tenant_id, row.version)
        try:
            key = self._wrapping.decrypt(row.wrapped[:_NONCE], row.wrapped[_NONCE:], binding)
        except InvalidTag as error:
            raise Undecipherable from error
        cipher = AESGCM(key)
        if keep:
            self._keys[row.tenant_id, row.version] = cipher
        return cipher


def seal(cipher: AESGCM, plain: bytes, *, tenant_id: UUID, place: str, row_id: UUID) -> bytes:
    """Encrypt a field. ``place`` is ``table.column``; the nonce leads the result."""
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, _binding(tenant_id, place, row_id))


def unseal(cipher: AESGCM, sealed: bytes, *, tenant_id: UUID, place: str, row_id: UUID) -> bytes:
    """Decrypt a field; Undecipherable when it was changed or belongs to another place."""
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _binding(tenant_id, place, row_id))
    except InvalidTag as error:
        raise Undecipherable from error


def derive(secret: str, purpose: str) -> bytes:
    """A 256-bit key for one purpose from the platform's secret (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def _binding(tenant_id: UUID, place: str, row_id: UUID) -> bytes:
    return f"{tenant_id}|{place}|{row_id}".encode()


def _wrap_binding(tenant_id: UUID, version: int) -> bytes:
    return f"{tenant_id}|data_key|{version}".encode()
