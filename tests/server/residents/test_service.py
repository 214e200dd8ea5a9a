"""Entering residents."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from server.errors import AppError
from server.events.models import AuditEntry, Event
from server.residents.models import Resident
from server.residents.rules import Sex, check_birth_date
from server.residents.service import register_resident
from tenants.context import Actor
from tenants.ids import uuid7
from tests.fixtures.town import EAST, WEST, Town

TODAY = date(2026, 3, 2)


async def register(town: Town, actor: Actor, **given: Any) -> Resident:
    """Enter a resident of the east grid, or what is given."""
    values: dict[str, Any] = {
        "grid_id": town.grids[EAST],
        "name": "Invented Person",
        "phone": "138 0000 0000",
        "sex": Sex.FEMALE,
        "birth_date": date(1968, 2, 29),
    } | given
    async with town.services.transactions.open(actor) as session:
        resident_id = await register_resident(session, **values, manifest=await town.manifest(), actor=actor)
    (row,) = await town.rows(Resident, id=resident_id)
    assert isinstance(row, Resident)
    return row


async def test_a_grid_worker_enters_residents_of_the_own_grid_only(town: Town) -> None:
    await town.member("worker", "grid_worker")
    worker = await town.actor("worker")
    row = await register(town, worker)
    assert (row.path, row.sex, row.phone) == (town.paths[EAST], "FEMALE", "138 0000 0000")
    with pytest.raises(AppError) as error:
        await register(town, worker, grid_id=town.grids[WEST])
    assert error.value.code == "FORBIDDEN"
    assert len(await town.rows(Resident)) == 1


async def test_the_logs_hold_no_personal_data(town: Town) -> None:
    row = await register(town, town.system)
    (entry,) = await town.rows(AuditEntry, object_id=row.id)
    assert (entry.action, entry.detail) == ("resident:create", {"grid": str(town.grids[EAST])})
    (event,) = await town.rows(Event, subject_id=row.id)
    assert (event.type, event.subject_type) == ("ResidentRegistered", "Resident")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"grid_id": uuid7()}, "NOT_FOUND"),
        ({"birth_date": date(2300, 1, 1)}, "BIRTH_DATE_INVALID"),
        ({"phone": "call me"}, "PHONE_INVALID"),
        ({"name": "two\nlines"}, "TEXT_INVALID"),
    ],
)
async def test_refusals(town: Town, given: dict[str, Any], code: str) -> None:
    with pytest.raises(AppError) as error:
        await register(town, town.system, **given)
    assert error.value.code == code
    assert await town.rows(Resident) == []


def test_a_birth_date_is_between_130_years_ago_and_today() -> None:
    check_birth_date(TODAY, TODAY)
    check_birth_date(date(1896, 1, 1), TODAY)
    for day in (TODAY + timedelta(days=1), date(1895, 12, 31)):
        with pytest.raises(AppError) as error:
            check_birth_date(day, TODAY)
        assert error.value.code == "BIRTH_DATE_INVALID"
