"""Keys and tokens over WebSocket: asked again at every event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
import websockets
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from server.applications.models import ApiKey, Application
from server.applications.tokens import new_key
from tenants.clock import now
from tests.fixtures.city import Api, Platform
from tests.server.applications.making import Made, make

PROTOCOL = Subprotocol("graphql-transport-ws")
EVENTS = "subscription { caseEvents { cursor case { number } } }"
GRID = "{ viewer { resident { grid { id } } } }"
REPORT = "mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { number } userErrors { code } } }"


@asynccontextmanager
async def connected(live: str, bearer: str) -> AsyncIterator[ClientConnection]:
    """A socket that has said who it is."""
    async with websockets.connect(f"ws://{live}/graphql", subprotocols=[PROTOCOL]) as socket:
        await say(socket, type="connection_init", payload={"authorization": f"Bearer {bearer}"})
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(15):
        found: dict[str, Any] = orjson.loads(await socket.recv())
    return found


async def report(api: Api, title: str) -> str:
    grid = (await api("daye", "resident", GRID))["data"]["viewer"]["resident"]["grid"]["id"]
    given = {"gridId": grid, "category": "SANITATION", "title": title}
    payload = (await api("daye", "resident", REPORT, input=given))["data"]["reportCase"]
    assert payload["userErrors"] == []
    number: str = payload["case"]["number"]
    return number


async def subscribed(socket: ClientConnection, api: Api) -> None:
    """Subscribe, and wait until the stream is under way: it tells of one of the cases reported meanwhile."""
    assert await hear(socket) == {"type": "connection_ack"}
    await say(socket, type="subscribe", id="1", payload={"query": EVENTS})
    heard = asyncio.create_task(hear(socket))
    for attempt in range(20):
        await report(api, f"Bins are full, {attempt}")
        if (await asyncio.wait([heard], timeout=0.5))[0]:
            break
    assert (await heard)["type"] == "next"


async def refused_in_stream(socket: ClientConnection) -> str:
    """The code that ends the stream."""
    while True:
        message = await hear(socket)
        if message["type"] == "error":
            return str(message["payload"][0]["extensions"]["code"])
        if message["type"] == "next" and message["payload"].get("errors"):
            return str(message["payload"]["errors"][0]["extensions"]["code"])


async def bearer_of(platform: Platform, made: Made, kind: str) -> str:
    if kind == "key":
        return made.key
    services = platform.services
    text, _ = services.applications.signer.issue(
        tenant_id=(await platform.tenant("daye")).id,
        application_id=made.id,
        key_id=made.key_id,
        scopes=["case:read"],
        ends_at=now().replace(year=2099),
        now=now(),
    )
    return text


@pytest.mark.parametrize("kind", ["key", "token"])
@pytest.mark.parametrize(
    ("model", "values"),
    [(Application, {"status": "SUSPENDED"}), (ApiKey, {"revoked_at": now()})],
    ids=["suspended", "revoked"],
)
async def test_a_stream_ends_when_its_credential_does(
    platform: Platform, api: Api, live: str, kind: str, model: type[Any], values: dict[str, object]
) -> None:
    tenant_id = (await platform.tenant("daye")).id
    made = await make(platform.services, tenant_id, "case:read")
    async with connected(live, await bearer_of(platform, made, kind)) as socket:
        await subscribed(socket, api)
        id_: UUID = made.id if model is Application else made.key_id
        async with platform.services.database.write(tenant_id) as session:  # as another process would
            await session.execute(update(model).where(model.tenant_id == tenant_id, model.id == id_).values(**values))
        began = asyncio.get_running_loop().time()
        refused = asyncio.create_task(refused_in_stream(socket))
        while not refused.done():
            await report(api, "Bins are still full")
            await asyncio.wait([refused], timeout=0.2)
        assert await refused == "UNAUTHENTICATED"
        assert asyncio.get_running_loop().time() - began < 2.5


async def test_a_wrong_key_opens_no_connection(platform: Platform, live: str) -> None:
    tenant_id = (await platform.tenant("daye")).id
    made = await make(platform.services, tenant_id, "case:read", networks=["198.51.100.0/24"])
    for text in (made.key, new_key(tenant_id, made.key_id).text, "cg_' or 1=1 --", "cga_x"):
        async with connected(live, text) as socket:
            async with asyncio.timeout(15):
                await socket.wait_closed()
            assert socket.close_code == 4403
