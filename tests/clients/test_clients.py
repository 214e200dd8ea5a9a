"""Clients that front ends really use, against a real server."""

from __future__ import annotations

import contextlib
from typing import Any

from server.main import application
from tests.clients.conftest import Script, Start
from tests.fixtures.city import Api, Platform
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
    events = "query($id: ID!) { case(id: $id) { events(first: 100) { nodes { seq } } } }"
    history = (await api("daye", "first_secretary", events, id=first["id"]))["data"]["case"]["events"]["nodes"]
    after = str(history[-1]["seq"])
    async with contextlib.AsyncExitStack() as stack:
        async with serving(app) as host:
            script = await stack.enter_async_context(start("graphql_ws.mjs", host, token, after, "3", first["id"]))
            await told_of(script, (await report(api, "lamp 2"))["number"])
        missed = (await report(api, "lamp 3"))["number"]  # nobody serves
        await stack.enter_async_context(serving(app, port=int(host.rpartition(":")[2])))
        await told_of(script, missed)
        last = (await report(api, "lamp 4"))["number"]
        assert last in await script.finished()


async def told_of(script: Script, number: str) -> None:
    """Wait until the script prints the number of a case."""
    line = await script.line()
    while line != number:
        assert line, await script.finished()
        line = await script.line()
