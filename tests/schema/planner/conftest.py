"""Two small cities with cases in every state, for reading."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from tenants.sessions import Database
from tests.conftest import Template
from tests.fixtures.city import TINY, filled

CASES = replace(TINY["daye"], cases=24, concluded=12, dropped=2, escalating=2)


@pytest.fixture(scope="session")
def city_template(migrated: Template, redis_url: str) -> Template:
    """The shared template's like, with cases in Daye."""
    return asyncio.run(filled(migrated, redis_url, {**TINY, "daye": CASES}))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of every compiled read from here on."""
    seen: list[str] = []
    read = Database.read

    async def reading(self: Database, statement: str, tenant_id: UUID, parameters: Sequence[object]) -> bytes | None:
        seen.append(statement)
        return await read(self, statement, tenant_id, parameters)

    monkeypatch.setattr(Database, "read", reading)
    return seen
