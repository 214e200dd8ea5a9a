"""Daye and Jiamusi with people."""

from __future__ import annotations

import pytest

from tenants.manifest import shipped
from tenants.sessions import Database
from tests.server.cases.towns import Town, found_town


@pytest.fixture
async def daye(database: Database, operator_database: Database) -> Town:
    """City, subdistrict, community."""
    return await found_town(database, operator_database, shipped.text("daye"))


@pytest.fixture
async def jiamusi(database: Database, operator_database: Database) -> Town:
    """City, county, subdistrict, community, grid."""
    return await found_town(database, operator_database, shipped.text("jiamusi"))
