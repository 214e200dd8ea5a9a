"""Clients that front ends really use, against a real server."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest

from schema.root import document_check
from server.documents.rules import digest_of
from server.documents.service import Given, register
from server.main import application
from server.main import running as running_services
from tenants.context import system_actor
from tests.clients.conftest import Script, Start
from tests.fixtures.city import Api, Platform, settings_of
from tests.fixtures.live import serving

REPORT = (
    """mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id number } userErrors { code } } }"""
)


async def report(api: Api, title: str) -> dict[str, Any]:
    """Report a case in Daye as its resident."""
    resident = (await api("daye", "resident", "{ viewer { resident { grid { id } } } }"))["data"]["viewer"]["resident"]
    categories = (await api("daye", "resident", "{ tenant { categories { code } } }"))["data"]["tenant"]["categories"]
    given = {
        "gridId": resident["grid"]["id"],
        "category": categories[0]["code"],
        "title": title,
        "description": "Seen this morning.",
        "idempotencyKey": title,
    }
    payload = (await api("daye", "resident", REPORT, input=given))["data"]["reportCase"]
    assert payload["userErrors"] == []
    case: dict[str, Any] = payload["case"]
    return case


async def test_apollo_client(start: Start, live: str, platform: Platform, api: Api) -> None:
    case = await report(api, "for Apollo")
    async with start("apollo.mjs", live, await platform.sign_in("daye", "first_secretary"), case["id"]) as script:
        await script.finished()


async def test_urql(start: Start, live: str, platform: Platform, api: Api) -> None:
    case = await report(api, "for urql")
    async with start("urql.mjs", live, await platform.sign_in("daye", "first_secretary"), case["id"]) as script:
        await script.finished()


async def test_graphql_ws_goes_on_after_the_server_was_away(start: Start, platform: Platform, api: Api) -> None:
    token = await platform.sign_in("daye", "first_secretary")
    app = application(platform.services)
    first = await report(api, "lamp 1")
    after = await platform.cursor("daye")
    async with contextlib.AsyncExitStack() as stack:
        async with serving(app) as host:
            script = await stack.enter_async_context(start("graphql_ws.mjs", host, token, after, "4", first["id"]))
            await told_of(script, (await report(api, "lamp 2"))["number"])
        missed = (await report(api, "lamp 3"))["number"]  # nobody serves
        await stack.enter_async_context(serving(app, port=int(host.rpartition(":")[2])))
        await told_of(script, missed)
        last = (await report(api, "lamp 4"))["number"]
        assert last in await script.finished()


VIEWER = """query Viewer {
  viewer {
    username
    __typename
  }
}"""
NEWS = "subscription News($after: String) { caseEvents(after: $after) { case { number } } }"


@pytest.mark.parametrize("accept", ["", "application/json"])
async def test_persisted_queries_in_production(start: Start, platform: Platform, api: Api, accept: str) -> None:
    services = platform.services
    assert services.operator is not None
    await register(
        services.operator,
        [Given(digest_of(text), text) for text in (VIEWER, NEWS)],
        tenant="daye",
        client="console",
        check=document_check(),
        actor=system_actor((await platform.tenant("daye")).id, name="test"),
    )
    await report(api, "for the stream")
    library = dataclasses.replace(services.library, rule="trusted", production=True)
    token = await platform.sign_in("daye", "first_secretary")
    async with (
        serving(application(dataclasses.replace(services, library=library))) as host,
        start("persisted.mjs", host, token, accept, VIEWER, NEWS, await platform.cursor("daye")) as script,
    ):
        await script.finished()


async def test_an_empty_budget(start: Start, platform: Platform, redis_url: str) -> None:
    settings = settings_of(platform.urls, redis_url).model_copy(update={"cost_capacity": 110, "cost_restore": 8})
    token = await platform.sign_in("daye", "analyst")
    async with (
        running_services(settings) as services,
        serving(application(services)) as host,
        start("throttled.mjs", host, token) as script,
    ):
        await script.finished()


async def told_of(script: Script, number: str) -> None:
    """Wait until the script prints the number of a case."""
    line = await script.line()
    while line != number:
        assert line, await script.finished()
        line = await script.line()
