"""Text that is no honest YAML document is refused before anything is built from it."""

from __future__ import annotations

import pytest

from tenants.manifest.faults import ManifestInvalid, parse
from tenants.manifest.reader import MAX_BYTES, read

BOMB = "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", "not valid YAML: did not find expected ',' or ']' (line 2, column 1)"),
        ("a: 1\na: 2", "not valid YAML: key 'a' repeated (line 2, column 1)"),
        ("[1, 2]: 3", "not valid YAML: a key must be a word (line 1, column 1)"),
        (BOMB, "anchors and aliases are not allowed (line 1)"),
        ("a: *missing", "anchors and aliases are not allowed (line 1)"),
        ("a: !!python/object/apply:os.getcwd []", "tags are not allowed (line 1)"),
        ("[" * 100_000, "nested deeper than 16 (line 1)"),
        ("a" * (MAX_BYTES + 1), "the document is larger than 256 KiB"),
        ("a: 1\n---\nb: 2", "not valid YAML: but found another document (line 2, column 1)"),
        ("- 1", "the document is not a mapping"),
        ("", "the document is not a mapping"),
    ],
)
def test_unreadable_text_is_one_fault(text: str, message: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        parse(text)

    assert [(fault.path, fault.message) for fault in refused.value.faults] == [("", message)]


@pytest.mark.parametrize("text", ["a: \x00", "a: \ud800", "%", "\t- a", "? a\n? b\n: - c\n- d"])
def test_odd_characters_are_a_fault_and_not_a_crash(text: str) -> None:
    values, faults = read(text)

    assert values is None
    assert len(faults) == 1
    assert faults[0].message.startswith("not valid YAML: ")


def test_words_mean_what_they_look_like() -> None:
    values, faults = read("{a: 14:00, b: no, c: 2026-01-01, d: 10, e: null, f: true, g: 1.5, h: 010, i: -3, j: ~}")

    assert faults == []
    assert values == {
        "a": "14:00",
        "b": "no",
        "c": "2026-01-01",
        "d": 10,
        "e": None,
        "f": True,
        "g": "1.5",
        "h": "010",
        "i": -3,
        "j": None,
    }


def test_values_that_json_cannot_say_are_a_fault() -> None:
    with pytest.raises(ManifestInvalid) as refused:
        parse({"version": object()})

    assert [fault.message for fault in refused.value.faults] == ["the document holds values that JSON cannot say"]


def test_json_text_is_read_as_well() -> None:
    assert read('{"a": ["x", 1, null, true]}') == ({"a": ["x", 1, None, True]}, [])
