"""Valkey dies, hangs and comes back: decisions stay quick, each process keeps the budgets for itself, then all share."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from redis.asyncio import Redis
from structlog.testing import capture_logs

from server.throttle.service import Admission, Throttle
from tests.server.throttle.conftest import BUDGETS, CLIENT, Valkey, eventually

QUICK = 0.2


@asynccontextmanager
async def started(url: str) -> AsyncIterator[Throttle]:
    """A throttle with its background task."""
    throttle = Throttle(url, BUDGETS)
    await throttle.start()
    try:
        yield throttle
    finally:
        await throttle.close()


async def quickly(throttle: Throttle, tenant_id: UUID, points: int) -> Admission:
    """A decision that did not take long."""
    before = time.monotonic()
    admission = await throttle.take(tenant_id, "app:1", CLIENT, points)
    assert time.monotonic() - before < QUICK
    return admission


async def together(*throttles: Throttle) -> None:
    """Return once the throttles found Valkey again by themselves."""

    async def found() -> bool:
        return not any(throttle.alone for throttle in throttles)

    await eventually(found)


async def test_each_process_counts_for_itself_while_valkey_is_dead_and_shares_again_afterwards(valkey: Valkey) -> None:
    tenant_id = uuid4()
    with capture_logs() as logs:
        with valkey() as url:
            one, other = Throttle(url, BUDGETS), Throttle(url, BUDGETS)
            assert (await one.take(tenant_id, "app:1", CLIENT, 300)).granted
        for throttle in (one, other):
            await throttle.start()
        # `one` goes on from what it knew: 680 in the bucket and 20 at hand. `other` never asked: a full bucket.
        assert (await quickly(one, tenant_id, 650)).granted
        assert not (await quickly(one, tenant_id, 90)).granted
        assert (await quickly(other, tenant_id, 950)).granted
        refused = await quickly(other, tenant_id, 90)
        assert not refused.granted
        assert refused.retry_after is not None
        assert 30 < refused.retry_after <= 40
        one.give_back(tenant_id, "app:1", 600)
        assert (await quickly(one, tenant_id, 600)).granted
        assert one.alone
        assert other.alone
        with valkey() as again:
            assert again == url
            await together(one, other)
            assert (await one.take(tenant_id, "app:2", CLIENT, 900)).granted
            assert not (await other.take(tenant_id, "app:2", CLIENT, 200)).granted
            await one.close()
            await other.close()
    told = [entry["event"] for entry in logs]
    assert told.count("throttle_alone") == 2  # once for each process, not for each request


async def test_a_valkey_that_comes_and_goes_is_no_second_budget(valkey: Valkey) -> None:
    tenant_id = uuid4()
    with valkey() as url:
        one, other = Throttle(url, BUDGETS), Throttle(url, BUDGETS)
    assert (await quickly(one, tenant_id, 900)).granted
    assert one.alone

    async def found() -> bool:
        await one.tend()
        return not one.alone

    with valkey():
        await eventually(found)
        for throttle in (one, other):
            assert not (await throttle.take(tenant_id, "app:1", CLIENT, 200)).granted
            assert not throttle.alone
        assert (await other.take(tenant_id, "app:1", CLIENT, 90)).granted
        await one.close()
        await other.close()


async def test_nobody_waits_for_a_valkey_that_hangs(valkey: Valkey) -> None:
    tenant_id = uuid4()
    with valkey() as url:
        async with started(url) as throttle, Redis.from_url(url) as redis:
            assert (await quickly(throttle, tenant_id, 100)).granted
            pid = int((await redis.info("server"))["process_id"])
            os.kill(pid, signal.SIGSTOP)
            try:
                asked = await asyncio.gather(*(quickly(throttle, uuid4(), 100) for _ in range(40)))
                assert all(admission.granted for admission in asked)

                async def noticed() -> bool:
                    return throttle.alone

                await eventually(noticed)
                before = time.monotonic()
                for _ in range(40):
                    await throttle.take(uuid4(), "app:1", CLIENT, 100)
                assert time.monotonic() - before < QUICK  # all of them: the circuit is open
            finally:
                os.kill(pid, signal.SIGCONT)
            await together(throttle)
            assert (await throttle.take(tenant_id, "app:1", CLIENT, 500)).granted


async def test_a_slow_valkey_holds_up_nobody_it_told_of_before_and_no_point_is_lost_or_spent_twice(
    valkey: Valkey,
) -> None:
    tenant_id = uuid4()
    key = f"cost:{{{tenant_id}}}:client:app:1"
    with valkey() as url:
        throttle = Throttle(url, BUDGETS)
        async with Redis.from_url(url) as redis:
            await throttle.take(tenant_id, "app:1", CLIENT, 100)
            pid = int((await redis.info("server"))["process_id"])
            os.kill(pid, signal.SIGSTOP)
            try:
                before = time.monotonic()
                assert (await throttle.take(tenant_id, "app:1", CLIENT, 200)).granted
                assert not (await throttle.take(tenant_id, "app:1", CLIENT, 800)).granted
                assert time.monotonic() - before < 0.09  # what a bucket that is not known would wait for is 0.1 s
                assert not throttle.alone
            finally:
                os.kill(pid, signal.SIGCONT)
            await throttle.close()
            assert 295_000 < await redis.pttl(key) <= 300_000


async def test_a_process_starts_and_ends_without_valkey(valkey: Valkey) -> None:
    with valkey() as url:
        pass
    tenant_id = uuid4()
    async with started(url) as throttle:
        assert (await quickly(throttle, tenant_id, 1_000)).granted
        assert not (await quickly(throttle, tenant_id, 10)).granted
        assert throttle.alone


async def test_what_a_process_holds_when_valkey_dies_is_not_brought_to_the_next_valkey(valkey: Valkey) -> None:
    tenant_id = uuid4()
    with valkey() as url:
        throttle = Throttle(url, BUDGETS)
        await throttle.take(tenant_id, "app:1", CLIENT, 1_000)
        throttle.give_back(tenant_id, "app:1", 800)
    assert not (await quickly(throttle, tenant_id, 900)).granted
    assert (await quickly(throttle, uuid4(), 1)).granted  # asks, and learns of the outage
    assert throttle.alone
    await throttle.tend()
    assert (await quickly(throttle, tenant_id, 790)).granted

    async def found() -> bool:
        await throttle.tend()
        return not throttle.alone

    with valkey() as url:
        await eventually(found)
        async with Redis.from_url(url) as redis:
            await throttle.tend()
            # Neither the 800 points that came back in vain: it pays for the 790 it spent alone.
            assert 780_000 < await redis.pttl(f"cost:{{{tenant_id}}}:client:app:1") <= 790_000
    await throttle.close()
