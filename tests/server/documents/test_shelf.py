"""Texts in memory stay within their bound, and the longest unused goes first."""

from __future__ import annotations

from server.documents.shelf import Shelf


def test_the_longest_unused_goes_first() -> None:
    shelf: Shelf[str] = Shelf(3 * 1_200)
    for key in "abc":
        shelf.put(key, key * 1_000)
    assert shelf.get("a") == "a" * 1_000
    shelf.put("d", "d" * 1_000)
    assert [key for key in "abcd" if shelf.get(key) is not None] == ["a", "c", "d"]


def test_a_long_text_takes_the_room_of_several_and_one_beyond_the_bound_takes_none() -> None:
    shelf: Shelf[str] = Shelf(3 * 1_200)
    for key in "abc":
        shelf.put(key, key * 1_000)
    shelf.put("d", "d" * 2_000)
    assert [key for key in "abcd" if shelf.get(key) is not None] == ["c", "d"]
    shelf.put("e", "e" * 4_000)
    assert len(shelf) == 0
    shelf.put("f", "f" * 3_400)
    assert shelf.get("f") == "f" * 3_400


def test_a_text_put_twice_is_counted_once() -> None:
    shelf: Shelf[str] = Shelf(2 * 1_200)
    for _ in range(10):
        shelf.put("a", "a" * 1_000)
    shelf.put("b", "b" * 1_000)
    assert len(shelf) == 2
