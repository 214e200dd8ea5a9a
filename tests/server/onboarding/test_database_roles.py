"""What the database itself refuses: the second lock behind the operator's use cases."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.cases.models import CaseCategory
from server.organizations.models import Organization
from tenants.models import PolicyRule, TenantManifest
from tests.server.onboarding.conftest import Desk

CONFIGURATION = (
    "insert into policy_rule (tenant_id, id, role, object, action) values ($1, gen_random_uuid(), 'a', 'b', 'c')",
    "update policy_rule set role = 'analyst' where tenant_id = $1",
    "delete from policy_rule where tenant_id = $1",
    "update tenant_manifest set digest = '' where tenant_id = $1",
    "delete from tenant_manifest where tenant_id = $1",
    "update tenant set policy_version = 0 where id = $1",
)


@pytest.mark.parametrize("statement", CONFIGURATION)
async def test_the_application_cannot_write_configuration(desk: Desk, db_urls: DatabaseUrls, statement: str) -> None:
    tenant_id = (await desk.daye()).tenant_id
    connection = await asyncpg.connect(db_urls.app)
    try:
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", tenant_id)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement, tenant_id)
    finally:
        await connection.close()


@pytest.mark.parametrize("statement", CONFIGURATION[3:5])
async def test_not_even_the_operator_rewrites_a_manifest(desk: Desk, db_urls: DatabaseUrls, statement: str) -> None:
    tenant_id = (await desk.daye()).tenant_id
    connection = await asyncpg.connect(db_urls.operator)
    try:
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", tenant_id)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement, tenant_id)
    finally:
        await connection.close()


@pytest.mark.parametrize("model", [TenantManifest, PolicyRule, Organization, CaseCategory])
async def test_the_operator_is_in_one_city_at_a_time(desk: Desk, model: type[Any]) -> None:
    cities = [(await desk.daye()).tenant_id, (await desk.daye(("slug: daye", "slug: elsewhere"))).tenant_id]
    everything = select(model.tenant_id).distinct()
    for tenant_id in cities:
        async with desk.operator.write(tenant_id) as session:
            assert list(await session.scalars(everything)) == [tenant_id]
    async with desk.operator.across() as session:
        assert list(await session.scalars(everything)) == []
