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
                raise BadInput("Variables may hold lists and objects nested up to {most} deep.", most=MAX_DEPTH)
            if isinstance(value, list) and len(value) > MAX_LIST:
                raise BadInput("Variables may hold lists of up to {most} items.", most=f"{MAX_LIST:,}")
            values += len(value)
            if values > MAX_VALUES:
                raise BadInput("Variables may hold up to {most} values in all.", most=f"{MAX_VALUES:,}")
            if isinstance(value, Mapping):
                text += sum(map(len, value))
                waiting.extend((item, depth + 1) for item in value.values())
            else:
                waiting.extend((item, depth + 1) for item in value)
        if text > MAX_TEXT:
            raise BadInput("Variables may hold up to {most} characters in all.", most=f"{MAX_TEXT:,}")
