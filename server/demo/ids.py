"""Ids as they would have been made when the invented things happened."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID


def id_at(random: Random, at: datetime) -> UUID:
    """A UUIDv7 of an instant (aware, milliseconds); the same for the same state of ``random``."""
    millis = int(at.timestamp() * 1000)
    bits = random.getrandbits(74)
    return UUID(int=(millis << 80) | (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1)))
