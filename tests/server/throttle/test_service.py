"""Budgets over a real Valkey: two buckets, allotments, refunds, refusals, and how much is remembered."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from server.throttle.budgets import Budget
from server.throttle.service import Admission, Throttle
from tests.server.throttle.conftest import ANONYMOUS, BUDGETS, CLIENT, eventually

Pair = tuple[Throttle, Throttle]


async def commands(redis: Redis) -> int:
    """How many scripts Valkey has run so far."""
    found = await redis.info("commandstats")
    return int(found.get("cmdstat_evalsha", {}).get("calls", 0))


async def take(throttle: Throttle, tenant_id: UUID, points: int, client: str = "app:1") -> Admission:
    return await throttle.take(tenant_id, client, CLIENT, points)


async def test_both_buckets_must_have_enough(throttles: Pair) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    assert await take(throttle, tenant_id, 900) == Admission(True, 100, CLIENT)
    own = await take(throttle, tenant_id, 900)
    assert (own.granted, own.budget) == (False, CLIENT)
    for number in (2, 3):
        assert (await take(throttle, tenant_id, 900, f"app:{number}")).granted
    tenants = await take(throttle, tenant_id, 900, "app:4")  # its own bucket is full, the tenant's has 300
    assert (tenants.granted, tenants.budget) == (False, BUDGETS.tenant)
    assert tenants.retry_after == pytest.approx((900 - 300) / 3, abs=5)
    assert (await take(throttle, tenant_id, 250, "app:4")).granted
    assert (await take(throttle, uuid4(), 900)).granted


async def test_a_refusal_says_how_long_and_takes_nothing(throttles: Pair) -> None:
    throttle, other = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 900)
    refused = await take(throttle, tenant_id, 300)
    assert refused.retry_after == pytest.approx(200, abs=5)  # 200 are missing, one a second comes back
    assert refused.available in {100, 101}
    assert (await take(throttle, tenant_id, 90)).granted
    assert (
        await take(other, tenant_id, 990, "app:2")
    ).granted  # the tenant's bucket lost nothing to the refusal either


async def test_more_than_a_full_bucket_is_never_granted_and_has_no_time_to_come_back(throttles: Pair) -> None:
    throttle, _ = throttles
    assert await take(throttle, uuid4(), 1_001) == Admission(False, 1_000, CLIENT, None)
    large = Budget(4_000, 4)
    assert await throttle.take(uuid4(), "app:1", large, 3_001) == Admission(False, 3_000, BUDGETS.tenant, None)


async def test_an_allotment_is_spent_without_a_round_trip(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 5)  # and 20 more, a fiftieth of the capacity
    before = await commands(redis)
    for left in (990, 985, 980, 975):
        assert (await take(throttle, tenant_id, 5)).available in {left, left + 1}
    assert await commands(redis) == before
    assert (await take(throttle, tenant_id, 5)).granted
    assert await commands(redis) == before + 1


async def test_a_burst_in_one_process_brings_one_allotment(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    admissions = await asyncio.gather(*(take(throttle, tenant_id, 1) for _ in range(12)))
    assert all(admission.granted for admission in admissions)
    left = await throttle.take(tenant_id, "app:1", CLIENT, 0)
    assert left.available in {988, 989}
    assert await redis.pttl(f"cost:{{{tenant_id}}}:client:app:1") <= (12 + 20) * 1_000  # ms: what was taken, restored


async def test_unused_points_are_there_for_the_next_request_here(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 800)
    throttle.give_back(tenant_id, "app:1", 700)
    before = await commands(redis)
    assert (await take(throttle, tenant_id, 600)).granted
    assert await commands(redis) == before
    assert (await take(throttle, tenant_id, 290)).granted


async def test_unused_points_are_soon_there_for_other_processes(throttles: Pair) -> None:
    throttle, other = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 1_000)
    throttle.give_back(tenant_id, "app:1", 900)
    assert not (await take(other, tenant_id, 880)).granted
    await throttle.tend()  # all but a fiftieth, which the process keeps while it is in use
    assert not (await take(other, tenant_id, 880)).granted  # a "not enough" is believed for a second

    async def granted() -> bool:
        return (await take(other, tenant_id, 880)).granted

    await eventually(granted, seconds=5)


async def test_closing_returns_what_was_not_spent(redis_url: str, redis: Redis) -> None:
    throttle, tenant_id = Throttle(redis_url, BUDGETS), uuid4()
    key = f"cost:{{{tenant_id}}}:client:app:1"
    await take(throttle, tenant_id, 100)
    taken = await redis.pttl(key)
    assert 115_000 < taken <= 120_000  # 120 points: the request's and the allotment's
    await throttle.close()
    assert 95_000 < await redis.pttl(key) <= 100_000


async def test_the_background_returns_what_is_unused(redis_url: str, redis: Redis) -> None:
    throttle, tenant_id = Throttle(redis_url, BUDGETS), uuid4()
    await throttle.start()
    await take(throttle, tenant_id, 1)
    throttle.give_back(tenant_id, "app:1", 1)
    keys = (f"cost:{{{tenant_id}}}:client:app:1", f"cost:{{{tenant_id}}}:tenant")

    async def full() -> bool:
        return int(await redis.exists(*keys)) == 0

    await eventually(full, seconds=5)  # by themselves they would be in 21 s
    await throttle.close()


async def test_refusals_cost_no_round_trip(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 990)
    assert not (await take(throttle, tenant_id, 500)).granted
    before = await commands(redis)
    for _ in range(100):
        assert not (await take(throttle, tenant_id, 500)).granted
    assert await commands(redis) == before
    assert (await take(throttle, tenant_id, 10)).granted  # what there is enough for is not refused along with it


async def test_callers_who_are_not_signed_in_have_a_bucket_per_address(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    peer = f"2001:db8:1{uuid4().hex[:3]}:7::1"  # no leading zero, which the canonical form drops
    assert await throttle.take(None, peer, ANONYMOUS, 60) == Admission(True, 40, ANONYMOUS)
    neighbor = await throttle.take(None, peer.replace("::1", ":9:8:7:6"), ANONYMOUS, 60)
    assert (neighbor.granted, neighbor.budget) == (False, ANONYMOUS)  # one /64 is one caller
    assert (await throttle.take(None, f"2001:db8:{uuid4().hex[:4]}:8::1", ANONYMOUS, 60)).granted
    assert await redis.exists(f"cost:{{{peer.replace('::1', '::')}}}:anonymous") == 1


async def test_buckets_vanish_when_they_are_full_again(redis_url: str, redis: Redis) -> None:
    quick = Budget(1_000, 100_000)
    throttle, tenant_id = Throttle(redis_url, BUDGETS), uuid4()
    await throttle.take(tenant_id, "app:1", quick, 1_000)

    async def full() -> bool:
        return int(await redis.exists(f"cost:{{{tenant_id}}}:client:app:1")) == 0

    await eventually(full)
    assert (await throttle.take(tenant_id, "app:1", quick, 1_000)).granted
    await throttle.close()


async def test_only_the_buckets_last_used_are_remembered(redis_url: str, redis: Redis) -> None:
    throttle, tenant_id = Throttle(redis_url, BUDGETS, remembers=4), uuid4()
    for number in range(10):
        assert (await take(throttle, tenant_id, 10, f"app:{number}")).granted
    assert len(throttle._known) == 4
    await throttle.tend()
    assert len(throttle._dropped) == 0
    assert 0 < await redis.pttl(f"cost:{{{tenant_id}}}:client:app:0") <= 10_000  # its allotment of 20 went back
    await throttle.close()


async def test_a_script_that_valkey_forgot_is_given_to_it_again(throttles: Pair, redis: Redis) -> None:
    throttle, _ = throttles
    tenant_id = uuid4()
    await take(throttle, tenant_id, 500)
    await redis.script_flush()
    assert (await take(throttle, tenant_id, 400)).granted
    assert not throttle.alone
    assert not (await take(throttle, tenant_id, 200)).granted
