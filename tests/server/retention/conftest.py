"""Jiamusi, which keeps what is personal of grid matters for three years, and of fire hazards for one."""

from __future__ import annotations

import pytest

from tenants.manifest import shipped
from tenants.sessions import Database
from tests.server.cases.towns import found_town
from tests.server.publications.matters import Press, found_press

RETENTION = "\nretention:\n  tracks: {GRID_EVENT: 3, DISPUTE: 2}\n  categories: {HAZARD: 1}\n"


@pytest.fixture
async def press(database: Database, operator_database: Database) -> Press:
    return await found_press(await found_town(database, operator_database, shipped.text("jiamusi") + RETENTION))
