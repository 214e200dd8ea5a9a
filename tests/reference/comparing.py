"""Holds an answer of the product against what the reference expects, down to the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.reference.asking import Path
from tests.reference.executor import Expected

CLOCKS_APART = 5


@dataclass(slots=True)
class Comparison:
    """Remembers which row each cursor of the product has stood for: no cursor ever stands for two (``Place``)."""

    meanings: dict[str, str] = field(default_factory=dict)

    def difference(self, body: dict[str, Any], expected: Expected) -> str | None:
        """The first difference in words, None when there is none."""
        faults = {(error["extensions"]["code"], tuple(error.get("path") or ())) for error in body.get("errors", [])}
        if faults != expected.faults:
            return f"errors: {_few(faults - expected.faults)} not expected, {_few(expected.faults - faults)} missing"
        found = self._settled(body.get("data"), expected, ())
        if canonical(found) == canonical(expected.data):
            return None
        return next(_differences(found, expected.data, ()), "the same values in other types")

    def _settled(self, value: Any, expected: Expected, path: Path) -> Any:
        """The product's value with cursors put into the reference's words, and seconds at its moment."""
        if isinstance(value, dict):
            return {key: self._settled(item, expected, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._settled(item, expected, (*path, index)) for index, item in enumerate(value)]
        kind = expected.loose.get(path)
        wanted: Any = _at(expected.data, path) if kind is not None else None
        if kind == "cursor" and isinstance(value, str):
            return self.meanings.setdefault(value, wanted)
        if (
            kind == "link"
            and isinstance(value, str)
            and isinstance(wanted, str)
            and value.startswith(f"{wanted}?expires=")
        ):
            return wanted
        if kind == "seconds" and type(value) is int and abs(value - wanted) <= CLOCKS_APART:
            return wanted
        return value


def canonical(value: Any) -> bytes:
    """JSON with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def objects(value: Any) -> int:
    """How many JSON objects a value holds, itself included."""
    if isinstance(value, dict):
        return 1 + sum(objects(item) for item in value.values())
    return sum(objects(item) for item in value) if isinstance(value, list) else 0


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _differences(found: Any, wanted: Any, path: Path) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in {**wanted, **found}:
            yield from _differences(found.get(key, "(absent)"), wanted.get(key, "(absent)"), (*path, key))
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for index, (here, there) in enumerate(zip(found, wanted, strict=True)):
            yield from _differences(here, there, (*path, index))
    elif canonical(found) != canonical(wanted):
        yield f"at {'.'.join(map(str, path))}: product {_short(found)}, reference {_short(wanted)}"


def _short(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 600 else f"{text[:600]}..."


def _few(faults: Any) -> str:
    return str(sorted(faults, key=str)[:5])
