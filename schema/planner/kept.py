"""Answers that many are given alike: what is public is read once a second, however many ask for it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from tenants.readings import FRESH_SECONDS, Readings

KEPT_ANSWERS = 512


class KeptAnswers:
    """The newest answers of one process. A withdrawal shows in every process within FRESH_SECONDS."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[float, bytes | None]] = OrderedDict()
        self._readings: Readings[tuple[float, bytes | None]] = Readings()

    async def get(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, bytes | None]]) -> bytes | None:
        """The answer under a key, read anew when it is older than FRESH_SECONDS, by one for all who wait."""
        kept = self._answers.get(key)
        if kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]

        async def begun() -> tuple[float, bytes | None]:
            """Good from when it was asked for: what is withdrawn while it is read may still be in it."""
            at = time.monotonic()
            return at, await read()

        kept = self._answers[key] = await self._readings.wait(key, begun)
        self._answers.move_to_end(key)
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        return kept[1]
