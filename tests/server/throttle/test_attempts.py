"""Attempts that count before they are made: together through Valkey, by each process for itself without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import cast
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from server.settings import Settings
from server.throttle.attempts import Attempts, Limit, Mark, delay, limits_of
from tests.server.throttle.conftest import Valkey

LIMIT = Limit(free=5, window=900, first=60, longest=900)
GONE = "redis://127.0.0.1:1/0"


def mark(limit: Limit = LIMIT) -> Mark:
    return Mark(f"name:{uuid4().hex}", limit)


async def taken(attempts: Attempts, *marks: Mark, tries: int = 7) -> list[bool]:
    return [await attempts.count(*marks) for _ in range(tries)]


async def until(redis: Redis, key: str) -> float:
    """Until when a mark is refused, in milliseconds of Valkey's clock."""
    found = await cast("Awaitable[bytes | None]", redis.hget(key, "until"))
    return float(found or 0)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 0), (4, 0), (5, 60), (6, 120), (7, 240), (8, 480), (9, 900), (10_000, 900)]
)
def test_each_further_attempt_doubles_the_wait(attempts: int, seconds: float) -> None:
    assert delay(LIMIT, attempts) == seconds


def test_the_settings_say_how_many_are_free() -> None:
    limits = limits_of(Settings.model_construct())
    assert limits.name == Limit(free=5, window=900, first=60, longest=900)
    assert limits.address == Limit(free=50, window=900, first=1, longest=60)


async def test_five_are_free_for_all_processes_together(redis_url: str) -> None:
    one, other, name = Attempts(redis_url), Attempts(redis_url), mark()
    assert await taken(one, name, tries=3) == [True] * 3
    assert await taken(other, name, tries=4) == [True, True, False, False]
    assert await one.count(name) is False
    assert await one.count(mark()) is True
    await one.close()
    await other.close()


async def test_a_hundred_at_once_are_a_hundred(redis_url: str) -> None:
    attempts, name = Attempts(redis_url), mark()
    assert sum(await asyncio.gather(*(attempts.count(name) for _ in range(100)))) == 5
    await attempts.close()


async def test_what_is_refused_by_the_first_mark_does_not_count_for_the_second(redis_url: str) -> None:
    attempts, address, name = Attempts(redis_url), mark(Limit(1, 900, 60, 900)), mark()
    assert await taken(attempts, address, name, tries=20) == [True] + [False] * 19
    assert await taken(attempts, name) == [True] * 4 + [False] * 3
    await attempts.close()


async def test_a_wait_ends_and_the_next_is_longer(redis_url: str, redis: Redis) -> None:
    attempts, name = Attempts(redis_url), mark(Limit(2, 900, 0.05, 900))
    assert await taken(attempts, name, tries=3) == [True, True, False]
    key = f"attempts:{{{name.key}}}"
    first = await until(redis, key)
    while time.time() * 1000 <= first:  # noqa: ASYNC110 - Valkey's clock tells nobody
        await asyncio.sleep(0.01)
    assert await taken(attempts, name, tries=2) == [True, False]
    began = time.time() * 1000
    assert await until(redis, key) - first > 50
    assert await until(redis, key) <= began + 101
    assert 900_000 <= await redis.pttl(key) <= 901_000
    await attempts.close()


async def test_an_attempt_that_was_none_is_taken_back(redis_url: str, redis: Redis) -> None:
    attempts, name = Attempts(redis_url), mark()
    assert await taken(attempts, name, tries=5) == [True] * 5
    await attempts.take_back(name)
    assert await taken(attempts, name, tries=2) == [True, False]
    other = mark()
    await attempts.count(other)
    await attempts.take_back(other)
    assert await redis.exists(f"attempts:{{{other.key}}}") == 0
    await attempts.close()


async def test_who_proves_a_name_frees_it(redis_url: str, redis: Redis) -> None:
    attempts, name = Attempts(redis_url), mark()
    assert await taken(attempts, name, tries=6) == [True] * 5 + [False]
    await attempts.clear(name)
    assert await redis.exists(f"attempts:{{{name.key}}}") == 0
    assert await taken(attempts, name, tries=6) == [True] * 5 + [False]
    await attempts.close()


async def test_without_valkey_each_process_counts_for_itself() -> None:
    seconds = 100.0
    attempts, name = Attempts(GONE, ticks=lambda: seconds), mark()
    assert await taken(attempts, name) == [True] * 5 + [False] * 2
    assert attempts.alone
    assert await attempts.count(mark()) is True
    seconds += 60
    assert await taken(attempts, name, tries=2) == [True, False]
    seconds += 119
    assert await attempts.count(name) is False
    seconds += 1
    assert await attempts.count(name) is True
    seconds += 240 + 900
    assert await taken(attempts, name) == [True] * 5 + [False] * 2
    await attempts.close()


async def test_a_process_that_loses_valkey_goes_on_from_what_it_counted(valkey: Valkey) -> None:
    name = mark()
    with valkey() as url:
        attempts = Attempts(url)
        assert await taken(attempts, name, tries=4) == [True] * 4
    assert await taken(attempts, name, tries=2) == [True, False]
    assert attempts.alone
    await attempts.close()


async def test_what_a_process_remembers_is_bounded() -> None:
    attempts = Attempts(GONE, remembers=10)
    for _ in range(100):
        await attempts.count(mark())
    assert len(attempts._known) == 10
    await attempts.close()
