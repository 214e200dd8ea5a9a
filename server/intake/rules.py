"""The form of a tracking code, and the signature of a webhook (pure).

Webhooks are signed as Standard Webhooks says: HMAC-SHA-256 over id, timestamp and body, in base64 behind ``v1,``.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

ENTROPY = 16
"""Bytes that a tracking code is made of."""

TOLERANCE_SECONDS = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = 32

_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter that looks like a digit
_GROUPS, _GROUP = 5, 5
_CODE = re.compile(rf"(.{{1,31}}?)-((?:[{_SYMBOLS}]{{{_GROUP}}}-){{{_GROUPS - 1}}}[{_SYMBOLS}]{{{_GROUP}}})")
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_TAIL = _GROUPS * (_GROUP + 1)
_WEBHOOK_ID = re.compile(r"[!-~]{1,255}")
_MOST_SIGNATURES = 10


@dataclass(frozen=True, slots=True)
class Code:
    """A tracking code as somebody wrote it. slug: of the city it names; empty for a text that is no code."""

    slug: str
    text: str


def code_of(slug: str, entropy: bytes) -> str:
    """The tracking code of 16 random bytes: the city, then 25 symbols (125 bits) in groups: DAYE-7K3QM-9XWTB-..."""
    number = int.from_bytes(entropy[:ENTROPY])
    symbols = "".join(_SYMBOLS[(number >> 5 * place) & 31] for place in range(_GROUPS * _GROUP))
    groups = [symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP)]
    return "-".join([slug.upper(), *groups])


def read_code(text: str) -> Code:
    """A code from what was typed: case, spaces and look-alikes (O for 0, I and L for 1) do not matter."""
    typed = "".join(text.split()).upper()[:200]
    typed = typed[:-_TAIL] + typed[-_TAIL:].translate(_ALIKE)
    found = _CODE.fullmatch(typed)
    return Code("", typed) if found is None else Code(found[1].lower(), typed)


def signature(secret: bytes, *, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a message, as it stands in ``webhook-signature``."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def is_signed(
    secrets: Sequence[bytes],
    *,
    webhook_id: str,
    timestamp: str,
    given: str,
    body: bytes,
    now: datetime,
) -> bool:
    """Whether one of the signatures ``given`` (with spaces between) fits one of the secrets, now.

    Every secret is tried, whatever the others and the time say: how long it takes tells nothing.
    """
    offered = [text.encode("utf-8", "replace") for text in given.split(" ")[:_MOST_SIGNATURES]]
    fits = False
    for secret in secrets:
        expected = signature(secret, webhook_id=webhook_id, timestamp=timestamp, body=body).encode()
        for text in offered:
            fits |= hmac.compare_digest(expected, text)
    return fits and _is_fresh(timestamp, now) and _WEBHOOK_ID.fullmatch(webhook_id) is not None


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:  # noqa: PLR2004 - seconds since 1970
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
