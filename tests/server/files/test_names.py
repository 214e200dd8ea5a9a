"""Names of files, also such as nobody gives in good faith."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.files.kinds import EXTENSIONS, MediaType
from server.files.names import disposition, tidy


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("fence.jpg", MediaType.JPEG, "fence.jpg"),
        ("Fence.JPEG", MediaType.JPEG, "Fence.jpeg"),
        ("栏杆 照片.png", MediaType.PNG, "栏杆 照片.png"),
        ("../../etc/passwd", MediaType.TEXT, "passwd.txt"),
        ("..\\..\\boot.ini", MediaType.TEXT, "boot.ini.txt"),
        ("/", MediaType.TEXT, None),
        ("..", MediaType.TEXT, None),
        (".txt", MediaType.TEXT, "txt.txt"),
        (" \t\n", MediaType.TEXT, None),
        ("a\x00b.pdf", MediaType.PDF, "ab.pdf"),
        ("photo\u202egpj.exe", MediaType.JPEG, "photogpj.exe.jpg"),
        ("line\r\nSet-Cookie: x.pdf", MediaType.PDF, "lineSet-Cookie_ x.pdf"),
        ('<b>"?.pdf', MediaType.PDF, "_b___.pdf"),
        ("\u200b\ufeff.webp", MediaType.WEBP, "webp.webp"),
        ("x" * 10_000, MediaType.MP4, "x" * 120 + ".mp4"),
        ("e\u0301.txt", MediaType.TEXT, "é.txt"),
    ],
)
def test_a_name_is_tidied(name: str, kind: MediaType, kept: str | None) -> None:
    assert tidy(name, kind) == kept


@given(st.text(), st.sampled_from(MediaType))
def test_any_name_becomes_a_plain_one_or_none(name: str, kind: MediaType) -> None:
    kept = tidy(name, kind)
    if kept is None:
        return
    assert kept.isprintable() or "\u3000" in kept or "\xa0" in kept
    assert not {"/", "\\", "\x00", "\u202e"} & set(kept)
    assert kept.endswith(EXTENSIONS[kind])
    assert not kept.startswith(".")
    assert tidy(kept, kind) == kept
    header = disposition(kept)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_a_name_is_told_twice_for_old_and_new_browsers() -> None:
    assert disposition("栏 1.png") == "attachment; filename=\"_ 1.png\"; filename*=UTF-8''%E6%A0%8F%201.png"
