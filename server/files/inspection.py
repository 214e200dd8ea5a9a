"""A file as it was sent becomes a file as it is kept, or is refused.

There is one thread for it, beside the event loop: several would only take turns with the loop, and each of them may
hold a whole picture.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from server.files.images import redrawn
from server.files.kinds import IMAGES, MediaType, kind_of
from server.files.movies import bared
from server.files.refusals import Reason, Refused

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
_ZIP_ENDS = b"PK\x05\x06"
_ZIP_TAIL = 65_557  # where the end of a ZIP archive is looked for: its record and the longest comment
_PDF_TAIL = 1_024


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a file. thumbnail, width and height of images only; pixels."""

    content: bytes
    thumbnail: bytes | None = None
    width: int | None = None
    height: int | None = None


async def inspected(file: IO[bytes], announced: MediaType) -> Kept:
    """What ``inspect`` returns or raises for a file, which is read when it is its turn, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: inspect(file.read(), announced))


def inspect(data: bytes, announced: MediaType) -> Kept:
    """What is kept of a file that was announced as this type. Raises Refused with the reason."""
    if kind_of(data) is not announced:
        raise Refused(Reason.TYPE_MISMATCH)
    if announced in IMAGES:
        picture = redrawn(data, announced)
        return Kept(picture.content, picture.thumbnail, picture.width, picture.height)
    if announced is MediaType.PDF and b"%%EOF" not in data[-_PDF_TAIL:]:
        raise Refused(Reason.UNREADABLE)
    if _ZIP_ENDS in data[-_ZIP_TAIL:]:
        raise Refused(Reason.AMBIGUOUS)
    return Kept(bared(data) if announced is MediaType.MP4 else data)
