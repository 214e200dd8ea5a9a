"""What is let in of a file, and what is kept of it."""

from __future__ import annotations

import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image

from server.files.inspection import inspect
from server.files.kinds import MediaType, kind_of
from server.files.photographs import Photograph, bare
from server.files.refusals import Reason, Refused
from tests.server.files import samples

IMAGES = {"JPEG": MediaType.JPEG, "PNG": MediaType.PNG, "WEBP": MediaType.WEBP}
ZIP = b"PK\x03\x04" + b"\x00" * 26 + b"PK\x05\x06" + b"\x00" * 18


def reason(data: bytes, announced: MediaType) -> Reason:
    with pytest.raises(Refused) as caught:
        inspect(data, announced)
    return caught.value.reason


def opened(data: bytes) -> Image.Image:
    found = Image.open(BytesIO(data))
    found.load()
    return found


@pytest.mark.parametrize("kind", IMAGES)
def test_nothing_a_telephone_wrote_is_kept(kind: str) -> None:
    """Place, maker's remark, XMP, comments: in the file and in its preview."""
    sent = samples.photograph(kind)
    before = opened(sent)
    assert before.getexif().get_ifd(0x8825)[2] == samples.NOWHERE
    assert samples.REMARK.encode() in sent
    kept = inspect(sent, IMAGES[kind])
    assert kept.thumbnail is not None
    for data in (kept.content, kept.thumbnail):
        after = opened(data)
        assert dict(after.getexif()) == {}
        assert dict(after.getexif().get_ifd(0x8825)) == {}
        assert after.info.keys() & {"exif", "xmp", "comment", "Comment", "XML:com.adobe.xmp", "photoshop"} == set()
        assert samples.REMARK.encode() not in data
        assert b"Exif" not in data
        assert b"xmpmeta" not in data


@pytest.mark.parametrize("kind", IMAGES)
def test_an_image_stays_what_it_shows(kind: str) -> None:
    kept = inspect(samples.image(kind), IMAGES[kind])
    after = opened(kept.content)
    assert (after.format, after.size) == (kind, (640, 480))
    assert (kept.width, kept.height) == (640, 480)
    red, white = after.convert("RGB").getpixel((40, 40)), after.convert("RGB").getpixel((600, 400))
    assert isinstance(red, tuple)
    assert isinstance(white, tuple)
    assert red[0] > 240
    assert red[1] < 20
    assert min(white) > 240
    assert kept.thumbnail is not None
    assert (opened(kept.thumbnail).format, opened(kept.thumbnail).size) == ("WEBP", (320, 240))


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    """The remark that says how it was held goes, so the picture itself is turned."""
    kept = inspect(samples.photograph(orientation=6), MediaType.JPEG)
    assert (kept.width, kept.height) == (480, 640)
    corner = opened(kept.content).getpixel((460, 20))
    assert isinstance(corner, tuple)
    assert corner[0] > 240
    assert corner[1] < 40


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "P"), ("PNG", "RGBA"), ("PNG", "L"), ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGBA")]
)
def test_every_form_of_a_picture_is_kept(kind: str, mode: str) -> None:
    kept = inspect(samples.image(kind, (64, 64), mode), IMAGES[kind])
    assert opened(kept.content).size == (64, 64)


def test_a_small_picture_is_not_blown_up() -> None:
    kept = inspect(samples.image("PNG", (10, 7)), MediaType.PNG)
    assert kept.thumbnail is not None
    assert opened(kept.thumbnail).size == (10, 7)


def test_a_picture_that_unfolds_to_too_much_is_refused_unopened() -> None:
    sent = samples.bomb()
    assert len(sent) < 1_000_000
    assert reason(sent, MediaType.PNG) is Reason.TOO_MANY_PIXELS


def test_a_remark_that_unfolds_to_too_much_is_refused() -> None:
    assert reason(samples.text_bomb(), MediaType.PNG) is Reason.UNREADABLE


@pytest.mark.parametrize(("again", "expected"), [(95, Reason.TOO_MANY_PIXELS), (10_000, Reason.UNREADABLE)])
def test_a_photograph_that_draws_itself_over_and_over_is_refused_undecoded(again: int, expected: Reason) -> None:
    """A few hundred kilobytes that would keep a decoder busy for minutes or hours."""
    sent = samples.scans(again)
    began = time.thread_time()
    assert reason(sent, MediaType.JPEG) is expected
    assert time.thread_time() - began < 0.5


def test_many_scans_of_a_large_photograph_are_fewer_than_of_a_small_one() -> None:
    assert inspect(samples.scans(50), MediaType.JPEG).width == 640
    assert reason(samples.scans(50, (7000, 7000)), MediaType.JPEG) is Reason.TOO_MANY_PIXELS
    assert inspect(samples.image("JPEG", progressive=True), MediaType.JPEG).width == 640


def test_markers_inside_remarks_are_no_scans() -> None:
    """A telephone's preview in EXIF is a photograph of its own."""
    preview = b"Exif\0\0" + b"\xff\xda" * 1_000
    sent = samples.image("JPEG")
    remark = b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview
    assert bare(sent[:2] + remark * 3 + sent[2:]) == Photograph(sent[:2] + remark + sent[2:], 1)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (MediaType.JPEG, samples.remarked_photograph()),
        (MediaType.PNG, samples.remarked(samples.chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000), 9)))),
    ],
)
def test_remarks_without_end_cost_only_so_much(kind: MediaType, sent: bytes) -> None:
    began = time.thread_time()
    assert reason(sent, kind) is Reason.UNREADABLE
    assert time.thread_time() - began < 6


def test_a_remark_that_names_itself_over_and_over_is_not_unfolded() -> None:
    """60,000 entries of EXIF, each of them all nine megabytes."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 9_000_000, 8) for tag in range(60_000))
    exif = b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + entries + bytes(8_300_000)
    assert inspect(samples.remarked(samples.chunk(b"eXIf", exif), 1), MediaType.PNG).width == 8


@pytest.mark.parametrize("kind", IMAGES)
def test_half_a_picture_is_refused(kind: str) -> None:
    sent = samples.image(kind, (640, 480))
    assert reason(sent[: len(sent) // 2], IMAGES[kind]) is Reason.UNREADABLE


@pytest.mark.parametrize("kind", IMAGES)
def test_a_second_file_behind_a_picture_is_not_kept(kind: str) -> None:
    """A picture that is an archive or a page of script at the same time."""
    kept = inspect(samples.image(kind) + ZIP + b"<script>alert(1)</script>", IMAGES[kind])
    assert b"PK\x03\x04" not in kept.content
    assert b"<script>" not in kept.content


def test_a_document_is_kept_as_it_is() -> None:
    assert inspect(samples.PDF, MediaType.PDF).content == samples.PDF
    assert inspect(samples.TEXT, MediaType.TEXT).content == samples.TEXT


def test_a_document_that_is_an_archive_too_is_refused() -> None:
    assert reason(samples.PDF[:-6] + ZIP + b"\n%%EOF\n", MediaType.PDF) is Reason.AMBIGUOUS
    assert reason(samples.PDF[:-6], MediaType.PDF) is Reason.UNREADABLE


def test_a_film_is_kept_without_its_place() -> None:
    sent = samples.film()
    kept = inspect(sent, MediaType.MP4).content
    assert len(kept) == len(sent)
    assert b"+12.58" not in kept
    assert samples.REMARK.encode() not in kept
    assert kept.count(b"free") == 3
    for part in (b"ftypisom", b"mvhd" + b"\x01" * 16, b"tkhd", b"mdat" + b"\x07" * 64):
        assert part in kept


@pytest.mark.parametrize(
    "sent",
    [
        samples.film()[:-10],
        samples.film() + b"\x00",
        samples.film(more=b"\x00\x00\x00\x01mdat" + b"\x00" * 8),
        samples.film(more=b"\x00\x00\x00\x04mdat"),
        samples.box(b"ftyp", b"isom", b"\x00" * 4) + samples.box(b"mdat", b"x"),
    ],
)
def test_a_film_whose_boxes_do_not_fit_is_refused(sent: bytes) -> None:
    assert reason(sent, MediaType.MP4) is Reason.UNREADABLE


@pytest.mark.parametrize("depth", [3, 3_000])
def test_a_film_in_a_film_is_refused(depth: int) -> None:
    inside = b""
    for kind in (b"trak",) * depth + (b"moov",):
        inside = samples.box(kind, inside)
    assert reason(samples.box(b"ftyp", b"isom", b"\x00" * 4) + inside, MediaType.MP4) is Reason.UNREADABLE


def test_a_film_that_is_an_archive_too_is_refused() -> None:
    assert reason(samples.film(more=samples.box(b"free", ZIP)), MediaType.MP4) is Reason.AMBIGUOUS


@pytest.mark.parametrize(
    ("sent", "announced"),
    [
        (ZIP, MediaType.PDF),
        (ZIP, MediaType.TEXT),
        (b"", MediaType.TEXT),
        (b"MZ\x90\x00", MediaType.TEXT),
        (b"\xff\xfe\x00\x01", MediaType.TEXT),
        (b"caf\xe9", MediaType.TEXT),
        (samples.PDF, MediaType.TEXT),
        (samples.TEXT, MediaType.PDF),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", MediaType.PNG),
        (b"GIF89a" + b"\x00" * 20, MediaType.PNG),
        (samples.image("PNG"), MediaType.JPEG),
        (samples.image("JPEG"), MediaType.WEBP),
        (samples.box(b"ftyp", b"heic", b"\x00" * 4), MediaType.MP4),
    ],
)
def test_what_is_not_what_it_was_announced_as_is_refused(sent: bytes, announced: MediaType) -> None:
    assert reason(sent, announced) is Reason.TYPE_MISMATCH


def test_kinds_are_told_by_content() -> None:
    assert [kind_of(samples.image(kind)) for kind in IMAGES] == list(IMAGES.values())
    assert kind_of(samples.PDF) is MediaType.PDF
    assert kind_of(samples.film()) is MediaType.MP4
    assert kind_of(samples.TEXT) is MediaType.TEXT
    assert kind_of(b"\x7fELF" + b"\x00" * 60) is None
