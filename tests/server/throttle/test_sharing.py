"""Any interleaving of processes over a real Valkey: together they never spend more than the buckets had."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from server.throttle import bucket
from server.throttle.budgets import Budget, Budgets
from server.throttle.names import Owner, holding_of, owner_of
from server.throttle.service import Throttle

CLIENT, TENANT = Budget(600, 3), Budget(1_000, 5)  # slow to restore, so that a point too many shows
BUDGETS = Budgets(tenant=TENANT, client={"standard": CLIENT})
PROCESSES, CLIENTS = 3, ("app:1", "app:2")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a process. used: of 100 parts of its points, how many it turned out to need."""

    process: int
    client: str
    points: int
    used: int


REQUESTS = st.builds(
    Request,
    process=st.integers(0, PROCESSES - 1),
    client=st.sampled_from(CLIENTS),
    points=st.one_of(st.integers(0, 20), st.integers(1, 650)),
    used=st.integers(0, 100),
)
TENDING = st.integers(0, PROCESSES - 1)  # this process's background task has its turn
STEPS = st.lists(st.one_of(st.lists(REQUESTS, min_size=1, max_size=6), TENDING), min_size=1, max_size=25)


@dataclass(slots=True)
class City:
    """Three processes that serve one tenant, and what they have granted so far, less what came back."""

    throttles: Sequence[Throttle]
    tenant_id: UUID = field(default_factory=uuid4)
    begun: float = field(default_factory=time.monotonic)
    spent: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    async def ask(self, request: Request) -> None:
        """One request from admission to refund."""
        throttle = self.throttles[request.process]
        admission = await throttle.take(self.tenant_id, request.client, CLIENT, request.points)
        self.asked += 1
        if not admission.granted:
            return
        self.spent[request.client] += request.points
        self.check()
        await asyncio.sleep(0)  # others run while this one does
        unused = request.points * (100 - request.used) // 100
        self.spent[request.client] -= unused
        throttle.give_back(self.tenant_id, request.client, unused)

    def check(self) -> None:
        """Within the budgets, as of now; one point for the rounding of what the background returned."""
        seconds = time.monotonic() - self.begun
        assert self.spent.total() <= TENANT.capacity + TENANT.restore * seconds + 1
        for client in CLIENTS:
            assert self.spent[client] <= CLIENT.capacity + CLIENT.restore * seconds + 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_processes_together_stay_within_the_budgets_and_lose_no_points(
    redis_url: str, steps: list[list[Request] | int]
) -> None:
    async with AsyncExitStack() as stack:
        throttles = [Throttle(redis_url, BUDGETS, waits=10) for _ in range(PROCESSES)]
        for throttle in throttles:
            stack.push_async_callback(throttle.close)
        city = City(throttles)
        for step in steps:
            if isinstance(step, int):
                await throttles[step].tend()
            else:
                await asyncio.gather(*(city.ask(request) for request in step))
        assert not any(throttle.alone for throttle in throttles)
    async with Redis.from_url(redis_url) as redis:
        await _counted_up(redis, city, (city.tenant_id, None), TENANT, city.spent.total())
        for client in CLIENTS:
            await _counted_up(redis, city, owner_of(city.tenant_id, client), CLIENT, city.spent[client])


async def _counted_up(redis: Redis, city: City, owner: Owner, budget: Budget, spent: int) -> None:
    """What nobody spent is in the bucket again, and no more than that.

    A process that gets the rest of a bucket gets whole points: up to one is lost each time.
    """
    seconds, microseconds = await redis.time()
    full_at = int(await redis.get(holding_of(owner, budget).key) or 0)
    left = bucket.available(full_at, budget, seconds * bucket.SECOND + microseconds)
    restored = budget.restore * (time.monotonic() - city.begun)
    assert budget.capacity - spent - city.asked - 1 <= left <= budget.capacity - spent + restored + 1
