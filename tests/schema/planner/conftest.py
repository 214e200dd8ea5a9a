"""Two small cities with cases in every state, for reading."""

from __future__ import annotations

import asyncio
from dataclasses import replace

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
