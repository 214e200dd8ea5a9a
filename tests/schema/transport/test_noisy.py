"""What a noisy neighbor tries: asking on after a refusal, and leaving before the answer to have the points back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import orjson
import pytest
from redis.asyncio import Redis

from server.main import application
from server.main import running as running_services
from tests.fixtures.city import Platform, settings_of
from tests.fixtures.live import serving

CASES = {"query": "{ cases(first: 100) { nodes { number } } }"}


@asynccontextmanager
async def limited(platform: Platform, own_valkey: str, **settings: int) -> AsyncIterator[str]:
    """``host:port`` of a server with these settings."""
    found = settings_of(platform.urls, own_valkey).model_copy(update=settings)
    async with running_services(found) as services, serving(application(services)) as host:
        yield host


@pytest.fixture
async def own_valkey(redis_url: str) -> str:
    """A part of the tests' Valkey where no other test finds its budget used up."""
    url = redis_url.removesuffix("/0") + "/9"
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
    return url


@pytest.fixture
async def bearer(platform: Platform) -> dict[str, str]:
    """The headers of somebody who may read every case of the city."""
    return {"authorization": f"Bearer {await platform.sign_in('daye', 'tenant_admin')}"}


async def test_who_asks_on_is_refused_unheard_on_the_same_connection(
    platform: Platform, own_valkey: str, bearer: dict[str, str]
) -> None:
    async with limited(platform, own_valkey, cost_capacity=150, cost_restore=1) as host:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(base_url=f"http://{host}", headers=bearer, limits=limits) as client:
            answers = [await client.post("/graphql", json=CASES) for _ in range(40)]
            unheard = await client.post("/graphql", content=b"{" * 5_000, headers={"content-type": "application/json"})
            endless = await client.post("/graphql", content=iter_of(b"{"), headers={"content-type": "application/json"})
            stranger = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"authorization": ""})
    last = answers[-1].json()["errors"][0]
    assert (answers[-1].status_code, last["extensions"]["code"]) == (429, "THROTTLED")
    assert last["message"] == "The budget is used up; try again after the time stated."
    assert int(answers[-1].headers["retry-after"]) == last["extensions"]["retryAfterSeconds"] > 1
    assert sum("The budget does not hold" in answer.text for answer in answers) >= 10
    assert unheard.status_code == 429
    assert endless.status_code == 400  # no announced length: read to its end, and its fault told
    assert stranger.status_code == 401


async def iter_of(part: bytes) -> AsyncIterator[bytes]:
    yield part


async def test_who_leaves_in_the_middle_has_used_the_points(
    platform: Platform, own_valkey: str, bearer: dict[str, str]
) -> None:
    async with limited(platform, own_valkey, cost_capacity=150, cost_restore=1) as host:
        owner = await asyncpg.connect(platform.urls.owner)
        async with httpx.AsyncClient(base_url=f"http://{host}", headers=bearer) as client:
            async with owner.transaction():
                await owner.execute('lock table "case" in access exclusive mode')
                with pytest.raises(httpx.ReadTimeout):
                    await client.post("/graphql", json=CASES, timeout=0.5)
            await owner.close()
            async with asyncio.timeout(10):
                again = await client.post("/graphql", json=CASES)
    assert again.status_code == 429
    assert again.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] < 60


async def test_a_query_over_its_time_has_used_the_points(
    platform: Platform, own_valkey: str, bearer: dict[str, str]
) -> None:
    async with limited(platform, own_valkey, statement_timeout_ms=300) as host:
        owner = await asyncpg.connect(platform.urls.owner)
        async with httpx.AsyncClient(base_url=f"http://{host}", headers=bearer) as client, owner.transaction():
            await owner.execute('lock table "case" in access exclusive mode')
            slow = orjson.loads((await client.post("/graphql", json=CASES)).content)
        await owner.close()
    assert slow["errors"][0]["extensions"]["code"] == "QUERY_TIMEOUT"
    cost = slow["extensions"]["cost"]
    assert cost["actualQueryCost"] == cost["requestedQueryCost"] > 100
