"""JPEG files before anything decodes them: how often they draw the picture, and nothing in them but the picture.

Progressive files draw the whole picture once for each of their scans (ITU-T T.81, G.1), and a scan may have a dozen
bytes: a small file could keep a decoder busy for hours. Remarks cost time, too: one may be spread over any number of
segments. Segments are found as decoders find them (T.81, B.1.1), so what is counted here is what they will draw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.files.refusals import Reason, Refused

_MOST_SEGMENTS = 5_000
_SEGMENT = re.compile(rb"\xff+([\xc0-\xcf\xd9-\xfe])")
_END, _SCAN, _EXIF = 0xD9, 0xDA, 0xE1
_REMARKS = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""Segments that are for programs: all but JFIF (APP0) and Adobe's (APP14), which say how colors are meant."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file up to its end marker, of its remarks only the first EXIF. scans: how often it draws the picture."""

    content: bytes
    scans: int


def bare(data: bytes) -> Photograph:
    """What a JPEG file draws. Raises Refused UNREADABLE for one in more pieces than any camera makes."""
    kept = [data[:2]]
    at, scans, has_exif = 2, 0, False
    for _segment in range(_MOST_SEGMENTS):
        found = _SEGMENT.search(data, at)
        if found is None or found[1][0] == _END:
            kept.append(data[at : None if found is None else found.end()])
            return Photograph(b"".join(kept), scans)
        kind, body = found[1][0], found.end()
        end = max(body, body + int.from_bytes(data[body : body + 2], "big"))
        is_exif = kind == _EXIF and data.startswith(b"Exif\0\0", body + 2) and not has_exif
        kept.append(data[at : found.start()])
        if kind not in _REMARKS or is_exif:
            kept.append(data[found.start() : end])
        has_exif |= is_exif
        scans += kind == _SCAN
        at = end
    raise Refused(Reason.UNREADABLE)
