"""A head as a file, to be kept where nobody can change it together with the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server.audit.rules import Head, instant
from server.errors import Invalid

FORMAT = "civicgrid audit head 1"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with its signature (64 bytes)."""

    head: Head
    signature: bytes


def exported(signed: SignedHead, *, public: bytes | None) -> str:
    """The head as JSON. public: the key that proves it, for those who verify without us."""
    head = signed.head
    told = {
        "format": FORMAT,
        "tenantId": str(head.tenant_id),
        "seq": head.seq,
        "hash": head.hash.hex(),
        "at": instant(head.at),
        "keyId": head.key_id,
        "signature": signed.signature.hex(),
        "publicKey": None if public is None else public.hex(),
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def imported(text: bytes) -> SignedHead:
    """The head of a file; whether it is genuine its signature tells. Errors: Invalid."""
    try:
        return _read(orjson.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Invalid("The file holds no head as `civicgrid audit export-head` writes it.") from error


def _read(told: dict[str, Any]) -> SignedHead:
    if told["format"] != FORMAT:
        raise ValueError(told["format"])
    head = Head(
        tenant_id=UUID(told["tenantId"]),
        seq=int(told["seq"]),
        hash=bytes.fromhex(told["hash"]),
        at=datetime.fromisoformat(told["at"]),
        key_id=str(told["keyId"]),
    )
    return SignedHead(head, bytes.fromhex(told["signature"]))
