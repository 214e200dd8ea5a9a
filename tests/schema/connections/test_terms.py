"""After a demo load with cases and activities, every term of every searched row is there, and no other."""

from __future__ import annotations

from migrations.roles import DatabaseUrls
from server.search.searched import SEARCHED
from tests.conftest import Template
from tests.server.search.conftest import Shelf, address_of


async def test_the_whole_demo_can_be_found(migrated: Template, city_urls: DatabaseUrls) -> None:
    shelf = Shelf(address_of(migrated, city_urls))
    kept = await shelf.kept()
    assert kept == await shelf.right()
    assert {kind for _tenant, kind, _term, _subject in kept} == set(SEARCHED)
