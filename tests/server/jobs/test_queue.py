"""arq wakes the engines; what it forgets or cannot say delays work and loses none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import orjson
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from server.jobs import queue
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import WriteSession
from tests.server.jobs.conftest import MakeEngine, Town, ring

NOWHERE = "redis://127.0.0.1:1"


class Bell:
    """A handler one can wait for."""

    def __init__(self) -> None:
        self.rung = asyncio.Semaphore(0)

    async def __call__(self, session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
        await ring(session, work_id=work_id, actor=actor, registry=registry)
        self.rung.release()

    async def times(self, count: int) -> None:
        """Wait until it was rung so often, or fail."""
        async with asyncio.timeout(20):
            for _time in range(count):
                await self.rung.acquire()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A database of Valkey's that is empty and nobody else's."""
    client: Redis = Redis.from_url(f"{redis_url.rstrip('/').removesuffix('/0')}/7")
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def private_url(redis_url: str) -> str:
    return f"{redis_url.rstrip('/').removesuffix('/0')}/7"


async def test_a_tick_wakes_every_city_with_due_work(
    town: Town,
    neighbor: Town,
    make_engine: MakeEngine,
    redis: Redis,
    private_url: str,
) -> None:
    ids, others = await town.plan(2), await neighbor.plan(1)
    bell, stop = Bell(), asyncio.Event()
    serving = asyncio.create_task(queue.serve(queue.wakeups(make_engine(bell), private_url), stop))
    await bell.times(3)
    stop.set()
    await serving
    assert await town.rung() == dict.fromkeys(ids, 1)
    assert await neighbor.rung() == dict.fromkeys(others, 1)
    assert await redis.keys("arq:result:*") == []


async def test_a_wiped_redis_only_delays(
    town: Town,
    make_engine: MakeEngine,
    redis: Redis,
    private_url: str,
) -> None:
    first = await town.plan()
    bell, stop = Bell(), asyncio.Event()
    serving = asyncio.create_task(queue.serve(queue.wakeups(make_engine(bell), private_url), stop))
    await bell.times(1)
    await redis.flushdb()
    second = await town.plan(2)
    await bell.times(2)
    stop.set()
    await serving
    assert await town.rung() == dict.fromkeys([*first, *second], 1)


async def test_messages_are_json_and_hold_an_id_only(town: Town, make_engine: MakeEngine) -> None:
    worker = queue.wakeups(make_engine(), "redis://unused")
    name = next(name for name in worker.functions if name.endswith("run_tenant"))
    assert worker.job_serializer is not None
    assert worker.job_deserializer is not None
    sent = worker.job_serializer({"f": name, "a": (str(town.id),), "k": {}, "t": None, "et": 1})
    assert orjson.loads(sent) == {"f": "test.run_tenant", "a": [str(town.id)], "k": {}, "t": None, "et": 1}
    assert worker.job_deserializer(sent)["a"] == [str(town.id)]


async def test_without_redis_the_wake_ups_say_so_at_once(make_engine: MakeEngine) -> None:
    async with asyncio.timeout(10):
        with pytest.raises((OSError, RedisConnectionError)):
            await queue.serve(queue.wakeups(make_engine(), NOWHERE), asyncio.Event())
