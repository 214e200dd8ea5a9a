"""Failed attempts to prove who one is, counted by name and by address, for all processes together.

An attempt counts before it is made, so that a hundred at once are not one; the use case takes it back when it was none. After
so many the name or the address is refused for a while, twice as long after each further one. A name that nobody has is
counted like any other.

Each process counts along. While Valkey is away it goes by its own count: each process then allows as many as all together
did, which is more, and bounded all the same by the few hashes it makes at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from server.settings import Settings
from server.throttle.link import Away, Link
from server.throttle.scripts import ATTEMPT, CLEAR, TAKE_BACK, Script

_MOST_KNOWN = 10_000
_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free within the window, and how long the first and the longest refusal is; in seconds."""

    free: int
    window: float
    first: float
    longest: float


@dataclass(frozen=True, slots=True)
class Mark:
    """What is counted: a name (as a digest, for people type passwords into the wrong field) or an address."""

    key: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one user name and of one address."""

    name: Limit
    address: Limit


def limits_of(settings: Settings) -> Limits:
    """What the settings name. An address is slowed down and never shut out for long: an office has one for everybody."""
    window = settings.sign_in_window_minutes * 60.0
    return Limits(
        name=Limit(settings.sign_in_attempts, window, first=60, longest=max(60.0, window)),
        address=Limit(settings.sign_in_attempts_per_address, window, first=1, longest=60),
    )


@dataclass(slots=True)
class _Count:
    """A mark as this process knows it, on the monotonic clock."""

    attempts: int = 0
    refused_until: float = 0.0
    forgotten_at: float = 0.0


class Attempts:
    """The attempts at the doors of one platform, as one process sees them.

    remembers: how many marks it keeps count of by itself; those unused for longest are dropped.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        remembers: int = _MOST_KNOWN,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = Link(redis_url)
        self._remembers = remembers
        self._ticks = ticks
        self._known: OrderedDict[str, _Count] = OrderedDict()
        self._probe: asyncio.Task[None] | None = None

    @property
    def alone(self) -> bool:
        """Whether this process counts for itself, because Valkey is away."""
        return self._link.away

    async def close(self) -> None:
        """Let go of Valkey."""
        if self._probe is not None:
            await asyncio.wait({self._probe})
        await self._link.close()

    async def count(self, *marks: Mark) -> bool:
        """Count an attempt on each mark, up to the first that is refused now; whether none is."""
        for mark in marks:
            own = self._count(mark)
            limit = mark.limit
            given = (limit.free, *(int(each * _SECOND) for each in (limit.window, limit.first, limit.longest)))
            together = await self._ask(ATTEMPT, mark, *given)
            if not (own if together is None else bool(together[0])):
                return False
        return True

    async def take_back(self, mark: Mark) -> None:
        """The attempt was none."""
        known = self._known.get(mark.key)
        if known is not None:
            known.attempts = max(0, known.attempts - 1)
            known.refused_until = known.refused_until if known.attempts >= mark.limit.free else 0.0
        await self._ask(TAKE_BACK, mark, mark.limit.free)

    async def clear(self, mark: Mark) -> None:
        """Forget the attempts on a mark: whoever has the name has proven it."""
        self._known.pop(mark.key, None)
        await self._ask(CLEAR, mark)

    async def _ask(self, script: Script, mark: Mark, *arguments: int) -> list[int] | None:
        """Valkey's answer; None while it is away."""
        if self._link.away:
            if self._probe is None or self._probe.done():
                self._probe = asyncio.create_task(self._link.probe(), name="attempts")
            return None
        try:
            async with self._link.turn():
                return await self._link.run(script, [f"attempts:{{{mark.key}}}"], arguments)
        except Away:
            return None

    def _count(self, mark: Mark) -> bool:
        """The same arithmetic as the script's, on what this process knows."""
        now, limit = self._ticks(), mark.limit
        known = self._known.pop(mark.key, None)
        if known is None or now >= known.forgotten_at:
            known = _Count(forgotten_at=now + limit.window)
        self._known[mark.key] = known
        while len(self._known) > self._remembers:
            self._known.popitem(last=False)
        if now < known.refused_until:
            return False
        known.attempts += 1
        if known.attempts >= limit.free:
            refused_for = delay(limit, known.attempts)
            known.refused_until = now + refused_for
            known.forgotten_at = max(known.forgotten_at, known.refused_until + limit.window)
        return True


def delay(limit: Limit, attempts: int) -> float:
    """For how many seconds nothing more is taken after so many attempts: doubled with each, up to the longest."""
    over = min(attempts - limit.free, 32)
    return min(limit.longest, limit.first * 2**over) if over >= 0 else 0.0
