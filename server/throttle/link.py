"""The way to Valkey, with a circuit: while it is away nobody waits for it, except one question a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from server.throttle.scripts import Script

_PATIENCE, _GRACE = 0.4, 0.1  # nobody waits for it so long (server.throttle.service); a new connection may need it
_PROBE_EVERY = 1.0
_AT_ONCE = 8  # connections, and so what waits in Valkey for one process
_log = structlog.get_logger(__name__)


class Away(Exception):
    """Valkey does not answer (in time, or with anything of use)."""


class Link:
    """Runs scripts in Valkey. Away from the first failure on, until a probe is answered; told once in the log."""

    def __init__(self, redis_url: str) -> None:
        # No time-outs of its own: it would use asyncio.wait_for, which up to Python 3.11 may swallow a cancellation.
        self._redis: Redis = Redis.from_url(redis_url)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._away_since: float | None = None
        self._probed_at = 0.0

    @property
    def away(self) -> bool:
        """Whether Valkey is taken to be unreachable."""
        return self._away_since is not None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn to call ``run``, at most 0.5 s long with the waiting for it. Errors: Away."""
        if self.away:
            raise Away
        try:
            async with _patience(), self._slots:
                if self.away:  # since we began to wait for the turn
                    raise Away
                yield
        except (RedisError, OSError, TimeoutError) as error:
            self._leave(error)
            raise Away from error

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[int]) -> list[int]:
        """The answer of a script. Only inside a ``turn``, which sees to errors."""
        given: tuple[Any, ...] = (len(keys), *keys, *arguments)
        try:
            return await _list(self._redis.evalsha(script.sha, *given))
        except NoScriptError:  # the first call ever, or the first after Valkey was started anew
            return await _list(self._redis.eval(script.text, *given))

    async def probe(self) -> None:
        """Ask whether Valkey is back; does nothing before a second has gone by since the last question."""
        now = time.monotonic()
        if self._away_since is None or now - self._probed_at < _PROBE_EVERY:
            return
        self._probed_at = now
        try:
            async with _patience():
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return
        _log.info("throttle_together_again", seconds=round(now - self._away_since, 1))
        self._away_since = None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    def _leave(self, error: Exception) -> None:
        if self._away_since is not None:
            return
        self._away_since = self._probed_at = time.monotonic()
        _log.warning("throttle_alone", error=repr(error))


async def _list(answer: object) -> list[int]:
    """What a script answers; redis types the calls for its two clients at once."""
    return list(await cast("Awaitable[Iterable[int]]", answer))


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """A limit of 0.5 s. Errors: TimeoutError.

    The last part of it begins when the event loop gets to see that the first is over: a loop that was late itself reads
    what has long arrived, rather than blame Valkey for it.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        timer = loop.call_later(_PATIENCE, lambda: limit.reschedule(loop.time() + _GRACE))
        try:
            yield
        finally:
            timer.cancel()
