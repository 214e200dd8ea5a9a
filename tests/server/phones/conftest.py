"""Telephones of two cities: a clock that can be moved, and a gateway that keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, update

from server.accounts.models import Account
from server.accounts.sessions import SignedIn
from server.errors import AppError
from server.events.models import AuditEntry
from server.jobs.engine import Engine
from server.phones.jobs import handlers
from server.phones.rules import number_of
from server.phones.senders import Outgoing, Sender
from server.phones.service.front import Phones
from server.phones.service.signing_in import Candidate
from server.residents.models import Resident
from tenants.clock import now
from tenants.context import Actor
from tests.fixtures.city import Platform

PHONE = "138 0000 0001"
NUMBER = "+8613800000001"


@dataclass(slots=True)
class Gateway:
    """Keeps messages; ``broken`` lets it raise."""

    messages: list[Outgoing] = field(default_factory=list)
    broken: bool = False

    async def send(self, message: Outgoing) -> None:
        if self.broken:
            raise OSError
        self.messages.append(message)


@dataclass(slots=True)
class Desk:
    """What residents and the worker do, at an instant that tests move."""

    platform: Platform
    phones: Phones
    gateway: Gateway
    at: datetime

    def later(self, by: timedelta) -> None:
        self.at += by

    async def tenant_id(self, slug: str) -> UUID:
        return (await self.platform.tenant(slug)).id

    async def residents(self, phone: str | None, *, slug: str = "daye", count: int = 1, **values: Any) -> list[UUID]:
        """Residents without an account, who get this number."""
        tenant_id = await self.tenant_id(slug)
        with_account = select(Account.resident_id).where(
            Account.tenant_id == tenant_id, Account.resident_id.is_not(None)
        )
        async with self.platform.services.database.write(tenant_id) as session:
            found = list(
                await session.scalars(
                    select(Resident.id)
                    .where(Resident.tenant_id == tenant_id, Resident.id.not_in(with_account), Resident.phone.is_(None))
                    .order_by(Resident.id)
                    .limit(count)
                )
            )
            await session.execute(
                update(Resident)
                .where(Resident.tenant_id == tenant_id, Resident.id.in_(found))
                .values(phone=phone, **values)
            )
        return found

    async def ask(self, phone: str = PHONE, *, slug: str = "daye", peer: str = "192.0.2.7") -> None:
        await self.phones.request_code(tenant_slug=slug, phone=phone, peer=peer, request_id="req-1")

    async def work(self, *, slug: str = "daye", sender: Sender | None = None) -> int:
        """Let the worker do what is due in a city."""
        services = self.platform.services
        assert services.operator is not None
        engine = Engine(
            "messages",
            handlers(sender or self.gateway, services.keyring, now=lambda: self.at),
            database=services.database,
            operator=services.operator,
            transactions=services.transactions,
            registry=services.registry,
        )
        return await engine.run_tenant(await self.tenant_id(slug))

    async def code(self, phone: str = PHONE, *, slug: str = "daye") -> str:
        """The code that arrives when one is asked for."""
        await self.ask(phone, slug=slug)
        await self.work(slug=slug)
        sent = self.gateway.messages[-1]
        assert (sent.tenant, sent.to) == (slug, number_of(phone))
        return sent.code or ""

    async def sign_in(self, code: str, phone: str = PHONE, *, slug: str = "daye", **more: Any) -> SignedIn:
        answer = await self.answer(code, phone, slug=slug, **more)
        assert isinstance(answer, SignedIn)
        return answer

    async def answer(
        self, code: str, phone: str = PHONE, *, slug: str = "daye", peer: str = "192.0.2.7", **more: Any
    ) -> SignedIn | tuple[Candidate, ...]:
        return await self.phones.sign_in(
            tenant_slug=slug, phone=phone, code=code, request_id="req-2", peer=peer, user_agent="Mini/1", **more
        )

    async def refused(self, code: str, phone: str = PHONE, **more: Any) -> AppError:
        with pytest.raises(AppError) as refused:
            await self.answer(code, phone, **more)
        return refused.value

    async def actor(self, signed_in: SignedIn) -> Actor:
        return await self.platform.services.accounts.authenticate(signed_in.access_token, request_id="req-3")

    async def audited(self, action: str, *, slug: str = "daye") -> list[tuple[str, UUID, str, dict[str, Any]]]:
        """(kind of the object, its id, outcome, detail) of the entries of an action, oldest first."""
        await self.phones.door.guesses.close()
        tenant_id = await self.tenant_id(slug)
        async with self.platform.services.database.write(tenant_id) as session:
            rows = await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.tenant_id == tenant_id, AuditEntry.action == action)
                .order_by(AuditEntry.id)
            )
            return [(row.object_type, row.object_id, row.outcome, row.detail) for row in rows]

    async def rows(self, model: type[Any], *, slug: str = "daye") -> list[Any]:
        tenant_id = await self.tenant_id(slug)
        async with self.platform.services.database.write(tenant_id) as session:
            return list(await session.scalars(select(model).where(model.tenant_id == tenant_id).order_by(model.id)))

    async def set(self, model: type[Any], id_: UUID, *, slug: str = "daye", **values: Any) -> None:
        tenant_id = await self.tenant_id(slug)
        async with self.platform.services.database.write(tenant_id) as session:
            await session.execute(update(model).where(model.tenant_id == tenant_id, model.id == id_).values(**values))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The first three words of what is sent to the database meanwhile."""
        done: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            done.append(" ".join(statement.split()[:3]))

        engine = self.platform.services.database._engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield done
        finally:
            event.remove(engine, "before_cursor_execute", note)


def address() -> str:
    """An address that no other test has: Valkey outlives them."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::7"


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def together(*work: Any) -> list[Any]:
    return list(await asyncio.gather(*work, return_exceptions=True))


@pytest.fixture
def desk(platform: Platform) -> Desk:
    found = Desk(platform, platform.services.phones, Gateway(), now())
    found.phones = replace(platform.services.phones, now=lambda: found.at)
    return found
