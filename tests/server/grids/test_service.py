"""Drawing grids by the city's policy."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.errors import AppError
from server.events.models import Event
from server.grids.models import Grid
from server.grids.service import create_grid
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tests.fixtures.town import EAST, Town


async def draw(town: Town, actor: Actor, **given: Any) -> Grid:
    """Draw a general grid in the east community, or what is given."""
    values: dict[str, Any] = {
        "organization_id": town.organizations[EAST],
        "code": "g1",
        "name": "第一网格",
        "kind": "GENERAL",
        "households": 300,
    } | given
    async with town.services.transactions.open(actor) as session:
        grid_id = await create_grid(session, **values, manifest=await town.manifest(), actor=actor)
    (row,) = await town.rows(Grid, id=grid_id)
    assert isinstance(row, Grid)
    return row


async def test_a_grid_stands_from_today_in_the_city_on(town: Town) -> None:
    row = await draw(town, town.system)
    today = now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert (row.path, row.households, row.valid_to, row.chief_id) == (town.paths[EAST], 300, None, None)
    assert row.valid_from == today
    assert [event.type for event in await town.rows(Event, subject_id=row.id)] == ["GridCreated"]
    assert (await draw(town, town.system, code="g2", valid_from=date(2020, 1, 1))).valid_from == date(2020, 1, 1)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"kind": "URBAN"}, "GRID_KIND_NOT_LISTED", ("kind",)),
        ({"households": -1}, "GRID_HOUSEHOLDS_NEGATIVE", ("households",)),
        ({"code": "G 1"}, "ORGANIZATION_CODE_INVALID", ("code",)),
        ({"code": "east"}, "CODE_TAKEN", ("code",)),
        ({"name": ""}, "TEXT_REQUIRED", ("name",)),
        ({"organization_id": uuid7()}, "NOT_FOUND", ("organizationId",)),
    ],
)
async def test_what_the_policy_does_not_allow_is_refused(
    town: Town,
    given: dict[str, Any],
    code: str,
    field: tuple[str, ...],
) -> None:
    with pytest.raises(AppError) as error:
        await draw(town, town.system, **given)
    assert (error.value.code, error.value.field) == (code, field)
    assert len(await town.rows(Grid)) == 2


async def test_a_grid_does_not_attach_to_the_city_itself(town: Town) -> None:
    (root,) = await town.rows(Organization, parent_id=None)
    with pytest.raises(AppError) as error:
        await draw(town, town.system, organization_id=root.id)
    assert error.value.code == "GRID_LEVEL_NOT_ALLOWED"


async def test_a_grid_worker_draws_no_grids(town: Town) -> None:
    await town.member("worker", "grid_worker")
    with pytest.raises(AppError) as error:
        await draw(town, await town.actor("worker"))
    assert error.value.code == "FORBIDDEN"
