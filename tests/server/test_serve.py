"""``civicgrid serve`` as a process on a real socket: whose address a caller has, and what an endless head costs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from migrations.roles import DatabaseUrls
from tests.conftest import SECRET

QUERY = {"query": "{ __schema { types { name fields { name } } } }"}  # the budget below holds it at most twice
BUDGET = {"CIVICGRID_ANONYMOUS_COST_CAPACITY": "300", "CIVICGRID_ANONYMOUS_COST_RESTORE": "1"}
PIECE = b"a" * 262_144


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    host: str
    port: int
    pid: int

    def peak_mebibytes(self) -> float:
        """The most memory the process has had at once."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

    async def answer(self, client: httpx.AsyncClient, forwarded: str) -> int:
        """The status of a stranger's question."""
        return (await client.post("/graphql", json=QUERY, headers={"x-forwarded-for": forwarded})).status_code


@pytest.fixture
async def own_valkey(redis_url: str) -> str:
    """A part of the tests' Valkey where no other test uses up a budget."""
    url = redis_url.removesuffix("/0") + "/8"
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
    return url


@asynccontextmanager
async def served(urls: DatabaseUrls, valkey: str, **settings: str) -> AsyncIterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": urls.app,
        "CIVICGRID_OPERATOR_DATABASE_URL": urls.operator,
        "REDIS_URL": valkey,
        "CIVICGRID_SECRET": SECRET,
        "CIVICGRID_PORT": str(port),
    }
    command = (sys.executable, "-m", "server.cli", "serve")
    process = await asyncio.create_subprocess_exec(*command, env=environment | BUDGET | settings)
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await ready(client, port):
                assert process.returncode is None
                await asyncio.sleep(0.05)  # another process: nothing tells
        yield Served("127.0.0.1", port, process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(30):
            code = await process.wait()
    assert code in {0, -signal.SIGTERM}  # uvicorn ends in order, and then as it was told to


async def ready(client: httpx.AsyncClient, port: int) -> bool:
    with suppress(httpx.ConnectError):
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    return False


async def test_without_trust_a_caller_cannot_say_who_it_is(db_urls: DatabaseUrls, own_valkey: str) -> None:
    async with (
        served(db_urls, own_valkey) as server,
        httpx.AsyncClient(base_url=f"http://{server.host}:{server.port}") as client,
    ):
        statuses = [await server.answer(client, f"198.51.100.{number}") for number in range(1, 5)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_behind_a_trusted_proxy_each_caller_has_a_budget(
    db_urls: DatabaseUrls, own_valkey: str, workers: str
) -> None:
    settings = {"CIVICGRID_TRUSTED_PROXIES": "127.0.0.1, 10.244.0.0/16", "CIVICGRID_WORKERS": workers}
    async with (
        served(db_urls, own_valkey, **settings) as server,
        httpx.AsyncClient(base_url=f"http://{server.host}:{server.port}") as client,
    ):
        each = [await server.answer(client, f"198.51.100.{number}") for number in range(1, 5)]
        # What stands left of the first address that is no proxy of ours is the caller's own invention.
        one = [await server.answer(client, f"203.0.113.{number}, 192.0.2.1, 10.244.3.4") for number in range(1, 5)]
        other = await server.answer(client, "203.0.113.1, 192.0.2.2, 10.244.3.4")
    assert each == [200, 200, 200, 200]
    assert (one[0], one[-1], other) == (200, 429, 200)


async def test_an_endless_head_costs_neither_memory_nor_the_time_of_others(
    db_urls: DatabaseUrls, own_valkey: str
) -> None:
    async with (
        served(db_urls, own_valkey) as server,
        httpx.AsyncClient(base_url=f"http://{server.host}:{server.port}") as client,
    ):
        assert (await client.post("/graphql", json=QUERY)).status_code == 200
        before = server.peak_mebibytes()
        _reader, writer = await asyncio.open_connection(server.host, server.port)
        flood = asyncio.create_task(flooding(writer))
        longest = 0.0
        while not flood.done():
            began = time.perf_counter()
            assert (await client.get("/livez")).status_code == 200
            longest = max(longest, time.perf_counter() - began)
        await flood
        after = server.peak_mebibytes()
    assert after - before < 8
    assert longest < 1


async def flooding(writer: asyncio.StreamWriter) -> None:
    """60 MB of one header, or as much as the server takes."""
    writer.write(b"GET /livez HTTP/1.1\r\nx-endless: ")
    with suppress(ConnectionError):
        for _ in range(240):
            writer.write(PIECE)
            await writer.drain()
    writer.close()
