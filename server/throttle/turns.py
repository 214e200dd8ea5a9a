"""Whose operation runs next in this process: what a tenant may spend at once must not make the others wait behind it.

A budget bounds what a tenant uses over time; a full bucket may still be spent in one breath. So operations run a few at
a time, and a tenant has at most as many of them under way as places are free: alone half of all, and whoever comes anew
finds a place (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6:2, 1998).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Places for ``places`` operations at once (at least 2). Who: a tenant, or the address of those without one."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._running: Counter[object] = Counter()
        self._waiting: dict[object, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, who: object) -> AsyncIterator[None]:
        """A place for as long as the block runs; waits for it, in the order of arrival among those of one ``who``."""
        if who in self._waiting or not self._fits(who):
            await self._wait(who)
        else:
            self._begin(who)
        try:
            yield
        finally:
            self._end(who)

    def _fits(self, who: object) -> bool:
        return self._running[who] < self._free

    def _begin(self, who: object) -> None:
        self._free -= 1
        self._running[who] += 1

    def _end(self, who: object) -> None:
        self._free += 1
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]
        self._call()

    async def _wait(self, who: object) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(who, turn)
            else:  # called at the same moment
                self._end(who)
            raise

    def _forget(self, who: object, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(who)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[who]

    def _call(self) -> None:
        """Give the free places to those who wait, first to whoever has the fewest; among equals to who waited longest."""
        while self._waiting:
            who = min(self._waiting, key=self._running.__getitem__)
            if not self._fits(who):
                return
            queue = self._waiting.pop(who)
            turn = queue.popleft()
            if queue:
                self._waiting[who] = queue  # behind the others
            if not turn.done():
                self._begin(who)
                turn.set_result(None)
