"""A file as it was sent becomes a file as it is kept, or is refused.

There are two threads for it, beside the event loop: one for large pictures, of which a process holds one at a time, and
one for everything else, which is done in a moment. Each city has one file in turn, so many files of one city make
nobody of another wait for more than one of them.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from server.files.images import pixels, redrawn
from server.files.kinds import IMAGES, MediaType, kind_of
from server.files.movies import bared
from server.files.refusals import Reason, Refused

LARGE = 4_000_000
"""Pixels from which a picture takes more than a moment."""

_LARGE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files-large")
_SMALL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
_TURNS: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
_log = structlog.get_logger(__name__)
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


async def inspected(file: IO[bytes], announced: MediaType, *, city: UUID) -> Kept:
    """What ``inspect`` returns or raises for a file, which is read when it is its city's turn, beside the event loop.

    Whatever else goes wrong refuses the file as UNREADABLE: no file may stay in hand because of what is in it.
    """
    loop = asyncio.get_running_loop()
    async with _TURNS.setdefault(city, asyncio.Lock()):
        try:
            thread = await loop.run_in_executor(_SMALL, lambda: _thread(file, announced))
            return await loop.run_in_executor(thread, lambda: inspect(_whole(file), announced))
        except Refused:
            raise
        except Exception as error:
            _log.exception("file_inspection_failed", media_type=announced.value)
            raise Refused(Reason.UNREADABLE) from error


def _thread(file: IO[bytes], announced: MediaType) -> ThreadPoolExecutor:
    """Where a file is looked at. Raises Refused."""
    if announced not in IMAGES:
        return _SMALL
    data = _whole(file)
    if kind_of(data) is not announced:
        raise Refused(Reason.TYPE_MISMATCH)
    return _LARGE if pixels(data, announced) >= LARGE else _SMALL


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


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
