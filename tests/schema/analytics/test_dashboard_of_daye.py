"""The dashboard as the people of a shipped city get it: analysts figures, residents nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server.analytics import service
from server.grids.models import Grid
from tenants.context import system_actor
from tests.fixtures.city import Api, Platform

DASHBOARD = """{
  dashboard(period: {from: "2026-01-01", to: "2030-12-31"}) {
    organization { name level } grids gridsByKind { kind count } byChild { grids } own { grids }
  }
}"""


async def roll_up(platform: Platform, slug: str) -> int:
    """Bring a city's figures up to date; the number of its grids."""
    tenant = await platform.tenant(slug)
    async with platform.services.database.write(tenant.id) as session:
        actor = system_actor(tenant.id, name="test")
        await service.roll_up(session, time_zone=tenant.time_zone, actor=actor)
        return await session.scalar(select(func.count()).where(Grid.tenant_id == tenant.id)) or 0


@pytest.mark.parametrize("slug", ["daye", "jiamusi"])
async def test_an_analyst_sees_the_figures_and_no_rows(platform: Platform, api: Api, slug: str) -> None:
    grids = await roll_up(platform, slug)
    answer = await api(slug, "analyst", DASHBOARD)
    assert "errors" not in answer
    found = answer["data"]["dashboard"]
    assert found["grids"] == grids
    assert sum(kind["count"] for kind in found["gridsByKind"]) == grids
    assert found["own"]["grids"] + sum(child["grids"] for child in found["byChild"]) == grids
    rows = await api(slug, "analyst", "{ cases { nodes { id } } residents { nodes { id } } }")
    assert rows["data"] == {"cases": {"nodes": []}, "residents": {"nodes": []}}


async def test_whoever_has_no_dashboard_is_told_so(platform: Platform, api: Api) -> None:
    await roll_up(platform, "daye")
    for username in ("resident", "grid_worker", "police"):
        answer = await api("daye", username, DASHBOARD)
        assert answer["data"] == {"dashboard": None}
        assert [(error["extensions"]["code"], error["path"]) for error in answer["errors"]] == [
            ("FORBIDDEN", ["dashboard"]),
        ]
