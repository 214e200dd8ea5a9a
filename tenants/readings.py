"""Readings under way: whoever wants the same thing meanwhile waits for the same one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

FRESH_SECONDS = 1.0
AHEAD_SECONDS = 0.5

_T = TypeVar("_T")


class Readings(Generic[_T]):
    """Reads each thing once at a time.

    What is read is good for FRESH_SECONDS. Who asks for a thing often reads it anew after AHEAD_SECONDS already, beside
    the request that noticed, so that no request waits.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, tuple[float, asyncio.Task[_T]]] = {}

    async def wait(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """What the reading under way brings, or else a new one. It goes on when who waits for it is cancelled."""
        self.start(key, read)
        return await asyncio.shield(self._under_way[key][1])

    def start(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        """Read beside whatever is going on, unless that is under way."""
        now = time.monotonic()
        begun, task = self._under_way.get(key, (now, None))
        if task is None or now - begun >= FRESH_SECONDS:  # one that hangs knows nothing of the last second
            task = asyncio.create_task(read())
            self._under_way[key] = now, task
            task.add_done_callback(partial(self._done, key))

    async def close(self) -> None:
        """Wait for all that is under way."""
        await asyncio.gather(*(task for _, task in self._under_way.values()), return_exceptions=True)

    def _done(self, key: Hashable, task: asyncio.Task[_T]) -> None:
        if self._under_way.get(key, (0.0, None))[1] is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # told to whoever waited; to nobody, when nobody did
