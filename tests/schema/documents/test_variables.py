"""Raw variables have bounds of their own."""

from __future__ import annotations

from typing import Any

import pytest

from schema.documents.variables import MAX_DEPTH, MAX_LIST, MAX_TEXT, MAX_VALUES, bounded
from schema.planner.binding import BadInput


def nested(depth: int) -> Any:
    """A list so many times within others."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


ALLOWED: dict[str, tuple[Any, Any, str]] = {
    "list": ({"a": [1] * MAX_LIST}, {"a": [1] * (MAX_LIST + 1)}, "lists of up to 1,000 items"),
    "depth": ({"a": nested(MAX_DEPTH)}, {"a": nested(MAX_DEPTH + 1)}, "nested up to 20 deep"),
    "values": (
        {f"a{n}": [1] * 999 for n in range(5)},
        {f"a{n}": [1] * 1_000 for n in range(5)},
        "up to 5,000 values in all",
    ),
    "keys": (
        {f"a{n}": None for n in range(MAX_VALUES)},
        {f"a{n}": None for n in range(MAX_VALUES + 1)},
        "up to 5,000 values in all",
    ),
    "text": ({"a": "x" * (MAX_TEXT - 1)}, {"a": "x" * MAX_TEXT}, "up to 100,000 characters in all"),
    "names": ({"x" * MAX_TEXT: 1}, {"x" * MAX_TEXT + "x": 1}, "up to 100,000 characters in all"),
    "objects": (
        {"a": {"b": {"c": [{"d": 1}]}}},
        {"a": {f"b{n}": [{}] * 1_000 for n in range(5)}},
        "up to 5,000 values in all",
    ),
}


@pytest.mark.parametrize("limit", ALLOWED)
def test_a_bound_is_inclusive_and_named(limit: str) -> None:
    within, beyond, words = ALLOWED[limit]
    bounded(within)
    with pytest.raises(BadInput, match=words):
        bounded(beyond)


def test_no_variables_are_fine() -> None:
    bounded({})
