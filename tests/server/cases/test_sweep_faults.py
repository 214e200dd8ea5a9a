"""Escalation that never misses: workers killed, Valkey gone, a day lost, clocks apart; each step once, and in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from redis.asyncio import Redis

from migrations.roles import DatabaseUrls
from server.cases.jobs import BATCHES, HANDLERS
from server.embedded import services
from server.jobs.engine import Engine
from server.pubsub import PubSub
from server.transactions import Transactions
from tenants.clock import now
from tenants.sessions import Database
from tests.server.cases.late import (
    LADDER,
    SKEWED,
    STEPS,
    all_done,
    check_each_step_once,
    end_leases,
    eventually,
    late_cases,
    open_steps,
    steps_taken,
    with_ladder,
    workers,
)
from tests.server.cases.towns import Town, found_town

A_DAY = timedelta(days=1)
MOST_SECONDS = 60
Valkey = Callable[[], AbstractContextManager[str]]


@pytest.fixture
async def town(database: Database, operator_database: Database) -> Town:
    """Jiamusi with a ladder of three steps."""
    return await found_town(database, operator_database, with_ladder(LADDER))


@pytest.fixture
def valkey(tmp_path: Path) -> Valkey:
    """A Valkey of this test's own: runs while the block is open, always at the same address, without a memory."""

    @contextmanager
    def run() -> Iterator[str]:
        with contextlib.ExitStack() as stack:
            running = services.run(
                tmp_path,
                progress=lambda _line: None,
                durable=False,
                database_url="postgresql://not.used/here",
            )
            yield stack.enter_context(running).redis_url

    return run


def of_its_own(redis_url: str) -> str:
    """A database of the tests' Valkey that no other test uses."""
    return f"{redis_url.rstrip('/').removesuffix('/0')}/11"


async def goes_on(town: Town) -> bool:
    """Wait for another step; False when none is due any more. Fails when a minute goes by without."""
    before = await steps_taken(town)

    async def another() -> bool:
        return before < await steps_taken(town) or await open_steps(town) == 0

    await eventually(another, MOST_SECONDS)
    return await open_steps(town) > 0


async def check_kills(town: Town, urls: DatabaseUrls, redis_url: str, *, seed: int, cases: int, kills: int) -> None:
    """Two workers sweep a day's arrears of three steps each; in the middle of it one of them is killed and replaced."""
    chance = Random(seed)  # noqa: S311 - chance that can be had again
    grid = await town.grid(town.home, "grid-1")
    async with workers(urls, of_its_own(redis_url)) as crew:
        await asyncio.gather(crew.start(), crew.start())
        ids = await late_cases(town, grid, [now() - A_DAY - timedelta(seconds=number) for number in range(cases)])
        for _ in range(kills):
            await goes_on(town)
            await asyncio.sleep(chance.uniform(0, 0.5))
            await crew.kill(chance.choice(crew.running))
            await end_leases(town)
            await crew.start()
        while await goes_on(town):
            pass
    await check_each_step_once(town, ids)


@pytest.mark.timeout(400)
async def test_of_two_workers_one_is_killed_and_each_step_happens_once(
    town: Town,
    db_urls: DatabaseUrls,
    redis_url: str,
) -> None:
    await check_kills(town, db_urls, redis_url, seed=4, cases=300, kills=1)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(12))
async def test_workers_are_killed_again_and_again_and_each_step_happens_once(
    town: Town,
    db_urls: DatabaseUrls,
    redis_url: str,
    seed: int,
) -> None:
    await check_kills(town, db_urls, redis_url, seed=seed, cases=3_000, kills=6)


@pytest.mark.timeout(400)
async def test_a_wiped_or_stopped_valkey_delays_by_a_minute_at_most(
    town: Town,
    db_urls: DatabaseUrls,
    valkey: Valkey,
) -> None:
    grid = await town.grid(town.home, "grid-1")
    due = [now() - A_DAY] * 5
    with valkey() as url:
        async with workers(db_urls, url) as crew:
            await crew.start()
            client = Redis.from_url(url)
            await client.flushall()
            ids = await late_cases(town, grid, due)
            await client.flushall()
            await client.aclose()
            await all_done(town, MOST_SECONDS)
    with valkey() as url:
        async with workers(db_urls, url) as crew:
            await crew.start()
            with contextlib.suppress(OSError):
                client = Redis.from_url(url)
                await client.shutdown(nosave=True)
            ids += await late_cases(town, grid, due)
            await all_done(town, MOST_SECONDS)
    await check_each_step_once(town, ids)


async def test_after_a_day_without_a_worker_all_is_made_up_for_in_order(
    town: Town,
    operator_database: Database,
    redis_url: str,
) -> None:
    grid = await town.grid(town.home, "grid-1")
    began = now() - A_DAY
    due = [began + number * timedelta(minutes=3) for number in range(300)]
    chance = Random(11)  # noqa: S311 - likewise
    ids = await late_cases(town, grid, chance.sample(due, len(due)))
    pubsub = PubSub(redis_url)
    engine = Engine(
        "deadlines",
        HANDLERS,
        batches=BATCHES,
        database=town.database,
        operator=operator_database,
        transactions=Transactions(town.database, pubsub),
        registry=town.registry,
    )
    assert await engine.run_tenant(town.tenant_id) == len(ids) * STEPS
    await pubsub.close()
    await check_each_step_once(town, ids)
    taken = [await town.log(case_id) for case_id in ids]
    for step in range(1, STEPS + 1):
        by_number = sorted(taken, key=lambda log: log[step].seq)
        by_deadline = sorted(taken, key=lambda log: log[0].at)
        assert by_number == by_deadline


@pytest.mark.timeout(400)
async def test_clocks_two_minutes_fast_and_slow_take_no_step_early_late_or_twice(
    town: Town,
    db_urls: DatabaseUrls,
    redis_url: str,
) -> None:
    grid = await town.grid(town.home, "grid-1")
    async with workers(db_urls, of_its_own(redis_url)) as crew:
        await asyncio.gather(crew.start(SKEWED, "120"), crew.start(SKEWED, "-120"))
        long_ago = await late_cases(town, grid, [now() - A_DAY] * 40)
        soon = now() + timedelta(seconds=20)
        in_time = await late_cases(town, grid, [soon] * 40)
        await all_done(town, MOST_SECONDS)

        async def has_come() -> bool:
            return now() > soon and await open_steps(town) == 0

        await eventually(has_come, MOST_SECONDS + 20)
    await check_each_step_once(town, long_ago)
    await check_each_step_once(town, in_time, steps=1)
