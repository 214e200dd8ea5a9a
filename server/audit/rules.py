"""What is hashed and signed, byte by byte. The formats are pinned by ``tests/server/audit/test_rules.py`` and docs/audit.md.

Values are written length-prefixed, each with a letter for its kind, so that no two entries have the same bytes:
``n`` null, ``t`` and ``f`` true and false, ``d`` a number as decimal text, ``s`` text as UTF-8, ``l`` a list, ``m`` an object
with its keys sorted by their bytes. After ``d`` and ``s`` comes the length in bytes, after ``l`` and ``m`` the number of
members, as decimal text with a colon behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from json import JSONDecoder
from typing import Any, NamedTuple
from uuid import UUID

_CHAIN = b"civicgrid audit chain 1\n"
_HEAD = "civicgrid audit head 1"
_DETAIL = JSONDecoder(parse_float=Decimal).decode


class AuditOutcome(StrEnum):
    """What became of what somebody did or tried."""

    DONE = "DONE"
    REFUSED = "REFUSED"


class Entry(NamedTuple):
    """An audit entry as it is hashed: texts, ``at`` as ``instant`` tells it. detail: JSON, of which only the values count.

    A tuple, which a hundred thousand rows become in a tenth of the time of other objects.
    """

    id: str
    at: str
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    action: str
    object_type: str
    object_id: str
    request_id: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain of a city went at a time, and with which hash. key_id: of the key that signs it."""

    tenant_id: UUID
    seq: int
    hash: bytes
    at: datetime
    key_id: str


def genesis(tenant_id: UUID) -> bytes:
    """The hash before the first: SHA-256 of the format's name and the city's id."""
    return hashlib.sha256(_CHAIN + tenant_id.bytes).digest()


def seal_hash(prev_hash: bytes, seq: int, sealed_at: datetime, entry: Entry) -> bytes:
    """The hash of a link: SHA-256 of the hash before it and of the entry in its place. ValueError for detail that is no JSON."""
    return hashlib.sha256(prev_hash + entry_bytes(seq, sealed_at, entry)).digest()


def entry_bytes(seq: int, sealed_at: datetime, entry: Entry) -> bytes:
    """The canonical bytes of an entry in its place of the chain."""
    *texts, detail = entry
    # Most texts are ASCII, whose length in bytes needs no encoding: asked here, a call less for each of them.
    written = [
        "n" if text is None else f"s{len(text)}:{text}" if text.isascii() else _text(text)
        for text in (str(seq), instant(sealed_at), *texts)
    ]
    _write(_DETAIL(detail), written)
    return "".join(written).encode()


def head_text(head: Head) -> bytes:
    """What is signed of a head: its parts on lines of their own."""
    lines = (_HEAD, str(head.tenant_id), str(head.seq), head.hash.hex(), instant(head.at), head.key_id)
    return "\n".join(lines).encode()


@lru_cache(maxsize=16)
def instant(at: datetime) -> str:
    """A time as it is hashed: UTC with six digits of a second, ``2026-03-02T04:05:06.000007Z``."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _text(text: str) -> str:
    return f"s{len(text) if text.isascii() else len(text.encode())}:{text}"


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    """The name of a value in a detail, of which there are few."""
    return _text(name)


def _write(value: Any, written: list[str]) -> None:
    if isinstance(value, str):
        written.append(_text(value))
    elif value is None:
        written.append("n")
    elif isinstance(value, bool):
        written.append("t" if value else "f")
    elif isinstance(value, int | Decimal):
        digits = str(value)
        written.append(f"d{len(digits)}:{digits}")
    elif isinstance(value, dict):
        written.append(f"m{len(value)}:")
        for key in sorted(value):  # code points sort as their bytes in UTF-8 do
            written.append(_key(key))
            _write(value[key], written)
    elif isinstance(value, list):
        written.append(f"l{len(value)}:")
        for item in value:
            _write(item, written)
    else:  # no JSON value is of another kind
        raise TypeError(type(value).__name__)
