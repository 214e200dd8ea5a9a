"""Texts in memory, the longest unused out first. Bounded by their length, because that is what they cost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_ALWAYS = 200  # what an entry costs beside its text, about, in bytes


class Shelf(Generic[K]):
    """Up to ``most`` characters of text by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._texts: OrderedDict[K, str] = OrderedDict()

    def get(self, key: K) -> str | None:
        """The text of a key, if it is still there."""
        text = self._texts.get(key)
        if text is not None:
            self._texts.move_to_end(key)
        return text

    def put(self, key: K, text: str) -> None:
        """Keep a text; others go until there is room."""
        before = self._texts.pop(key, None)
        self._held += _ALWAYS + len(text) - (0 if before is None else _ALWAYS + len(before))
        self._texts[key] = text
        while self._held > self._most:
            _, gone = self._texts.popitem(last=False)
            self._held -= _ALWAYS + len(gone)

    def __len__(self) -> int:
        return len(self._texts)
