"""Raw variables are bounded before they are coerced: checking a large value against its type takes long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schema.planner.binding import BadInput

MAX_VALUES = 5_000
MAX_DEPTH = 20
MAX_LIST = 1_000
MAX_TEXT = 100_000


def bounded(variables: Mapping[str, Any]) -> None:
    """Refuse JSON variables that are too large. Errors: BadInput, which names the limit.

    Counts every value, object keys and the variables themselves included; texts in characters, keys included.
    """
    values = text = 0
    waiting: list[tuple[Any, int]] = [(variables, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            text += len(value)
        elif isinstance(value, Mapping | list):
            if depth > MAX_DEPTH:
                raise _refused("lists and objects nested up to {0} deep", MAX_DEPTH)
            if isinstance(value, list) and len(value) > MAX_LIST:
                raise _refused("lists of up to {0} items", MAX_LIST)
            values += len(value)
            if values > MAX_VALUES:
                raise _refused("up to {0} values in all", MAX_VALUES)
            if isinstance(value, Mapping):
                text += sum(map(len, value))
                waiting.extend((item, depth + 1) for item in value.values())
            else:
                waiting.extend((item, depth + 1) for item in value)
        if text > MAX_TEXT:
            raise _refused("up to {0} characters in all", MAX_TEXT)


def _refused(allowed: str, limit: int) -> BadInput:
    what = allowed.format(f"{limit:,}")
    return BadInput(f"Variables may hold {what}.")
