"""The shipped cities come on board with one step, which spares what operators have changed."""

from __future__ import annotations

from pydantic import SecretStr

from migrations.roles import DatabaseUrls
from server.onboarding.service import SHIPPED, onboard_shipped
from server.settings import Settings
from tenants.manifest import shipped
from tenants.models import TenantManifest
from tenants.platform import list_cities
from tests.server.onboarding.conftest import Desk, daye


async def test_all_come_on_board_and_a_second_time_nothing_happens(desk: Desk, db_urls: DatabaseUrls) -> None:
    said: list[str] = []
    for _ in range(2):
        await onboard_shipped(_settings(db_urls), said.append)
    cities = await list_cities(desk.operator)
    assert [city.slug for city in cities] == sorted([*shipped.CITIES, shipped.PLATFORM])
    assert {city.manifest_version for city in cities} == {1}
    assert said == [shipped.PLATFORM, *shipped.CITIES] * 2


async def test_a_newer_shipped_manifest_is_applied_but_not_over_an_operators_own(
    desk: Desk,
    db_urls: DatabaseUrls,
) -> None:
    await onboard_shipped(_settings(db_urls), lambda _line: None)
    await desk.daye(("en: Daye}", "en: Our Daye}"))
    await onboard_shipped(_settings(db_urls), lambda _line: None)
    city = await desk.city("daye")
    assert (city.manifest_version, city.name["en"]) == (2, "Our Daye")
    by = [row.applied_by for row in await desk.rows(city.id, TenantManifest)]
    assert by == [SHIPPED, "test"]
    assert (await desk.plan(daye())).changes[0].after == "Daye"


def _settings(urls: DatabaseUrls) -> Settings:
    return Settings(
        secret=SecretStr("a secret for tests, 32 characters or more"),
        operator_database_url=urls.operator,
    )
