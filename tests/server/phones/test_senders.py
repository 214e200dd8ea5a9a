"""Messages reach the gateway signed, again when it failed, and never keep a request waiting."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import structlog
from pydantic import SecretStr

from server.errors import RuleViolation
from server.events.models import DueWork
from server.intake.rules import is_signed
from server.phones.models import PhoneCode, PhoneMessage
from server.phones.rules import GOOD_FOR
from server.phones.senders import LogSender, NoSender, NotDelivered, WebhookSender, sender_of, sends
from server.settings import Settings, SettingsError
from tenants.clock import now
from tests.server.phones.conftest import NUMBER, PHONE, Desk

KEY = b"a key of a gateway, 32 bytes...."
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass(slots=True)
class Heard:
    """A request to the gateway."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """A gateway that answers with the statuses it is given, then with 204; ``silent`` never answers."""

    statuses: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
            self.heard.append(Heard(line, headers, await reader.readexactly(int(headers["content-length"]))))
            self.waiting.set()
            if self.statuses and self.statuses[0] == 0:
                await self.silent.wait()
            status = self.statuses.pop(0) if self.statuses else 204
            writer.write(f"HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def gateway(*statuses: int) -> AsyncIterator[Server]:
    found = Server(list(statuses))
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.silent.set()
        server.close()


def webhook(found: Server, **more: float) -> WebhookSender:
    return WebhookSender(f"http://127.0.0.1:{found.port}/sms?from=city", KEY, **more)


async def _let_it_be_tried_again(desk: Desk) -> None:
    """End the pause after a failure."""
    tenant_id: UUID = await desk.tenant_id("daye")
    connection = await asyncpg.connect(desk.platform.urls.app)
    try:
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", tenant_id)
            await connection.execute(
                "update due_work set lease_until = null where done_at is null and kind like 'phones%'"
            )
    finally:
        await connection.close()


async def test_a_message_is_signed_as_standard_webhooks_says(desk: Desk) -> None:
    await desk.residents(PHONE)
    async with gateway() as found:
        await desk.ask()
        await desk.work(sender=webhook(found))
    (heard,) = found.heard
    assert heard.line == "POST /sms?from=city HTTP/1.1"
    assert heard.headers["content-type"] == "application/json"
    given = {name: heard.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    assert is_signed(
        [KEY],
        webhook_id=given["id"],
        timestamp=given["timestamp"],
        given=given["signature"],
        body=heard.body,
        now=now(),
    )
    sent = orjson.loads(heard.body)
    assert sent["type"] == "phone.message"
    code = sent["data"].pop("code")
    ends = (desk.at + GOOD_FOR).isoformat()
    assert sent["data"] == {"tenant": "daye", "kind": "SIGN_IN_CODE", "to": NUMBER, "expiresAt": ends}
    assert (await desk.sign_in(code)).tenant_id == await desk.tenant_id("daye")
    assert await desk.rows(PhoneMessage) == []


@pytest.mark.parametrize("status", [500, 429, 302, 400])
async def test_what_was_not_taken_is_sent_again_with_the_same_id(desk: Desk, status: int) -> None:
    await desk.residents(PHONE)
    async with gateway(status) as found:
        await desk.ask()
        await desk.work(sender=webhook(found))
        (row,) = await desk.rows(PhoneMessage)
        await _let_it_be_tried_again(desk)
        await desk.work(sender=webhook(found))
    ids = [heard.headers["webhook-id"] for heard in found.heard]
    assert ids == [f"msg_{row.id}"] * 2
    assert await desk.rows(PhoneMessage) == []


async def test_a_code_that_is_over_is_sent_no_more(desk: Desk) -> None:
    await desk.residents(PHONE)
    desk.gateway.broken = True
    await desk.ask()
    await desk.work()
    desk.gateway.broken = False
    desk.later(GOOD_FOR)
    await _let_it_be_tried_again(desk)
    assert await desk.work() == 1
    assert desk.gateway.messages == []
    assert (await desk.rows(PhoneMessage), await desk.rows(PhoneCode)) == ([], [])


async def test_a_slow_gateway_holds_no_request(desk: Desk) -> None:
    """While a message is on its way for as long as the gateway likes, another code is asked for the same number."""
    await desk.residents(PHONE)
    async with gateway(0) as found:
        await desk.ask()
        working = asyncio.create_task(desk.work(sender=webhook(found)))
        await asyncio.wait_for(found.waiting.wait(), 10)
        await asyncio.wait_for(desk.ask(), 5)
        found.statuses.clear()
        found.silent.set()
        await working
    assert len(found.heard) == 2
    assert (await desk.sign_in(orjson.loads(found.heard[1].body)["data"]["code"])).session_id is not None


async def test_a_gateway_that_never_answers_is_given_up(desk: Desk) -> None:
    await desk.residents(PHONE)
    async with gateway(0) as found:
        await desk.ask()
        await desk.work(sender=webhook(found, timeout_seconds=0.3))
    assert len(await desk.rows(PhoneMessage)) == 1
    assert [row.done_at for row in await desk.rows(DueWork) if row.kind == "phones.send"] == [None]


async def test_what_is_over_is_forgotten(desk: Desk) -> None:
    await desk.residents(PHONE)
    await desk.ask("138 0000 0888")
    await desk.work()
    desk.later(timedelta(hours=25))
    await desk.ask()
    await desk.work()
    assert [row.kind for row in await desk.rows(DueWork) if row.kind == "phones.send"] == ["phones.send"]
    assert len(await desk.rows(PhoneCode)) == 1


async def test_while_developing_the_log_shows_the_code_and_masks_the_number(desk: Desk) -> None:
    await desk.residents(PHONE)
    await desk.ask()
    with structlog.testing.capture_logs() as logged:
        await desk.work(sender=LogSender())
    (entry,) = [entry for entry in logged if entry["event"] == "phone_message"]
    code = entry.pop("code")
    assert entry == {
        "event": "phone_message",
        "log_level": "warning",
        "tenant": "daye",
        "kind": "SIGN_IN_CODE",
        "to": "+86138******01",
    }
    assert (await desk.sign_in(code)).session_id is not None


async def test_in_production_nothing_is_asked_for_without_a_gateway(desk: Desk) -> None:
    desk.phones = replace(desk.phones, sends=False)
    with pytest.raises(RuleViolation) as refused:
        await desk.ask()
    assert refused.value.code == "PHONES_SILENT"
    assert await desk.rows(PhoneMessage) == []


def _settings(**values: Any) -> Settings:
    return Settings.model_construct(**values)


def test_the_settings_name_the_sender() -> None:
    assert isinstance(sender_of(_settings(environment="development")), LogSender)
    assert isinstance(sender_of(_settings(environment="production")), NoSender)
    assert (sends(_settings(environment="development")), sends(_settings(environment="production"))) == (True, False)
    named = _settings(
        environment="production", phone_webhook_url="https://sms.example/x", phone_webhook_secret=SecretStr(SECRET)
    )
    assert (isinstance(sender_of(named), WebhookSender), sends(named)) == (True, True)
    with pytest.raises(SettingsError, match="CIVICGRID_PHONE_WEBHOOK_SECRET is not set"):
        sender_of(_settings(phone_webhook_url="https://sms.example/x"))


async def test_no_sender_refuses_in_the_worker_as_well(desk: Desk) -> None:
    await desk.residents(PHONE)
    await desk.ask()
    await desk.work(sender=NoSender())
    assert len(await desk.rows(PhoneMessage)) == 1


async def test_what_speaks_no_http_was_not_delivered(desk: Desk) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")
        writer.write(b"good day\r\n\r\n")
        await writer.drain()
        writer.close()

    await desk.residents(PHONE)
    await desk.ask()
    sent: list[BaseException] = []
    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    sender = WebhookSender(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", KEY)
    kept: Callable[..., Awaitable[None]] = sender.send

    class Watched:
        async def send(self, message: object) -> None:
            try:
                await kept(message)
            except BaseException as error:
                sent.append(error)
                raise

    await desk.work(sender=Watched())
    server.close()
    assert [type(error) for error in sent] == [NotDelivered]
