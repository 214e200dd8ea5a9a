"""Images made anew: upright, and without anything a camera or a program wrote into them (EXIF, XMP, IPTC, comments).

Only the picture goes on, so what else was hidden in the file is gone, too: another file at its end, a second format.
Moving images keep their first frame, and colors are taken for sRGB.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType

from PIL import Image, ImageOps

from server.files.kinds import MediaType
from server.files.photographs import bare
from server.files.refusals import Reason, Refused

MOST_PIXELS = 50_000_000
"""What one picture may unfold to; at four bytes each it is what one thread holds at a time."""

MOST_SCANS = 100
MOST_DRAWN = 1_000_000_000
"""Pixels that all scans of a picture draw together: a few seconds. Cameras make 1 to 12 scans."""

_SECONDS = 4.0
_MOST_EXIF = 65_536  # one segment of a JPEG; each entry may name all of it, so what it unfolds to grows with the square

THUMBNAIL = 320
_QUALITY = 90
_FORMATS = MappingProxyType({MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"})
_MODES = MappingProxyType(
    {
        MediaType.JPEG: frozenset({"L", "RGB"}),
        MediaType.PNG: frozenset({"L", "LA", "RGB", "RGBA"}),
        MediaType.WEBP: frozenset({"RGB", "RGBA"}),
    },
)
Image.MAX_IMAGE_PIXELS = None  # ours is asked before anything is unfolded; Pillow's would only warn


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is kept. thumbnail: WebP, at most ``THUMBNAIL`` pixels on either side. width, height: pixels."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int


class _Timed(BytesIO):
    """A file that is read for so long and no longer; its seconds are those of the reading thread, not of the clock.

    Decoders read a file of many pieces piece by piece. What they do between two reads is bounded by the pixels.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._until = time.thread_time() + _SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes of the file; raises TimeoutError."""
        if time.thread_time() > self._until:
            raise TimeoutError
        return super().read(size)


def pixels(data: bytes, kind: MediaType) -> int:
    """How many the picture of a file has, by what stands at its beginning. Raises Refused UNREADABLE."""
    try:
        with Image.open(_Timed(bare(data).content if kind is MediaType.JPEG else data), formats=[_FORMATS[kind]]) as it:
            return it.width * it.height
    except Exception as error:  # a broken file makes the decoders raise whatever their authors chose
        raise Refused(Reason.UNREADABLE) from error


def redrawn(data: bytes, kind: MediaType) -> Picture:
    """The image of a file, made anew in the same format. Raises Refused TOO_MANY_PIXELS, UNREADABLE."""
    scans = 1
    if kind is MediaType.JPEG:
        photograph = bare(data)
        data, scans = photograph.content, photograph.scans
    try:
        with Image.open(_Timed(data), formats=[_FORMATS[kind]]) as image:
            if _is_bounded(image.width * image.height, scans):
                return _drawn(image, kind)
    except Exception as error:  # a broken file makes the decoders raise whatever their authors chose
        raise Refused(Reason.UNREADABLE) from error
    raise Refused(Reason.TOO_MANY_PIXELS)


def _is_bounded(size: int, scans: int) -> bool:
    return size <= MOST_PIXELS and scans <= MOST_SCANS and size * scans <= MOST_DRAWN


def _drawn(image: Image.Image, kind: MediaType) -> Picture:
    image.load()
    for name in ("exif", "Raw profile type exif"):
        if len(image.info.get(name, b"")) > _MOST_EXIF:
            del image.info[name]
    plain = _plain(ImageOps.exif_transpose(image), kind)
    return Picture(_written(plain, kind), _thumbnail(plain), plain.width, plain.height)


def _plain(image: Image.Image, kind: MediaType) -> Image.Image:
    """The picture in a form its format can hold, with nothing beside it."""
    modes = _MODES[kind]
    if image.mode not in modes:
        image = image.convert("RGBA" if "RGBA" in modes and image.has_transparency_data else "RGB")
    image.info = {}
    return image


def _written(image: Image.Image, kind: MediaType) -> bytes:
    out = BytesIO()
    image.save(out, format=_FORMATS[kind], quality=_QUALITY)
    return out.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    small = _plain(small, MediaType.WEBP)
    return _written(small, MediaType.WEBP)
