"""A city on board that tests change, and a look at what is stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.onboarding.service import Applied, Plan, apply_tenant, console_actor, plan_tenant
from tenants.context import Actor
from tenants.manifest import shipped
from tenants.platform import CityInfo, list_cities
from tenants.sessions import Database


class Desk:
    """The operator at work."""

    def __init__(self, operator: Database) -> None:
        self.operator = operator
        self.actor: Actor = console_actor("test")

    async def plan(self, document: str, *, slug: str | None = None) -> Plan:
        return await plan_tenant(self.operator, document, slug=slug, actor=self.actor)

    async def apply(self, document: str, *, slug: str | None = None) -> Applied:
        return await apply_tenant(self.operator, document, slug=slug, actor=self.actor)

    async def daye(self, *replacements: tuple[str, str]) -> Applied:
        """Apply Daye's shipped manifest with some words replaced."""
        return await self.apply(daye(*replacements))

    async def city(self, slug: str) -> CityInfo:
        return next(city for city in await list_cities(self.operator) if city.slug == slug)

    async def rows(self, tenant_id: UUID, model: type[Any]) -> list[Any]:
        """Rows of a table in one city, oldest first."""
        async with self.operator.write(tenant_id) as session:
            statement = select(model).where(model.tenant_id == tenant_id).order_by(model.id)
            return list(await session.scalars(statement))


def daye(*replacements: tuple[str, str]) -> str:
    """Daye's shipped manifest with some words replaced, each of which must be there."""
    text = shipped.text("daye")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def desk(operator_database: Database) -> Desk:
    return Desk(operator_database)
