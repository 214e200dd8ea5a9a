"""Two small cities with cases in every state, for reading."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from server.demo import loader
from server.onboarding.service import onboard_shipped
from tenants.sessions import Database
from tests.conftest import SECRET, Template
from tests.fixtures.city import TINY, settings_of

CASES = replace(TINY["daye"], cases=24, concluded=12, dropped=2, escalating=2)


@pytest.fixture(scope="session")
def city_template(migrated: Template, redis_url: str) -> Template:
    """The shared template's like, with cases in Daye."""

    async def fill() -> Template:
        name = await migrated.clone()
        urls = migrated.urls(name)
        await onboard_shipped(settings_of(urls, redis_url), lambda _line: None)
        database = await Database.connect(urls.app, read_pool_size=1, write_pool_size=2)
        try:
            await loader.load_cities(database, SECRET, {**TINY, "daye": CASES}, lambda _line: None)
        finally:
            await database.close()
        return Template(migrated.admin_url, name)

    return asyncio.run(fill())


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of every compiled read from here on."""
    seen: list[str] = []
    read = Database.read

    async def reading(self: Database, statement: str, tenant_id: UUID, parameters: Sequence[object]) -> bytes | None:
        seen.append(statement)
        return await read(self, statement, tenant_id, parameters)

    monkeypatch.setattr(Database, "read", reading)
    return seen
