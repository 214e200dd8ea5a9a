"""Connections kept at hand: whoever gets one gets a clean one, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from tenants import connections
from tenants.connections import Connections

PID = "select pg_backend_pid()"


@pytest.fixture
async def single(db_urls: DatabaseUrls) -> AsyncIterator[Connections]:
    """One connection for all readers."""
    found = Connections(await asyncpg.create_pool(db_urls.app, min_size=1, max_size=1), 1)
    yield found
    await found.close()


async def test_readers_share_a_connection_and_each_gets_its_own_answer(single: Connections) -> None:
    answers = await asyncio.gather(*(single.fetchval("select $1::int", number) for number in range(20)))
    assert answers == list(range(20))
    assert await single.fetchval("select 1, $1::int", 2, column=1) == 2


async def test_a_statement_that_failed_leaves_nothing_behind(single: Connections) -> None:
    before = await single.fetchval(PID)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await single.fetchval("select 1 / 0")
    assert await single.fetchval(PID) == before


async def test_who_leaves_stops_the_statement_and_frees_the_connection(single: Connections) -> None:
    sleeping = asyncio.create_task(single.fetchval("select pg_sleep(60)"))
    waiting = asyncio.create_task(single.fetchval("select 1"))
    await asyncio.sleep(0.1)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    async with asyncio.timeout(10):
        assert await waiting == 1


async def test_who_leaves_while_waiting_takes_no_place_along(single: Connections) -> None:
    async with single.lease():
        waiting = asyncio.create_task(single.fetchval("select 1"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert await single.fetchval("select 2") == 2


async def test_a_connection_that_the_server_ended_is_renewed(single: Connections, db_urls: DatabaseUrls) -> None:
    ended = await single.fetchval(PID)
    other = await asyncpg.connect(db_urls.app)
    try:
        assert await other.fetchval("select pg_terminate_backend($1, 5000)", ended)
    finally:
        await other.close()
    async with asyncio.timeout(10):
        try:
            renewed = await single.fetchval(PID)
        except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError):  # the news had not arrived yet
            renewed = await single.fetchval(PID)
    assert renewed != ended


async def test_a_connection_that_served_its_term_goes_through_the_pool(
    single: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TERM", 2)
    for number in range(7):
        assert await single.fetchval("select $1::int", number) == number
    assert single._idle[0][1] == 1


async def test_closing_waits_for_what_is_under_way(db_urls: DatabaseUrls) -> None:
    found = Connections(await asyncpg.create_pool(db_urls.app, min_size=1, max_size=2), 2)
    await found.fetchval("select 1")
    reading = asyncio.create_task(found.fetchval("select 3 from pg_sleep(0.2)"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        await found.close()
    assert await reading == 3
