"""Documents by name over WebSocket: the same ways, checks and codes as over HTTP, in the production profile too."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from schema.root import document_check
from server.documents.builtin import SIGN_IN
from server.documents.rules import digest_of
from server.documents.service import Given, register
from server.main import application
from server.main import running as running_services
from tenants.context import system_actor
from tests.fixtures.city import Api, Platform, settings_of
from tests.fixtures.live import serving
from tests.schema.transport.test_websocket import PROTOCOL, hear, report, say

VIEWER = "query Viewer { viewer { username } }"
STREAM = "subscription News($after: String) { caseEvents(after: $after) { case { number } } }"


def trusted(text: str, **others: Any) -> dict[str, Any]:
    return {"documentId": f"sha256:{digest_of(text)}", **others}


def hashed(text: str, **others: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest_of(text)}}, **others}


@asynccontextmanager
async def connected(host: str, **params: str) -> AsyncIterator[ClientConnection]:
    """A socket acknowledged with these parameters."""
    async with websockets.connect(f"ws://{host}/graphql", subprotocols=[PROTOCOL]) as socket:
        await say(socket, type="connection_init", payload=params)
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def asked(socket: ClientConnection, payload: dict[str, Any]) -> Any:
    """The data of the answer, or the code of its error."""
    await say(socket, type="subscribe", id="q", payload=payload)
    answer = await hear(socket)
    if answer["type"] == "error":
        return answer["payload"][0]["extensions"]["code"]
    assert await hear(socket) == {"type": "complete", "id": "q"}
    return answer["payload"]["data"]


@pytest.fixture
async def production(platform: Platform) -> AsyncIterator[str]:
    """``host:port`` under the production profile; Daye's console has registered VIEWER and STREAM."""
    services = platform.services
    assert services.operator is not None
    daye = await platform.tenant("daye")
    await register(
        services.operator,
        [Given(digest_of(text), text) for text in (VIEWER, STREAM)],
        tenant="daye",
        client="console",
        check=document_check(),
        actor=system_actor(daye.id, name="test"),
    )
    library = dataclasses.replace(services.library, rule="trusted", production=True)
    async with serving(application(dataclasses.replace(services, library=library))) as host:
        yield host


async def test_a_registered_document_is_taken_by_its_id_its_hash_or_its_text(
    production: str, platform: Platform
) -> None:
    token = await platform.sign_in("daye", "analyst")
    found = {"viewer": {"username": "analyst"}}
    async with connected(production, authorization=f"Bearer {token}", **{"x-client": "console"}) as socket:
        for payload in (trusted(VIEWER), hashed(VIEWER), {"query": VIEWER}, trusted(VIEWER, query=VIEWER)):
            assert await asked(socket, payload) == found
        assert await asked(socket, trusted(VIEWER, query="")) == found  # graphql-ws sends nothing without a query
        assert await asked(socket, hashed(VIEWER, query="")) == found


async def test_a_stream_is_begun_by_its_id(production: str, platform: Platform, api: Api) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    async with connected(production, authorization=f"Bearer {token}", **{"X-Client": "console"}) as socket:
        variables = {"after": await platform.cursor("daye")}
        await say(socket, type="subscribe", id="1", payload=trusted(STREAM, variables=variables))
        number = await report(api, "daye", "told by id")
        heard = (await hear(socket))["payload"]["data"]["caseEvents"]["case"]["number"]
        while heard != number:
            heard = (await hear(socket))["payload"]["data"]["caseEvents"]["case"]["number"]


REFUSED = [
    ({"query": VIEWER + " "}, "DOCUMENT_NOT_TRUSTED"),
    (trusted("{ nobody }"), "PERSISTED_QUERY_NOT_FOUND"),
    (hashed("{ nobody }"), "PERSISTED_QUERY_NOT_FOUND"),
    (trusted(VIEWER, query=STREAM), "BAD_USER_INPUT"),
    ({"documentId": "md5:abc"}, "BAD_USER_INPUT"),
    ({}, "BAD_REQUEST"),
    ({"query": ""}, "BAD_REQUEST"),
    ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": digest_of(VIEWER)}}}, "BAD_REQUEST"),
    ({"extensions": {"persistedQuery": "abc"}}, "BAD_REQUEST"),
]


async def test_what_is_refused_over_http_is_refused_over_the_socket_with_the_same_code(
    production: str, platform: Platform
) -> None:
    token = await platform.sign_in("daye", "analyst")
    headers = {"authorization": f"Bearer {token}", "x-client": "console"}
    async with (
        connected(production, **headers) as socket,
        httpx.AsyncClient(base_url=f"http://{production}", headers=headers) as http,
    ):
        for payload, code in REFUSED:
            over_http = (await http.post("/graphql", json=payload)).json()["errors"][0]["extensions"]["code"]
            assert (await asked(socket, payload), over_http) == (code, code), payload
        assert await asked(socket, trusted(VIEWER)) == {"viewer": {"username": "analyst"}}


async def test_who_does_not_name_the_application_has_none_of_its_documents(production: str, platform: Platform) -> None:
    token = await platform.sign_in("daye", "analyst")
    async with connected(production, authorization=f"Bearer {token}") as socket:
        assert await asked(socket, trusted(VIEWER)) == "PERSISTED_QUERY_NOT_FOUND"
    async with connected(production, **{"x-client": "console"}) as socket:
        assert await asked(socket, trusted(VIEWER)) == "PERSISTED_QUERY_NOT_FOUND"
        signed_out = await asked(
            socket, trusted(SIGN_IN, variables={"input": {"tenant": "daye", "username": "x", "password": "y"}})
        )
        assert signed_out["signIn"]["credentials"] is None
    async with connected(production, **{"x-client": "console", "x-tenant": "daye"}) as socket:
        assert await asked(socket, trusted(VIEWER)) == {"viewer": None}


@pytest.mark.parametrize(
    "payload", [{"documentId": 1}, {"query": VIEWER, "extensions": []}, {"query": VIEWER, "operationName": 1}]
)
async def test_payloads_of_wrong_types_close_with_4400(production: str, payload: dict[str, Any]) -> None:
    async with connected(production) as socket:
        await say(socket, type="subscribe", id="1", payload=payload)
        await socket.wait_closed()
        assert socket.close_code == 4400


async def test_a_persisted_query_is_kept_over_the_socket_too(live: str, platform: Platform) -> None:
    token = await platform.sign_in("daye", "analyst")
    text = f"query Roles{uuid4().hex} {{ viewer {{ username }} }}"
    found = {"viewer": {"username": "analyst"}}
    async with connected(live, authorization=f"Bearer {token}") as socket:
        assert await asked(socket, hashed(text, query="")) == "PERSISTED_QUERY_NOT_FOUND"
        assert await asked(socket, hashed(text, query=text)) == found
        assert await asked(socket, hashed(text, query="")) == found


async def test_more_than_a_full_budget_holds_is_refused_for_good(platform: Platform, redis_url: str) -> None:
    settings = settings_of(platform.urls, redis_url).model_copy(update={"cost_capacity": 100})
    token = await platform.sign_in("daye", "analyst")
    async with (
        running_services(settings) as services,
        serving(application(services)) as host,
        connected(host, authorization=f"Bearer {token}") as socket,
    ):
        assert await asked(socket, {"query": "{ cases(first: 100) { nodes { id } } }"}) == "QUERY_TOO_COMPLEX"
