"""Automatic persisted queries: kept for a day and a city, within a quota, and never in the way when Valkey is."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.documents.persisted import LIFETIME_SECONDS, MAX_BYTES, MAX_PER_TENANT, PersistedQueries
from server.documents.rules import digest_of
from tenants.ids import uuid7

QUERY = "query Viewer { viewer { username } } # 大冶"
DIGEST = digest_of(QUERY)


@pytest.fixture
async def queries(redis_url: str) -> AsyncIterator[PersistedQueries]:
    found = PersistedQueries(redis_url)
    yield found
    await found.close()


@pytest.fixture
async def others(redis_url: str) -> AsyncIterator[PersistedQueries]:
    """Another process: it shares Valkey and no memory."""
    found = PersistedQueries(redis_url)
    yield found
    await found.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    found: Redis = Redis.from_url(redis_url)
    yield found
    await found.aclose()


def key_of(tenant_id: UUID, last: str) -> str:
    return f"civicgrid:persisted:{{{tenant_id}}}:{last}"


async def test_a_kept_text_is_known_to_every_process_for_a_day(
    queries: PersistedQueries,
    others: PersistedQueries,
    redis: Redis,
) -> None:
    tenant_id = uuid7()
    assert await others.text(tenant_id, DIGEST) is None

    await queries.keep(tenant_id, DIGEST, QUERY)

    assert await queries.text(tenant_id, DIGEST) == QUERY
    assert await others.text(tenant_id, DIGEST) == QUERY
    lifetimes = [await redis.ttl(key_of(tenant_id, last)) for last in (DIGEST, "index")]
    assert all(LIFETIME_SECONDS - 60 < lifetime <= LIFETIME_SECONDS for lifetime in lifetimes)


async def test_a_city_does_not_know_what_another_has_kept(queries: PersistedQueries) -> None:
    await queries.keep(uuid7(), DIGEST, QUERY)

    assert await queries.text(uuid7(), DIGEST) is None


async def test_a_long_text_is_not_kept(queries: PersistedQueries, others: PersistedQueries) -> None:
    tenant_id = uuid7()
    longest = "#" * MAX_BYTES
    beyond = "省" * (MAX_BYTES // 3 + 1)

    await queries.keep(tenant_id, digest_of(longest), longest)
    await queries.keep(tenant_id, digest_of(beyond), beyond)

    assert await others.text(tenant_id, digest_of(longest)) == longest
    assert await queries.text(tenant_id, digest_of(beyond)) is None
    assert await others.text(tenant_id, digest_of(beyond)) is None


async def test_a_city_has_room_for_a_thousand_and_the_oldest_go_first(
    queries: PersistedQueries,
    others: PersistedQueries,
    redis: Redis,
) -> None:
    tenant_id = uuid7()
    texts = [f"query Number{number} {{ __typename }}" for number in range(MAX_PER_TENANT + 5)]
    await queries.keep(tenant_id, digest_of(texts[0]), texts[0])
    for text in texts:
        await queries.keep(tenant_id, digest_of(text), text)

    assert await redis.zcard(key_of(tenant_id, "index")) == MAX_PER_TENANT
    kept = [digest_of(text) for text in texts if await redis.exists(key_of(tenant_id, digest_of(text)))]
    assert kept == [digest_of(text) for text in texts[5:]]
    assert await others.text(tenant_id, digest_of(texts[0])) is None
    assert await others.text(tenant_id, digest_of(texts[-1])) == texts[-1]


async def test_a_text_under_a_digest_that_is_not_its_own_is_not_believed(
    queries: PersistedQueries,
    redis: Redis,
) -> None:
    tenant_id = uuid7()
    await redis.set(key_of(tenant_id, DIGEST), "mutation { signOut(input: {}) { signedOut } }", ex=60)

    assert await queries.text(tenant_id, DIGEST) is None


async def test_without_a_server_nothing_is_found_and_nothing_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = PersistedQueries(f"redis://127.0.0.1:{port}/0")

    await away.keep(uuid7(), DIGEST, QUERY)
    assert await away.text(uuid7(), DIGEST) is None

    await away.close()


async def test_a_server_that_does_not_answer_is_waited_for_once_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = PersistedQueries(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = time.monotonic()
        found = await asyncio.gather(*(away.text(uuid7(), DIGEST) for _ in range(20)))
        first = time.monotonic() - started
        again = [await away.text(uuid7(), DIGEST) for _ in range(20)]
        later = time.monotonic() - started - first

        assert set(found) | set(again) == {None}
        assert 0.4 < first < 2.0  # half a second of patience, for all that asked at once
        assert later < 0.2  # then nobody waits
        await away.close()


async def test_a_server_that_comes_back_is_used_again(redis_url: str) -> None:
    queries = PersistedQueries(redis_url)
    queries._away_until = time.monotonic() + 60
    tenant_id = uuid7()
    await queries.keep(tenant_id, DIGEST, QUERY)
    assert await queries.text(tenant_id, DIGEST) is None

    queries._away_until = time.monotonic()
    await queries.keep(tenant_id, DIGEST, QUERY)

    assert await queries.text(tenant_id, DIGEST) == QUERY
    await queries.close()
