"""Connections of one command: as the application's role, or as the operator's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.settings import load, require
from server.supervisor.addresses import of_running
from tenants.sessions import Database

SET_IT = "set it, or start `civicgrid up` in this directory first"


@asynccontextmanager
async def operator(places: int = 1) -> AsyncIterator[Database]:
    """The database as the operator's role. places: transactions at once. Errors: SettingsError."""
    settings = of_running(load())
    url = require(settings.operator_database_url, "CIVICGRID_OPERATOR_DATABASE_URL", SET_IT)
    async with _connection(url, places) as database:
        yield database


@asynccontextmanager
async def city(places: int = 1) -> AsyncIterator[Database]:
    """The database as the application's role. places: transactions at once. Errors: SettingsError."""
    async with _connection(require(of_running(load()).database_url, "DATABASE_URL", SET_IT), places) as database:
        yield database


@asynccontextmanager
async def _connection(url: str, places: int) -> AsyncIterator[Database]:
    from server import tables

    tables.resolve()
    database = await Database.connect(url, read_pool_size=1, write_pool_size=places)
    try:
        yield database
    finally:
        await database.close()
