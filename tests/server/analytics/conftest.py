"""A city that can be counted."""

from __future__ import annotations

import pytest

from migrations.roles import DatabaseUrls
from tenants.sessions import Database
from tests.fixtures.counted_city import CountedCity, found_city


@pytest.fixture
async def city(db_urls: DatabaseUrls, database: Database) -> CountedCity:
    return await found_city(db_urls, database)
