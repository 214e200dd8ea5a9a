"""Images made anew: upright, and without anything a camera or a program wrote into them (EXIF, XMP, IPTC, comments).

Only the picture goes on, so what else was hidden in the file is gone, too: another file at its end, a second format.
Moving images keep their first frame, and colors are taken for sRGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType

from PIL import Image, ImageOps

from server.files.kinds import MediaType
from server.files.refusals import Reason, Refused

MOST_PIXELS = 50_000_000
"""What one picture may unfold to; at four bytes each it is what one thread holds at a time."""

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


def redrawn(data: bytes, kind: MediaType) -> Picture:
    """The image of a file, made anew in the same format. Raises Refused TOO_MANY_PIXELS, UNREADABLE."""
    try:
        with Image.open(BytesIO(data), formats=[_FORMATS[kind]]) as image:
            if image.width * image.height <= MOST_PIXELS:
                return _drawn(image, kind)
    except Exception as error:  # a broken file makes the decoders raise whatever their authors chose
        raise Refused(Reason.UNREADABLE) from error
    raise Refused(Reason.TOO_MANY_PIXELS)


def _drawn(image: Image.Image, kind: MediaType) -> Picture:
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
