"""Fixtures of this room: buckets on the tests' Valkey, and a Valkey of one's own that may be stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.embedded import services
from server.throttle.budgets import Budget, Budgets
from server.throttle.service import Throttle

CLIENT = Budget(1_000, 1)  # a point a second: what a slow test run restores is seen, and does not matter
ANONYMOUS = Budget(100, 1)
BUDGETS = Budgets(tenant=Budget(3_000, 3), client={"standard": CLIENT, "anonymous": ANONYMOUS})

Valkey = Callable[[], AbstractContextManager[str]]


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Return once it holds, and fail when that takes too long."""
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.fixture
async def throttles(redis_url: str) -> AsyncIterator[tuple[Throttle, Throttle]]:
    """Two processes' worth of throttle, without the background task: tests tend them when they want."""
    one, other = Throttle(redis_url, BUDGETS, waits=10), Throttle(redis_url, BUDGETS, waits=10)
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """The tests' Valkey itself."""
    found = Redis.from_url(redis_url)
    yield found
    await found.aclose()


@pytest.fixture
def valkey(tmp_path: Path) -> Valkey:
    """A Valkey of this test's own: runs while the block is open, always at the same address, without a memory."""

    @contextmanager
    def run() -> Iterator[str]:
        with contextlib.ExitStack() as stack:
            running = services.run(
                tmp_path, progress=lambda _line: None, durable=False, database_url="postgresql://not.used/here"
            )
            yield stack.enter_context(running).redis_url

    return run
