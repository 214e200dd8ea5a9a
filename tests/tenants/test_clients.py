"""Client applications: registered in a city's manifest, read by city, origins known for all cities together."""

from __future__ import annotations

from typing import Any

import pytest

from server.onboarding.service import apply_tenant, console_actor
from tenants.clients import UNREGISTERED, Client, client_of
from tenants.clock import now
from tenants.errors import NotFound
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.models import Tenant, TenantManifest
from tenants.registry import Registry
from tenants.sessions import Database

PORTAL = {
    "code": "portal",
    "name": {"zh-CN": "门户", "en": "Portal"},
    "plan": "extended",
    "documents": "any",
    "origins": ["https://portal.example", "http://localhost:5173"],
}
OF_PORTAL = Client("portal", "extended", "any", ("https://portal.example", "http://localhost:5173"))
SCREEN = {"code": "screen", "name": {"zh-CN": "大屏", "en": "Screen"}, "origins": ["https://screen.example:8443"]}
OF_SCREEN = Client("screen", "standard", "trusted", ("https://screen.example:8443",))


async def apply(operator: Database, slug: str, *clients: dict[str, Any]) -> None:
    document = parse(shipped.text(slug)).document() | {"clients": list(clients)}
    await apply_tenant(operator, parse(document).model_dump_json(), actor=console_actor("test"))


async def test_a_city_knows_its_own_applications_and_no_other_citys(
    database: Database,
    operator_database: Database,
) -> None:
    await apply(operator_database, "daye", PORTAL, SCREEN)
    await apply(operator_database, "wuhan")
    registry = Registry(database)
    daye, wuhan = await registry.by_slug("daye"), await registry.by_slug("wuhan")

    assert await registry.clients(daye.id) == (OF_PORTAL, OF_SCREEN)
    assert await registry.clients(wuhan.id) == ()
    assert client_of(await registry.clients(daye.id), "screen") == OF_SCREEN
    assert client_of(await registry.clients(wuhan.id), "screen") is UNREGISTERED
    with pytest.raises(NotFound):
        await registry.clients(uuid7())


async def test_a_new_manifest_counts_at_once_for_who_forgets(database: Database, operator_database: Database) -> None:
    await apply(operator_database, "daye", PORTAL)
    registry = Registry(database)
    daye = await registry.by_slug("daye")
    assert await registry.clients(daye.id) == (OF_PORTAL,)
    assert await registry.origins() == {"https://portal.example", "http://localhost:5173"}

    await apply(operator_database, "daye", SCREEN)
    assert await registry.origins() == {"https://portal.example", "http://localhost:5173"}  # up to ten seconds old
    registry.forget()

    assert await registry.clients(daye.id) == (OF_SCREEN,)
    assert await registry.origins() == {"https://screen.example:8443"}


async def test_origins_are_those_of_all_active_cities(database: Database, operator_database: Database) -> None:
    await apply(operator_database, "daye", PORTAL)
    await apply(operator_database, "wuhan", SCREEN)
    await apply(operator_database, "jiamusi", SCREEN | {"origins": ["https://resting.example"]})
    async with operator_database.across() as session:
        resting = await session.get_one(Tenant, (await Registry(database).by_slug("jiamusi")).id)
        resting.status = "SUSPENDED"

    assert await Registry(database).origins() == {
        "https://portal.example",
        "http://localhost:5173",
        "https://screen.example:8443",
    }


async def test_a_manifest_stored_before_there_were_applications_has_none(
    database: Database,
    operator_database: Database,
) -> None:
    await apply(operator_database, "daye", PORTAL)
    daye = await Registry(database).by_slug("daye")
    document = {key: value for key, value in parse(shipped.text("daye")).document().items() if key != "clients"}
    async with operator_database.write(daye.id) as session:
        session.add(
            TenantManifest(
                tenant_id=daye.id,
                version=daye.manifest_version + 1,
                document=document,
                digest="older",
                applied_at=now(),
                applied_by="test",
            ),
        )
        (await session.get_one(Tenant, daye.id)).manifest_version += 1

    assert await Registry(database).clients(daye.id) == ()
