"""Files made by hand: good ones, and such as somebody might send to do harm. Places and people are invented."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

NOWHERE = (12.0, 34.0, 56.0)
"""Degrees, minutes and seconds of a place that no photograph may tell."""

REMARK = "seen by Invented Person"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
TEXT = "Der Zaun ist kaputt.\n栏杆坏了。\n".encode()


def image(kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: Any) -> bytes:
    """A picture without anything beside it; one corner is red, so that its way up can be told."""
    picture = Image.new(mode, size, 200 if mode in {"L", "P"} else "white")
    if mode in {"RGB", "RGBA"}:
        picture.paste("red", (0, 0, size[0] // 4, size[1] // 4))
    return written(picture, kind, **options)


def written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photograph(kind: str = "JPEG", *, orientation: int = 1) -> bytes:
    """A picture as a telephone takes it: place, maker and remark in EXIF and XMP, and the way it was held."""
    exif = Image.Exif()
    exif[0x010E] = REMARK
    exif[0x0112] = orientation
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", NOWHERE, "E", NOWHERE
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{REMARK}</x:xmpmeta>".encode()
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
        chunks.add_text("Comment", REMARK)
        options["pnginfo"] = chunks
    else:
        options["xmp"] = xmp
    if kind == "JPEG":
        options["comment"] = REMARK
    return image(kind, **options)


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that would unfold to ``side`` squared pixels."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + side // 8)) for _row in range(side)) + rows.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG whose remark would unfold to 100 MB."""
    remark = b"Comment\x00\x00" + zlib.compress(bytes(100_000_000), 9)
    plain = image("PNG", (8, 8))
    return plain[:33] + chunk(b"zTXt", remark) + plain[33:]


def scans(again: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A progressive photograph in gray whose last scan, of a few bytes, comes so many times again."""
    whole = image("JPEG", size, "L", progressive=True)
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * again + whole[-2:]


def remarked_photograph() -> bytes:
    """A photograph whose EXIF is spread over 500,000 segments."""
    plain = image("JPEG", (8, 8))
    return plain[:2] + (b"\xff\xe1\x00\x10Exif\0\0" + b"12345678") * 500_000 + plain[2:]


def remarked(remark: bytes, times: int | None = None) -> bytes:
    """A PNG with a chunk before the picture, so many times or until it has ten megabytes."""
    plain = image("PNG", (8, 8))
    return plain[:33] + remark * (9_900_000 // len(remark) if times is None else times) + plain[33:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box of an MP4 file."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(*, more: bytes = b"") -> bytes:
    """An MP4 file in form, with its place and a remark where telephones write them."""
    place = box(b"udta", box(b"\xa9xyz", b"+12.5823+012.5823/"))
    remark = box(b"meta", REMARK.encode())
    track = box(b"trak", box(b"tkhd", b"\x00" * 8), remark)
    inside = box(b"moov", box(b"mvhd", b"\x01" * 16), track, place)
    xmp = box(b"uuid", b"\xbe" * 16, REMARK.encode())
    return box(b"ftyp", b"isom", b"\x00" * 4, b"isommp42") + inside + xmp + box(b"mdat", b"\x07" * 64) + more
