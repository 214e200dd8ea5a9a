"""Wake-ups over a real Valkey: they arrive, and a listener ends when it is told to, at whatever moment that is."""

from __future__ import annotations

import asyncio
import gc
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from server.pubsub import PubSub


async def listening(pubsub: PubSub) -> None:
    """Wait until a wake-up of another process would arrive."""
    tenant_id = uuid4()
    async with pubsub.waiter(tenant_id) as news, asyncio.timeout(10):
        await news.wait()  # rung once, when the subscription stands


async def test_a_wake_up_reaches_whoever_waits_for_that_city_in_another_process(redis_url: str) -> None:
    here, there = PubSub(redis_url), PubSub(redis_url)
    await here.start()
    await listening(here)
    ours, others = uuid4(), uuid4()
    async with here.waiter(ours) as news, here.waiter(others) as silence, asyncio.timeout(10):
        there.wake(ours)
        await news.wait()
        assert not silence.is_set()
    await here.close()
    await there.close()


async def test_many_wake_ups_go_out_together_and_none_is_left_when_closing(redis_url: str) -> None:
    there, listener = PubSub(redis_url), Redis.from_url(redis_url)
    city, last = uuid4(), uuid4()
    async with listener.pubsub() as channel, asyncio.timeout(10):
        await channel.subscribe("civicgrid:wake")
        for _ in range(100):
            there.wake(city)
            await asyncio.sleep(0)
        there.wake(last)
        await there.close()
        heard: list[UUID] = []
        async for message in channel.listen():
            if message["type"] == "message":
                heard.append(UUID(message["data"].decode()))
            if last in heard and city in heard:
                break
    await listener.aclose()
    assert heard.count(last) == 1
    assert 1 <= heard.count(city) <= 20


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
async def test_closing_ends_the_listener_at_whatever_moment(redis_url: str, steps: int) -> None:
    pubsub = PubSub(redis_url)
    await pubsub.start()
    for _ in range(steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await pubsub.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "pubsub"] == []


async def test_the_listener_lives_until_it_is_closed_even_when_nobody_else_holds_it(redis_url: str) -> None:
    """The event loop holds tasks weakly: one whose connection only it knows could be collected in the middle."""
    pubsub = PubSub(redis_url)
    await pubsub.start()
    await listening(pubsub)
    close = pubsub.close()
    del pubsub
    close.close()
    gc.collect()
    (listener,) = (task for task in asyncio.all_tasks() if task.get_name() == "pubsub")
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener
