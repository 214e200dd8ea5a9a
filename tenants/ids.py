"""Identifiers: UUIDv7 made by the application (RFC 9562, 5.7) and the opaque ids that clients see.

A client's id is ``<prefix>_<uuid>``. It names a kind and a row, never a right: reading it is authorized like any read.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

UUID_LENGTH = 36
_COUNTER_BITS = 12
_lock = threading.Lock()
_last = [0, 0]  # milliseconds, counter: ids of one process are strictly increasing


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, a 12-bit counter within the millisecond, 62 random bits."""
    with _lock:
        millis = max(time.time_ns() // 1_000_000, _last[0])
        counter = _last[1] + 1 if millis == _last[0] else 0
        if counter >> _COUNTER_BITS:
            millis, counter = millis + 1, 0
        _last[:] = [millis, counter]
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(millis << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | random)


def public_id(prefix: str, id_: UUID) -> str:
    """The id as clients see it, for example ``case_0192f3c4-...``."""
    return f"{prefix}_{id_}"


def split_public_id(value: str) -> tuple[str, UUID] | None:
    """The prefix and UUID of a client's id, or None when it is not shaped like one of ours."""
    prefix, _, rest = value.rpartition("_")
    if not prefix or len(rest) != UUID_LENGTH:
        return None
    try:
        return prefix, UUID(rest)
    except ValueError:
        return None
