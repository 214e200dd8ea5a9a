"""What stands in the table of terms, and what should."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from migrations.roles import DatabaseUrls
from server.search.searched import SEARCHED
from tests.conftest import Template

Terms = set[tuple[str, str, str, str]]  # tenant, kind, term, subject


class Shelf:
    """The whole table, in every city: looked at above row security, where a test may."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def kept(self) -> Terms:
        """What stands there."""
        connection = await asyncpg.connect(self._address)
        try:
            rows = await connection.fetch("select tenant_id, kind, term, subject_id from search_term")
        finally:
            await connection.close()
        return {(str(row[0]), row[1], row[2], str(row[3])) for row in rows}

    async def right(self) -> Terms:
        """What should stand there, by the rows of every searched table."""
        connection = await asyncpg.connect(self._address)
        found: Terms = set()
        try:
            for kind, searched in SEARCHED.items():
                for row in await connection.fetch(f'select * from "{kind}"'):  # noqa: S608 - names of our own tables
                    found |= {(str(row["tenant_id"]), kind, term, str(row["id"])) for term in searched.terms(dict(row))}
        finally:
            await connection.close()
        return found


@pytest.fixture
def shelf(migrated: Template, city_urls: DatabaseUrls) -> Shelf:
    """The shelf of the two cities' database."""
    return Shelf(address_of(migrated, city_urls))


def address_of(migrated: Template, city_urls: DatabaseUrls) -> str:
    """The cities' database as the superuser."""
    name = make_url(city_urls.app).database
    return make_url(migrated.admin_url).set(database=name).render_as_string(hide_password=False)
