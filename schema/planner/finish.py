"""What SQL cannot do to an answer: decode values (decrypt, sign) and write down that sensitive rows were read.

Only reads that select such fields are parsed and finished here; all others are spliced as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.context import Context
from schema.planner.compile import OBSERVED, Findings
from schema.planner.declare import OBSERVERS


async def finish(context: Context, findings: Findings, root: tuple[str, ...], value: Any) -> Any:
    """Note every observed row, then decode; ``root`` is the path of ``value`` in the response."""
    seen: dict[str, list[list[Any]]] = {}
    for mark in _marks(value):
        seen.setdefault(mark[0], []).append(mark[1:])
    for name, rows in seen.items():
        await OBSERVERS[name](context, rows)
    for path, decoder in findings.decoders:
        slots = list(_slots(value, path[len(root) :]))
        decoded = await decoder(context, [slot[key] for slot, key in slots])
        for (slot, key), found in zip(slots, decoded, strict=True):
            slot[key] = found
    return value


def _marks(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _marks(item)
    elif isinstance(value, dict):
        mark = value.pop(OBSERVED, None)
        if mark is not None:
            yield mark
        for item in value.values():
            yield from _marks(item)


def _slots(value: Any, path: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, list):
        for item in value:
            yield from _slots(item, path)
    elif isinstance(value, dict):
        if len(path) == 1:
            if value.get(path[0]) is not None:
                yield value, path[0]
        else:
            yield from _slots(value.get(path[0]), path[1:])
