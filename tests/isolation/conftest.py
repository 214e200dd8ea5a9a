"""The two canary cities of ``civicgrid tenants verify-isolation`` behind the real application, people signed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.accounts.models import Account
from server.identity_providers.models import LinkedIdentity
from server.isolation.answers import Answer, Ask
from server.isolation.canaries import settle
from server.isolation.people import Walker, everybody
from server.isolation.plantings import plant, plantings
from server.isolation.sites import Atlas
from server.main import application, places_with_ids
from server.main import running as running_services
from server.onboarding.service import apply_tenant, console_actor
from server.settings import Settings
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.registry import TenantInfo
from tenants.sessions import Database
from tests.conftest import SECRET, Template
from tests.fixtures.city import Platform, settings_of

_BUDGETS = ("cost_capacity", "cost_restore", "tenant_cost_capacity", "tenant_cost_restore")


@dataclass(frozen=True, slots=True)
class Canaries:
    """Both cities on one platform; walkers by user name, of the first and of the second."""

    platform: Platform
    ask: Ask
    atlas: Atlas
    mine: TenantInfo
    theirs: TenantInfo
    walkers: Mapping[str, Walker]
    neighbors: Mapping[str, Walker]

    @property
    def database(self) -> Database:
        return self.platform.services.database


def settings(template: Template, name: str, redis_url: str) -> Settings:
    """Of a web process whose budgets hold the whole walk."""
    found = settings_of(template.urls(name), redis_url)
    return found.model_copy(update=dict.fromkeys(_BUDGETS, 10_000_000))


def asking(http: httpx.AsyncClient) -> Ask:
    """Asks over a client."""

    async def ask(token: str | None, document: str, variables: Mapping[str, Any]) -> Answer:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        response = await http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        return Answer(response.status_code, response.content, dict(response.headers))

    return ask


@pytest.fixture(scope="session")
def settled(migrated: Template) -> Template:
    """A database with the platform's own tenant and both canaries."""

    async def make() -> str:
        name = await migrated.clone()
        urls = migrated.urls(name)
        operator = await Database.connect(urls.operator, read_pool_size=1, write_pool_size=2)
        database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=3)
        try:
            await apply_tenant(operator, shipped.text(shipped.PLATFORM), actor=console_actor("test"))
            await settle(operator, database, SECRET)
        finally:
            await database.close()
            await operator.close()
        return name

    return Template(migrated.admin_url, asyncio.run(make()))


@pytest.fixture(scope="module")
async def canaries(settled: Template, redis_url: str) -> AsyncIterator[Canaries]:
    """Both cities, with something of everything."""
    name = await settled.clone()
    async with running_services(settings(settled, name, redis_url)) as services:
        platform = Platform(services, settled.urls(name))
        transport = httpx.ASGITransport(application(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://civicgrid.test") as http:
            yield await _settled_in(platform, asking(http))
    await settled.administer(f'drop database "{name}" with (force)')


async def _settled_in(platform: Platform, ask: Ask) -> Canaries:
    atlas, database = places_with_ids(), platform.services.database
    mine, theirs = await platform.tenant("canary-a"), await platform.tenant("canary-b")
    walkers = {city.slug: await everybody(ask, database, atlas.tables, city, SECRET) for city in (mine, theirs)}
    for found in walkers.values():
        await plant(found, plantings())
    # What planting was refused would else be written down in the middle of the walk.
    await platform.services.refusals.close()
    for city in (mine, theirs):
        await _link_identity(database, city)
    return Canaries(platform, ask, atlas, mine, theirs, walkers[mine.slug], walkers[theirs.slug])


async def _link_identity(database: Database, city: TenantInfo) -> None:
    """What only an identity provider could plant: a person of its who signs in to an account of the city."""
    async with database.write(city.id) as session:
        account_id = await session.scalar(
            select(Account.id).where(Account.tenant_id == city.id, Account.username == "grid_worker")
        )
        session.add(
            LinkedIdentity(
                tenant_id=city.id,
                id=uuid7(),
                account_id=account_id,
                issuer="https://sso.invented.example",
                subject="u-1",
            )
        )
