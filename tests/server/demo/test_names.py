"""Invented names are plausible, spread out and always the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from server.demo import names
from server.demo.ids import id_at


def chance() -> Random:
    return Random(1)  # noqa: S311 - the same every time


def test_names_have_three_characters_and_repeat_rarely() -> None:
    found = [names.person(number) for number in range(10_000)]
    assert {len(name) for name in found} == {3}
    assert len(set(found)) > 8_000
    assert all(left[0] != right[0] for left, right in pairwise(found))


def test_the_same_number_gives_the_same_name() -> None:
    assert names.person(4_711) == names.person(4_711)


def test_places_are_told_apart() -> None:
    found = [names.place(number) for number in range(9_000)]
    assert len(set(found)) == 9_000
    assert (found[0], found[40], found[400]) == ("和平", "和平二", "和平11")


def test_ids_are_of_their_moment_and_in_its_order() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    early, late = id_at(chance(), at), id_at(chance(), at + timedelta(milliseconds=1))
    assert (early.version, early.variant) == (7, "specified in RFC 4122")
    assert early < late
    assert early.int >> 80 == int(at.timestamp() * 1000)
    assert id_at(chance(), at) == early
