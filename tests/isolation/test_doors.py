"""The ways in that are no operation with an id: links to files, webhooks, tokens, cursors and rows of work."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
import websockets
from sqlalchemy import select
from websockets.typing import Subprotocol

from server.analytics import jobs as analytics
from server.attachments.models import Attachment
from server.cases import jobs as cases
from server.events.models import DueWork
from server.isolation.rows import changed, fingerprints
from server.main import application
from server.retention import jobs as retention
from tenants.clock import now
from tenants.context import system_actor
from tenants.ids import uuid7
from tests.fixtures.live import serving
from tests.isolation.conftest import Canaries

UPLOAD = "mutation($input: RequestUploadInput!) { requestUpload(input: $input) { uploadUrl userErrors { code } } }"
EVENTS = "subscription($after: String) { %s(after: $after) { cursor } }"
LOGS = {"caseEvents": "case_events", "listEvents": "list_events", "caseMessages": "case_messages"}
HANDLERS = {**analytics.HANDLERS, **cases.HANDLERS, **retention.HANDLERS}


@pytest.fixture
async def http(canaries: Canaries) -> AsyncIterator[httpx.AsyncClient]:
    """A client of everything that the web process serves."""
    transport = httpx.ASGITransport(application(canaries.platform.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as client:
        yield client


async def attachment_of(canaries: Canaries, tenant_id: UUID) -> UUID:
    async with canaries.database.write(tenant_id) as session:
        found = await session.scalar(select(Attachment.id).where(Attachment.tenant_id == tenant_id).limit(1))
    assert found is not None
    return found


async def test_a_link_of_ones_own_opens_no_file_of_another_city(canaries: Canaries, http: httpx.AsyncClient) -> None:
    given = {"filename": "mine.png", "mediaType": "image/png", "bytes": 2_000}
    answer = (await canaries.walkers["resident"].told(UPLOAD, {"input": given})).value()
    link = urlsplit(answer["data"]["requestUpload"]["uploadUrl"])
    query = urlencode({name: values[0] for name, values in parse_qs(link.query).items()})
    theirs, mine = canaries.theirs.id, canaries.mine.id
    foreign, unknown = await attachment_of(canaries, theirs), uuid7()
    before = await fingerprints(canaries.database, theirs)
    for method, path in (("PUT", "/uploads/{}/{}"), ("GET", "/files/{}/{}/file"), ("GET", "/files/{}/{}/thumbnail")):
        answers = {
            (response.status_code, response.content)
            for tenant_id, id_ in ((theirs, foreign), (mine, foreign), (theirs, unknown), (uuid7(), unknown))
            for response in [
                await http.request(
                    method,
                    f"{path.format(tenant_id, id_)}?{query}",
                    content=b"x" * 2_000 if method == "PUT" else None,
                    headers={"content-type": "image/png"},
                )
            ]
        }
        assert answers == {(404, b'{"errors":[{"message":"No such file.","extensions":{"code":"NOT_FOUND"}}]}')}
    assert changed(before, await fingerprints(canaries.database, theirs)) == frozenset()


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a webhook, as Standard Webhooks says."""
    id_, stamp = f"msg_{uuid4().hex}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


async def test_a_channel_of_one_city_hands_nothing_in_at_another(canaries: Canaries, http: httpx.AsyncClient) -> None:
    made = 'mutation { createChannelSecret(input: {channel: "hotline"}) { secret userErrors { code } } }'
    secrets = {}
    for walkers, city in ((canaries.walkers, canaries.mine), (canaries.neighbors, canaries.theirs)):
        answer = (await walkers["tenant_admin"].told(made, {})).value()
        secrets[city.slug] = answer["data"]["createChannelSecret"]["secret"]
    body = orjson.dumps({"title": "Bins are full", "description": "Since Monday"})
    before = await fingerprints(canaries.database, canaries.theirs.id)
    answers = set()
    for path in ("/intake/canary-b/hotline", "/intake/canary-b/nothing", "/intake/nowhere/hotline"):
        response = await http.post(path, content=body, headers=signed(secrets[canaries.mine.slug], body))
        request_id = response.headers["x-request-id"]
        answers.add((response.status_code, response.text.replace(request_id, "")))
    assert [status for status, _text in answers] == [401]
    assert changed(before, await fingerprints(canaries.database, canaries.theirs.id)) == frozenset()


async def test_a_token_opens_the_city_it_was_made_for_alone(canaries: Canaries, http: httpx.AsyncClient) -> None:
    token = canaries.walkers["tenant_admin"].token
    asked = {"query": "{ viewer { tenant } }"}
    answers = []
    for slug in ("canary-b", "nowhere"):
        headers = {"authorization": f"Bearer {token}", "x-tenant": slug}
        response = await http.post("/graphql", json=asked, headers=headers)
        answers.append((response.status_code, _without_ids(response.json())))
    assert answers[0] == answers[1]
    assert "data" not in answers[0][1] or answers[0][1]["data"] is None


def _without_ids(body: Mapping[str, Any]) -> dict[str, Any]:
    errors = [
        {**error, "extensions": {k: v for k, v in error["extensions"].items() if k != "requestId"}}
        for error in body.get("errors", [])
    ]
    return {**{name: value for name, value in body.items() if name != "extensions"}, "errors": errors}


@pytest.mark.parametrize("field", sorted(LOGS))
async def test_a_cursor_of_another_city_is_no_cursor(canaries: Canaries, field: str) -> None:
    positions, token = canaries.platform.services.positions, canaries.walkers["tenant_admin"].token
    foreign = positions.seal(1, tenant_id=canaries.theirs.id, log=LOGS[field])
    told = []
    async with serving(application(canaries.platform.services)) as address:
        for after in (foreign, "A" * len(foreign)):
            async with websockets.connect(
                f"ws://{address}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
            ) as socket:
                payload = {"authorization": f"Bearer {token}"}
                await socket.send(orjson.dumps({"type": "connection_init", "payload": payload}).decode())
                assert orjson.loads(await socket.recv())["type"] == "connection_ack"
                asked = {"query": EVENTS % field, "variables": {"after": after}}
                await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": asked}).decode())
                answer = orjson.loads(await socket.recv())
                assert answer["type"] in {"error", "next"}
                told.append(_refused(answer))
    assert told[0] == told[1]
    assert told[0] != []


def _refused(message: dict[str, Any]) -> list[tuple[str, str]]:
    payload = message["payload"]
    errors = payload if isinstance(payload, list) else payload.get("errors", [])
    return [(error["message"], error["extensions"]["code"]) for error in errors]


@pytest.mark.parametrize("kind", sorted(HANDLERS))
async def test_a_worker_in_one_city_does_no_work_of_another(canaries: Canaries, kind: str) -> None:
    """Handlers take the id of a row of work: of another city's it finds as little as of one that is not there."""
    services = canaries.platform.services
    subject, work_id = await attachment_of(canaries, canaries.theirs.id), uuid7()
    async with services.database.write(canaries.theirs.id) as session:
        row = DueWork(
            tenant_id=canaries.theirs.id,
            id=work_id,
            kind=kind,
            subject_id=subject,
            step=uuid4().hex,
            due_at=now() + timedelta(days=365),
        )
        session.add(row)
    before = await fingerprints(canaries.database, canaries.theirs.id)
    actor = system_actor(canaries.mine.id, name="worker")
    outcomes = []
    for id_ in (work_id, uuid7()):
        try:
            async with services.transactions.open(actor) as session:
                await HANDLERS[kind](session, work_id=id_, actor=actor, registry=services.registry)
            outcomes.append("nothing")
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be the same
            outcomes.append(type(error).__name__)
    assert outcomes[0] == outcomes[1]
    assert changed(before, await fingerprints(canaries.database, canaries.theirs.id)) == frozenset()
