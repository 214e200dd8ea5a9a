"""A client that leaves stops its SQL within a second; a statement over its time is stopped by the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy.engine import make_url

from server.embedded import services as embedded
from server.main import application
from server.main import running as running_services
from tests.fixtures.city import Api, Platform, settings_of
from tests.fixtures.live import serving
from tests.schema.transport.test_websocket import connected, hear, report, say

CASES = "{ cases(first: 5) { nodes { number } } }"
REPORT = "mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { number } userErrors { code } } }"
Waiting = Callable[[], Awaitable[int]]


@pytest.fixture
async def waiting(platform: Platform, administrator: asyncpg.Connection) -> Waiting:
    """How many statements of the application wait for a lock in this test's database."""
    name = make_url(platform.urls.app).database

    async def count() -> int:
        found: int = await administrator.fetchval(
            "select count(*) from pg_stat_activity "
            "where datname = $1 and usename = 'civicgrid_app' and state = 'active' and wait_event_type = 'Lock'",
            name,
        )
        return found

    return count


@pytest.fixture
async def administrator(running: embedded.Services) -> AsyncIterator[asyncpg.Connection]:
    """A superuser, who sees what others do."""
    connection = await asyncpg.connect(running.database_admin_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def locked(platform: Platform) -> AsyncIterator[None]:
    """Nobody else reads or writes a case meanwhile."""
    owner = await asyncpg.connect(platform.urls.owner)
    try:
        async with owner.transaction():
            await owner.execute('lock table "case" in access exclusive mode')
            yield
    finally:
        await owner.close()


async def until(waiting: Waiting, count: int, seconds: float) -> float:
    """Wait until so many statements wait; how long it took, in seconds."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while await waiting() != count:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.02)
    return time.monotonic() - started


async def sent(host: str, token: str, **body: object) -> asyncio.StreamWriter:
    """A request on a connection of its own, whose answer nobody has read."""
    name, _, port = host.partition(":")
    _, writer = await asyncio.open_connection(name, int(port))
    content = orjson.dumps(body)
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)
    await writer.drain()
    return writer


async def test_sql_ends_with_the_connection_of_its_request(live: str, platform: Platform, waiting: Waiting) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    async with locked(platform):
        writer = await sent(live, token, query=CASES)
        await until(waiting, 1, 10)
        writer.close()
        assert await until(waiting, 0, 10) < 1
    async with httpx.AsyncClient(base_url=f"http://{live}") as client:
        again = await client.post("/graphql", json={"query": CASES}, headers={"authorization": f"Bearer {token}"})
    assert again.json()["data"] == {"cases": {"nodes": []}}


async def test_all_statements_of_a_request_end(live: str, platform: Platform, waiting: Waiting) -> None:
    query = "{ a: cases(first: 5) { nodes { id } } b: cases(first: 6) { nodes { id } } }"
    async with locked(platform):
        writer = await sent(live, await platform.sign_in("daye", "first_secretary"), query=query)
        await until(waiting, 2, 10)
        writer.close()
        assert await until(waiting, 0, 10) < 1


@pytest.mark.parametrize("how", ["complete", "close"])
async def test_sql_ends_with_its_operation_on_a_socket(
    live: str, platform: Platform, waiting: Waiting, how: str
) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    async with connected(f"ws://{live}/graphql", token) as socket:
        async with locked(platform):
            await say(socket, type="subscribe", id="1", payload={"query": CASES})
            await until(waiting, 1, 10)
            if how == "complete":
                await say(socket, type="complete", id="1")
            else:
                await socket.close()
            assert await until(waiting, 0, 10) < 1
        if how == "complete":
            await say(socket, type="subscribe", id="1", payload={"query": CASES})
            assert (await hear(socket))["payload"]["data"] == {"cases": {"nodes": []}}


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_a_mutation_that_has_begun_is_finished(
    live: str, platform: Platform, api: Api, waiting: Waiting, transport: str
) -> None:
    await report(api, "daye", "an earlier one")
    given = await _a_report(api, "reported by somebody who left")
    token = await platform.sign_in("daye", "resident")
    payload = {"query": REPORT, "variables": {"input": given}}
    async with locked(platform):
        if transport == "http":
            writer = await sent(live, token, **payload)
            await until(waiting, 1, 10)
            writer.close()
        else:
            async with connected(f"ws://{live}/graphql", token) as socket:
                await say(socket, type="subscribe", id="1", payload=payload)
                await until(waiting, 1, 10)
        with pytest.raises(TimeoutError):
            await until(waiting, 0, 0.7)
    async with asyncio.timeout(10):
        while "reported by somebody who left" not in await _titles(api):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.02)


async def test_a_statement_over_its_time_is_stopped(platform: Platform, redis_url: str, waiting: Waiting) -> None:
    settings = settings_of(platform.urls, redis_url).model_copy(update={"statement_timeout_ms": 200})
    token = await platform.sign_in("daye", "first_secretary")
    async with (
        running_services(settings) as services,
        serving(application(services)) as host,
        httpx.AsyncClient(base_url=f"http://{host}") as client,
        locked(platform),
    ):
        answer = await client.post("/graphql", json={"query": CASES}, headers={"authorization": f"Bearer {token}"})
        assert await waiting() == 0
    (error,) = answer.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["cases"], "QUERY_TIMEOUT")


async def test_a_write_over_its_time_is_told_as_data_and_changes_nothing(
    platform: Platform, api: Api, redis_url: str
) -> None:
    settings = settings_of(platform.urls, redis_url).model_copy(update={"statement_timeout_ms": 200})
    given = await _a_report(api, "too late")
    headers = {"authorization": f"Bearer {await platform.sign_in('daye', 'resident')}"}
    asked = {"query": REPORT, "variables": {"input": given}}
    async with (
        running_services(settings) as services,
        serving(application(services)) as host,
        httpx.AsyncClient(base_url=f"http://{host}", headers=headers) as client,
    ):
        async with locked(platform):
            late = (await client.post("/graphql", json=asked)).json()
        assert late["data"] == {"reportCase": {"case": None, "userErrors": [{"code": "QUERY_TIMEOUT"}]}}
        assert "too late" not in await _titles(api)
        again = (await client.post("/graphql", json=asked)).json()
    assert again["data"]["reportCase"]["userErrors"] == []
    assert "too late" in await _titles(api)


async def _a_report(api: Api, title: str) -> dict[str, str]:
    resident = (await api("daye", "resident", "{ viewer { resident { grid { id } } } }"))["data"]["viewer"]["resident"]
    categories = (await api("daye", "resident", "{ tenant { categories { code } } }"))["data"]["tenant"]["categories"]
    return {
        "gridId": resident["grid"]["id"],
        "category": categories[0]["code"],
        "title": title,
        "description": "Seen this morning.",
        "idempotencyKey": title,
    }


async def _titles(api: Api) -> list[str]:
    found = await api("daye", "resident", "{ cases(first: 100) { nodes { title } } }")
    return [case["title"] for case in found["data"]["cases"]["nodes"]]
