"""Findings of a check: their form, and their way into and out of ciphertext.

The ciphertext is bound to city, table, column and row (``tenants.keys``): copied into another row it does not open.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.exc import IntegrityError

from server.errors import RuleViolation
from tenants.keys import Keyring, seal, unseal
from tenants.sessions import WriteSession

PLACE = "health_check.findings"
MOST_ITEMS = 100
LARGEST_BYTES = 16_000
_LONGEST_NAME = 100


def encode(findings: object) -> bytes:
    """Findings as JSON bytes. Raises FINDINGS_INVALID.

    findings: an object of 1 to 100 items, each a name of up to 100 characters with a text, number, flag or null;
    16,000 bytes in all.
    """
    if not isinstance(findings, Mapping) or not 1 <= len(findings) <= MOST_ITEMS:
        raise _invalid()
    for name, value in findings.items():
        known = value is None or isinstance(value, str | int | float)
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= _LONGEST_NAME or not known:
            raise _invalid()
    try:
        plain = orjson.dumps(dict(findings))
    except orjson.JSONEncodeError as error:
        raise _invalid() from error
    if len(plain) > LARGEST_BYTES:
        raise _invalid()
    return plain


async def seal_one(
    session: WriteSession,
    keyring: Keyring,
    plain: bytes,
    *,
    tenant_id: UUID,
    check_id: UUID,
) -> tuple[bytes, int]:
    """The ciphertext for one check and the version of the key it was made with."""
    try:
        async with session.begin_nested():
            version, cipher = await keyring.newest(session, tenant_id)
    except IntegrityError:
        # Two first checks of a city at once: the other one has made the city's key meanwhile.
        version, cipher = await keyring.newest(session, tenant_id)
    return seal(cipher, plain, tenant_id=tenant_id, place=PLACE, row_id=check_id), version


async def unseal_all(keyring: Keyring, values: Sequence[Any], *, tenant_id: UUID) -> list[Any]:
    """The findings behind (ciphertext as base64, key version, check id) triples, in their order.

    Raises Undecipherable for a ciphertext that was changed, moved, or whose key is gone.
    """
    opened: list[Any] = []
    for encoded, version, check_id in values:
        cipher = await keyring.cipher(tenant_id, version)
        sealed = base64.b64decode(encoded)
        opened.append(orjson.loads(unseal(cipher, sealed, tenant_id=tenant_id, place=PLACE, row_id=UUID(check_id))))
    return opened


def _invalid() -> RuleViolation:
    return RuleViolation(
        "Findings are an object of 1 to {most} named values (text, number, true, false, null), {bytes} bytes in all.",
        code="FINDINGS_INVALID",
        field=("findings",),
        most=MOST_ITEMS,
        bytes=LARGEST_BYTES,
    )
