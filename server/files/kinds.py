"""The kinds of file that are let in, told by their content and never by their name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

HEAD = 64
_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"})
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13} | {127}


class MediaType(StrEnum):
    """What may be uploaded."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    TEXT = "text/plain"
    MP4 = "video/mp4"


IMAGES: frozenset[MediaType] = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.WEBP})

EXTENSIONS: Mapping[MediaType, tuple[str, ...]] = MappingProxyType(
    {
        MediaType.JPEG: (".jpg", ".jpeg"),
        MediaType.PNG: (".png",),
        MediaType.WEBP: (".webp",),
        MediaType.PDF: (".pdf",),
        MediaType.TEXT: (".txt",),
        MediaType.MP4: (".mp4",),
    },
)
"""How the name of such a file ends; the first is put to a name that ends otherwise."""


def kind_of(data: bytes) -> MediaType | None:
    """What the content says it is; None for anything that is not let in. Text is UTF-8 without control characters."""
    found = _signed(data[:HEAD])
    if found is not None:
        return found
    return MediaType.TEXT if _is_text(data) else None


def _signed(head: bytes) -> MediaType | None:
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return MediaType.MP4
    return None


def _is_text(data: bytes) -> bool:
    if not data or _CONTROLS.intersection(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
