"""Somebody who serves in Daye and in Jiamusi."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, update

from server.accounts.sessions import SignedIn
from server.demo.accounts import password_of
from server.errors import AppError
from server.persons.service.front import Persons
from tenants.clock import now
from tenants.context import Actor
from tests.conftest import SECRET
from tests.fixtures.city import Platform


@dataclass(slots=True)
class Desk:
    """What people do about their cities, at an instant that tests move."""

    platform: Platform
    persons: Persons
    at: datetime

    def later(self, by: timedelta) -> None:
        self.at += by

    async def linked(self, one: Actor, other: Actor) -> None:
        """Link two accounts: the second makes the code."""
        await self.persons.link((await self.persons.make_code(actor=other)).text, actor=one)

    async def both(self, username: str = "analyst") -> tuple[Actor, Actor]:
        """The same role's accounts of both cities, linked."""
        here, there = await self.platform.actor("daye", username), await self.platform.actor("jiamusi", username)
        await self.linked(here, there)
        return here, there

    async def cities(self, actor: Actor) -> list[tuple[str, bool]]:
        return [(city.slug, city.current) for city in await self.persons.cities(actor=actor)]

    async def again(self, slug: str, username: str) -> Actor:
        """The actor of a further session."""
        signed_in = await self.platform.services.accounts.sign_in(
            tenant_slug=slug, username=username, password=password_of(SECRET), request_id="req-1"
        )
        return await self.actor(signed_in)

    async def actor(self, signed_in: SignedIn) -> Actor:
        return await self.platform.services.accounts.authenticate(signed_in.access_token, request_id="req-2")

    async def refused(self, work: Any) -> tuple[type[AppError], str, tuple[str, ...], str]:
        with pytest.raises(AppError) as refused:
            await work
        return type(refused.value), refused.value.code, refused.value.field, str(refused.value)

    async def rows(self, model: type[Any], slug: str) -> list[Any]:
        tenant_id = (await self.platform.tenant(slug)).id
        async with self.platform.services.database.write(tenant_id) as session:
            return list(await session.scalars(select(model).where(model.tenant_id == tenant_id).order_by(model.id)))

    async def set(self, model: type[Any], id_: UUID, slug: str, **values: Any) -> None:
        tenant_id = (await self.platform.tenant(slug)).id
        async with self.platform.services.database.write(tenant_id) as session:
            await session.execute(update(model).where(model.tenant_id == tenant_id, model.id == id_).values(**values))

    async def suspend(self, slug: str) -> None:
        connection = await asyncpg.connect(self.platform.urls.operator)
        try:
            await connection.execute("update tenant set status = 'SUSPENDED' where slug = $1", slug)
        finally:
            await connection.close()
        self.platform.services.registry.forget()


@pytest.fixture
def desk(platform: Platform) -> Desk:
    found = Desk(platform, platform.services.persons, now())
    found.persons = replace(platform.services.persons, now=lambda: found.at)
    return found
