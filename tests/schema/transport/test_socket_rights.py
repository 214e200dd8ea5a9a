"""A socket has no more rights than a request has: who asks is found anew for every operation, not once for a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection

from server.accounts.models import Account, SignInSession
from server.applications.models import ApiKey, Application
from server.members.models import Appointment
from tenants.clock import now
from tenants.ids import public_id, uuid7
from tests.fixtures.city import Api, Platform
from tests.schema.applications.test_socket import connected, hear, say
from tests.server.applications.making import make

CASES = "{ cases(first: 1) { nodes { number } } }"
ACCEPT = """mutation($id: ID!) { acceptCase(input: {caseId: $id, expectedVersion: 1}) { userErrors { code } } }"""
Ending = Callable[[Platform, Api], Awaitable[object]]


async def _ask(socket: ClientConnection, query: str, **variables: Any) -> dict[str, Any]:
    """The message that answers an operation: ``next``, after which its end was heard, or ``error``."""
    await say(socket, type="subscribe", id="1", payload={"query": query, "variables": variables})
    answer = await hear(socket)
    if answer["type"] == "next":
        assert await hear(socket) == {"id": "1", "type": "complete"}
    return answer


async def _accepted(socket: ClientConnection) -> str:
    """Try to accept a case that does not exist; the code of the refusal."""
    answer = await _ask(socket, ACCEPT, id=public_id("case", uuid7()))
    if answer["type"] == "error":
        return str(answer["payload"][0]["extensions"]["code"])
    (error,) = answer["payload"]["data"]["acceptCase"]["userErrors"]
    return str(error["code"])


async def _within_two_seconds(socket: ClientConnection, before: str, after: str) -> None:
    """Nothing but ``before`` is answered, and no later than in two seconds nothing but ``after``."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while (code := await _accepted(socket)) == before:
        assert loop.time() - began < 2
    assert code == after


async def _write(platform: Platform, model: type[Any], values: dict[str, object], **of: object) -> None:
    """Change rows as another process would."""
    tenant_id = (await platform.tenant("jiamusi")).id
    async with platform.services.database.write(tenant_id) as session:
        rows = update(model).where(model.tenant_id == tenant_id)
        await session.execute(rows.where(*(getattr(model, name) == value for name, value in of.items())).values(values))


async def _disable(platform: Platform, _api: Api) -> None:
    await _write(platform, Account, {"status": "DISABLED"}, username="dispatcher")


async def _revoke(platform: Platform, _api: Api) -> None:
    session_id = (await platform.actor("jiamusi", "dispatcher")).session_id
    await _write(platform, SignInSession, {"revoked_at": now()}, id=session_id)


async def _sign_out(_platform: Platform, api: Api) -> None:
    assert (await api("jiamusi", "dispatcher", "mutation { signOut(input: {}) { signedOut } }"))["data"]


@pytest.mark.parametrize("end", [_disable, _revoke, _sign_out])
async def test_an_open_socket_ends_with_its_session(platform: Platform, api: Api, live: str, end: Ending) -> None:
    async with connected(live, await platform.sign_in("jiamusi", "dispatcher")) as socket:
        assert await hear(socket) == {"type": "connection_ack"}
        assert (await _ask(socket, CASES))["type"] == "next"
        assert await _accepted(socket) == "NOT_FOUND"
        await end(platform, api)
        await _within_two_seconds(socket, "NOT_FOUND", "UNAUTHENTICATED")
        for query in (CASES, "{ __typename }", "subscription { caseEvents { cursor } }"):
            refused = await _ask(socket, query)
            assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")


async def test_an_appointment_that_ends_takes_its_rights_from_an_open_socket(platform: Platform, live: str) -> None:
    actor = await platform.actor("jiamusi", "dispatcher")
    async with connected(live, await platform.sign_in("jiamusi", "dispatcher")) as socket:
        assert await hear(socket) == {"type": "connection_ack"}
        assert await _accepted(socket) == "NOT_FOUND"
        await _write(platform, Appointment, {"ended_at": now()}, member_id=actor.member_id)
        await _within_two_seconds(socket, "NOT_FOUND", "FORBIDDEN")


@pytest.mark.parametrize(
    ("model", "values"),
    [(Application, {"status": "SUSPENDED"}), (ApiKey, {"expires_at": now()})],
    ids=["suspended", "expired"],
)
async def test_an_open_socket_ends_with_its_application(
    platform: Platform, live: str, model: type[Any], values: dict[str, object]
) -> None:
    made = await make(platform.services, (await platform.tenant("jiamusi")).id, "case:read", "case:accept")
    async with connected(live, made.key) as socket:
        assert await hear(socket) == {"type": "connection_ack"}
        assert await _accepted(socket) == "NOT_FOUND"
        await _write(platform, model, values, id=made.id if model is Application else made.key_id)
        await _within_two_seconds(socket, "NOT_FOUND", "UNAUTHENTICATED")


async def test_an_open_socket_ends_with_its_token(platform: Platform, live: str) -> None:
    actor = await platform.actor("jiamusi", "dispatcher")
    assert actor.account_id is not None
    assert actor.session_id is not None
    token, expires_at = platform.services.accounts.signer.access(
        account_id=actor.account_id,
        tenant_id=actor.tenant_id,
        session_id=actor.session_id,
        session_ends=now() + timedelta(seconds=2),
        now=now(),
    )
    async with connected(live, token) as socket:
        assert await hear(socket) == {"type": "connection_ack"}
        await _within_two_seconds(socket, "NOT_FOUND", "UNAUTHENTICATED")
        assert now() >= expires_at
