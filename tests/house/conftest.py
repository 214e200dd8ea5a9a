"""The catalog of a migrated database, read once per test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from migrations.roles import DatabaseUrls
from tests.conftest import Template
from tests.house.lints.catalog import Connection


@pytest.fixture
async def owner(db_urls: DatabaseUrls) -> AsyncIterator[Connection]:
    """The owner of the tables, in a fresh database."""
    connection = await asyncpg.connect(db_urls.owner)
    yield connection
    await connection.close()


@pytest.fixture
async def superuser(migrated: Template, db_urls: DatabaseUrls) -> AsyncIterator[Connection]:
    """An administrator, whom row security does not bind, in the same database."""
    database = make_url(db_urls.app).database
    connection = await asyncpg.connect(
        make_url(migrated.admin_url).set(database=database).render_as_string(hide_password=False),
    )
    yield connection
    await connection.close()
