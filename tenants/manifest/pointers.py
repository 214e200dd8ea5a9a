"""What is wrong and where: a fault and the JSON pointer that leads to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a document. path: JSON pointer (RFC 6901), empty for the whole document."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.message}"


def pointer(*steps: object) -> str:
    """The JSON pointer of steps (keys and indexes), outermost first."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def repeated(values: Iterable[object]) -> list[int]:
    """Indexes of values that stood in the sequence before."""
    seen: set[object] = set()
    found = []
    for index, value in enumerate(values):
        if value in seen:
            found.append(index)
        seen.add(value)
    return found
