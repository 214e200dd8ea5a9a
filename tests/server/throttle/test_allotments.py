"""Most requests are decided without a word to Valkey, also those of a client that never uses its budget up."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from server.throttle.budgets import Budget, Budgets
from server.throttle.service import Throttle
from tenants.ids import uuid7

CLIENT = Budget(1_000_000, 1_000_000)  # full again 20 ms after an allotment was taken
BUDGETS = Budgets(tenant=CLIENT, client={"standard": CLIENT})
REQUESTS = 100


async def _asked(redis: Redis) -> int:
    """How many scripts Valkey has run."""
    stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


async def test_a_bucket_that_is_full_again_is_not_asked_each_time(redis: Redis, redis_url: str) -> None:
    throttle, tenant_id = Throttle(redis_url, BUDGETS, waits=10), uuid7()

    async def spend() -> None:
        assert (await throttle.take(tenant_id, "portal", CLIENT, 20)).granted
        throttle.give_back(tenant_id, "portal", 15)

    try:
        await spend()
        await asyncio.sleep(0.05)  # what was taken along is restored there
        before = await _asked(redis)
        for _ in range(REQUESTS):
            await spend()
        assert await _asked(redis) - before < REQUESTS / 3
    finally:
        await throttle.close()
