"""Channels over a real socket: signed, once, whole, and silent to strangers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from server.cases.models import Case
from server.errors import AppError
from server.intake.endpoint import MAX_BODY, intake_routes
from server.intake.models import CaseContact, ChannelDelivery, ChannelSecret
from server.intake.service.secrets import create_channel_secret, retire_channel_secrets
from server.intake.service.webhooks import STRANGERS_POINTS
from tenants.keys import Keyring
from tests.fixtures.live import serving
from tests.server.cases.towns import Town
from tests.server.intake.conftest import Post

REPORT = {"title": "Bins are full", "description": "Since Monday"}


@dataclass(slots=True)
class Channel:
    """A program outside, which signs as Standard Webhooks says; written without the product's own code."""

    client: httpx.AsyncClient
    path: str
    secret: str
    sent: int = field(default=0)

    async def send(self, body: object, *, id_: str | None = None, secret: str | None = None, **changed: str) -> Any:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        self.sent += 1
        id_, stamp = id_ or f"msg_{self.sent}", changed.pop("stamp", str(int(time.time())))
        key = base64.b64decode((secret or self.secret).removeprefix("whsec_"))
        digest = hmac.new(key, f"{id_}.{stamp}.".encode() + content, hashlib.sha256).digest()
        headers = {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1,AAAA v1," + base64.b64encode(digest).decode(),
        }
        path = changed.pop("path", self.path)
        return await self.client.post(path, content=content, headers=headers | changed)


async def secret_of(daye: Town, keyring: Keyring, channel: str = "chat") -> str:
    async with daye.database.write(daye.tenant_id) as session:
        return await create_channel_secret(
            session, channel=channel, manifest=daye.manifest, keyring=keyring, actor=daye.worker
        )


async def cases(daye: Town) -> list[Case]:
    async with daye.database.write(daye.tenant_id) as session:
        return list(await session.scalars(select(Case).where(Case.tenant_id == daye.tenant_id).order_by(Case.number)))


async def deliveries(daye: Town) -> int:
    async with daye.database.write(daye.tenant_id) as session:
        rows = select(ChannelDelivery.id).where(ChannelDelivery.tenant_id == daye.tenant_id)
        return len((await session.scalars(rows)).all())


@pytest.fixture
async def chat(daye: Town, keyring: Keyring, post: Post) -> AsyncIterator[Channel]:
    await daye.grid(daye.home, "grid-1")
    secret = await secret_of(daye, keyring)
    async with (
        serving(Starlette(routes=intake_routes(post.inbox))) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as client,
    ):
        yield Channel(client, "/intake/daye/chat", secret)


async def test_a_message_becomes_a_case_of_its_channel(daye: Town, chat: Channel) -> None:
    """WH-12, HH-14."""
    answer = await chat.send({**REPORT, "reporter": {"name": "Invented Zhao", "phone": "+86 555 0101"}})
    (case,) = await cases(daye)
    assert answer.status_code == 201
    assert answer.json()["case"] == {"id": f"case_{case.id}", "number": case.number}
    assert (case.source, case.channel, case.category, case.on_behalf) == ("CHAT", "chat", "SANITATION", True)
    assert (case.reporter_id, case.reporter_account_id) == (None, None)
    (event,) = await daye.log(case.id)
    assert event.actor_role == "channel"
    async with daye.database.write(daye.tenant_id) as session:
        (contact,) = await session.scalars(select(CaseContact).where(CaseContact.tenant_id == daye.tenant_id))
    assert b"Zhao" not in contact.sealed


async def test_the_same_message_has_the_same_answer_and_another_under_its_id_is_refused(
    daye: Town, chat: Channel
) -> None:
    first = await chat.send(REPORT, id_="once")
    again = await chat.send(REPORT, id_="once")
    assert (again.status_code, again.json()) == (201, first.json())
    other = await chat.send({**REPORT, "title": "Other"}, id_="once")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(await cases(daye)) == 1


async def test_twins_at_the_same_time_are_one_case(daye: Town, chat: Channel) -> None:
    answers = await asyncio.gather(*[chat.send(REPORT, id_="twin") for _ in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert [case.number[-6:] for case in await cases(daye)] == ["000001"]


async def test_strangers_are_all_told_the_same(daye: Town, keyring: Keyring, chat: Channel) -> None:
    now = int(time.time())
    foreign = await secret_of(daye, keyring, "hotline")
    answers = [
        await chat.send(REPORT, secret="whsec_" + base64.b64encode(b"x" * 32).decode()),
        await chat.send(REPORT, secret=foreign),
        await chat.send(REPORT, stamp=str(now - 301)),
        await chat.send(REPORT, stamp=str(now + 360)),
        await chat.send(REPORT, stamp="soon"),
        await chat.send(REPORT, stamp="1" * 400),
        await chat.send(REPORT, path="/intake/daye/fax"),
        await chat.send(REPORT, path="/intake/wuhan/chat"),
        await chat.send(REPORT, path="/intake/%00/chat"),
        await chat.send(REPORT, **{"webhook-signature": ""}),
        await chat.send(b"no json", secret=foreign),
        await chat.client.post("/intake/daye/chat", json=REPORT),
    ]
    told = []
    for answer in answers:
        body = answer.json()
        assert body["error"].pop("requestId")
        told.append((answer.status_code, orjson.dumps(body), sorted(set(answer.headers) - {"date"})))
    assert len({(status, body) for status, body, _headers in told}) == 1
    assert len({tuple(headers) for _status, _body, headers in told}) == 1
    assert told[0][0] == 401
    assert (await cases(daye), await deliveries(daye)) == ([], 0)


async def test_what_is_wrong_with_a_report_is_told_by_field_and_leaves_nothing(daye: Town, chat: Channel) -> None:
    for body, code, field_ in (
        (b"no json", "BODY_INVALID", []),
        ([], "BODY_INVALID", []),
        ({"description": "x"}, "BODY_INVALID", ["title"]),
        ({"title": 7}, "BODY_INVALID", ["title"]),
        ({**REPORT, "extra": 1}, "BODY_INVALID", ["extra"]),
        ({"title": " "}, "TEXT_REQUIRED", ["title"]),
        ({**REPORT, "grid": "nowhere"}, "NOT_FOUND", ["grid"]),
        ({**REPORT, "category": "WEATHER"}, "CATEGORY_NOT_LISTED", ["category"]),
        ({**REPORT, "category": "MARKET"}, "ANSWER_REQUIRED", ["answers", "shop"]),
        ({**REPORT, "reporter": {"name": "x", "phone": "call me"}}, "PHONE_INVALID", ["reporter"]),
        ({"title": "a\x00b"}, "TEXT_INVALID", ["title"]),
    ):
        answer = await chat.send(body, id_="mended-later")
        assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["field"]) == (
            422,
            code,
            field_,
        )
    assert (await cases(daye), await deliveries(daye)) == ([], 0)
    assert (await chat.send(REPORT, id_="mended-later")).status_code == 201


async def test_a_channel_without_a_grid_of_its_own_needs_one(daye: Town, keyring: Keyring, chat: Channel) -> None:
    secret = await secret_of(daye, keyring, "hotline")
    hotline = Channel(chat.client, "/intake/daye/hotline", secret)
    answer = await hotline.send(REPORT)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, ["grid"])
    answer = await hotline.send({**REPORT, "grid": "grid-1", "category": "FOOD", "answers": {"shop": "Noodles"}})
    assert answer.status_code == 201
    (case,) = await cases(daye)
    assert (case.source, case.channel, case.anonymous, case.answers) == (
        "HOTLINE",
        "hotline",
        True,
        {"shop": "Noodles"},
    )


async def test_a_secret_is_followed_by_another_without_a_gap(daye: Town, keyring: Keyring, chat: Channel) -> None:
    older, newer = chat.secret, await secret_of(daye, keyring)
    assert [(await chat.send(REPORT, secret=secret)).status_code for secret in (older, newer)] == [201, 201]
    with pytest.raises(AppError) as caught:
        await secret_of(daye, keyring)
    assert caught.value.code == "CHANNEL_SECRETS_FULL"

    async def retire(*, every: bool) -> int:
        async with daye.database.write(daye.tenant_id) as session:
            return await retire_channel_secrets(session, channel="chat", every=every, actor=daye.worker)

    assert await retire(every=False) == 1
    assert [(await chat.send(REPORT, secret=secret)).status_code for secret in (older, newer)] == [401, 201]
    assert (await retire(every=False), await retire(every=True)) == (0, 1)
    assert (await chat.send(REPORT, secret=newer)).status_code == 401


async def test_a_secret_is_kept_encrypted_and_only_for_listed_channels(daye: Town, keyring: Keyring) -> None:
    secret = await secret_of(daye, keyring)
    async with daye.database.write(daye.tenant_id) as session:
        (row,) = await session.scalars(select(ChannelSecret).where(ChannelSecret.tenant_id == daye.tenant_id))
    assert base64.b64decode(secret.removeprefix("whsec_")) not in row.sealed
    with pytest.raises(AppError) as caught:
        await secret_of(daye, keyring, "fax")
    assert (caught.value.code, caught.value.field) == ("NOT_FOUND", ("channel",))
    with pytest.raises(AppError) as caught:
        async with daye.database.write(daye.tenant_id) as session:
            await retire_channel_secrets(
                session, channel="chat", every=True, actor=await daye.staff("dispatcher", at=daye.home)
            )
    assert caught.value.code == "FORBIDDEN"


async def test_a_body_has_an_end(chat: Channel, daye: Town) -> None:
    answer = await chat.send(b" " * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "BODY_TOO_LARGE")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b" " * 1000

    answer = await chat.client.post(chat.path, content=endless())
    assert answer.status_code == 413
    assert (await chat.client.get(chat.path)).status_code == 405
    assert await cases(daye) == []


async def test_strangers_run_out_of_points_and_channels_do_not_pay_for_them(chat: Channel, post: Post) -> None:
    wrong = "whsec_" + base64.b64encode(b"x" * 32).decode()
    most = post.throttle.budgets.of("anonymous").capacity // STRANGERS_POINTS
    for _ in range(3):
        assert (await chat.send(REPORT)).status_code == 201
    answers = [await chat.send(REPORT, secret=wrong) for _ in range(most * 2)]
    assert answers[0].status_code == 401
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert refused[0].json()["error"]["code"] == "TOO_MANY_REPORTS"
