"""MP4 without what a telephone writes beside the film: place, maker, remarks (ISO/IEC 14496-12, boxes).

Boxes of metadata become ``free`` boxes of zeros, of the same size, so that every offset in the file stays true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.files.refusals import Reason, Refused

_HEADER = 8
_LONG_HEADER = 16
_METADATA = frozenset({b"udta", b"meta", b"uuid"})
_HOLDING = frozenset({b"moov", b"trak"})
_MOST_BOXES = 10_000
_DEEPEST = 3  # moov holds trak, and trak none of the two


@dataclass(frozen=True, slots=True)
class _Box:
    """kind: four bytes. start, body, end: offsets of its header, of what it holds, and of what follows."""

    kind: bytes
    start: int
    body: int
    end: int


def bared(data: bytes) -> bytes:
    """The film without metadata.

    Raises Refused UNREADABLE unless boxes fill the file, one of them is ``moov``, and they are no deeper than films are.
    """
    out = bytearray(data)
    kinds = [box.kind for box in _boxes(data, 0, len(data))]
    if b"moov" not in kinds or kinds[0] != b"ftyp":
        raise Refused(Reason.UNREADABLE)
    _clear(out, 0, len(out), _DEEPEST)
    return bytes(out)


def _clear(out: bytearray, start: int, end: int, depth: int) -> None:
    if depth == 0:
        raise Refused(Reason.UNREADABLE)
    for box in list(_boxes(out, start, end)):
        if box.kind in _METADATA:
            out[box.start + 4 : box.start + _HEADER] = b"free"
            out[box.body : box.end] = bytes(box.end - box.body)
        elif box.kind in _HOLDING:
            _clear(out, box.body, box.end, depth - 1)


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[_Box]:
    for _count in range(_MOST_BOXES):
        if start == end:
            return
        box = _box(data, start, end)
        yield box
        start = box.end
    raise Refused(Reason.UNREADABLE)


def _box(data: bytes | bytearray, start: int, end: int) -> _Box:
    size = int.from_bytes(data[start : start + 4], "big")
    kind = bytes(data[start + 4 : start + _HEADER])
    body = start + _HEADER
    if size == 1:
        body = start + _LONG_HEADER
        size = int.from_bytes(data[start + _HEADER : body], "big")
    elif size == 0:
        size = end - start
    if start + size < body or start + size > end:
        raise Refused(Reason.UNREADABLE)
    return _Box(kind, start, body, start + size)
