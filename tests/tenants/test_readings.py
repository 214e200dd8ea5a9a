from __future__ import annotations

import asyncio

import pytest

from tenants import readings
from tenants.readings import Readings


class Source:
    """Something that is read when it is told to, and counts."""

    def __init__(self) -> None:
        self.times = 0
        self.open = asyncio.Event()

    async def read(self) -> int:
        self.times += 1
        times = self.times
        await self.open.wait()
        return times


async def test_who_asks_meanwhile_waits_for_the_same_reading() -> None:
    source, found = Source(), Readings[int]()
    waiting = [asyncio.create_task(found.wait("a", source.read)) for _ in range(5)]
    other = asyncio.create_task(found.wait("b", source.read))
    await asyncio.sleep(0)
    source.open.set()
    assert await asyncio.gather(*waiting) == [1] * 5
    assert await other == 2
    assert await found.wait("a", source.read) == 3


async def test_a_reading_outlives_who_waits_for_it() -> None:
    source, found = Source(), Readings[int]()
    first, second = (asyncio.create_task(found.wait("a", source.read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.open.set()
    assert await second == 1


async def test_a_reading_that_hangs_is_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    source, found = Source(), Readings[int]()
    found.start("a", source.read)
    monkeypatch.setattr(readings, "FRESH_SECONDS", 0.0)
    later = asyncio.create_task(found.wait("a", source.read))
    await asyncio.sleep(0)
    source.open.set()
    assert await later == 2


async def test_a_failure_is_told_to_who_waits_and_forgotten() -> None:
    found = Readings[int]()

    async def fail() -> int:
        raise LookupError

    found.start("a", fail)
    await found.close()
    with pytest.raises(LookupError):
        await found.wait("a", fail)
    source = Source()
    source.open.set()
    assert await found.wait("a", source.read) == 1


async def test_closing_waits_for_what_was_begun() -> None:
    source, found = Source(), Readings[int]()
    found.start("a", source.read)
    closing = asyncio.create_task(found.close())
    await asyncio.sleep(0)
    assert not closing.done()
    source.open.set()
    await closing
    assert source.times == 1
