"""Rule 5: every statement names the tenant for each tenant table it mentions; row security is only the second lock."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.events.record import next_number
from tenants.ids import uuid7
from tenants.models import Tenant, TenantCounter
from tenants.sessions import Database
from tests.house.lints.recorder import watched
from tests.house.lints.statements import faults

TABLES = {"case", "grid", "organization", "due_work"}


@pytest.mark.parametrize(
    "statement",
    [
        "select 1",
        "SELECT grid.id FROM grid WHERE grid.tenant_id = $1::UUID AND grid.id = $2::UUID FOR NO KEY UPDATE",
        'SELECT "case".id FROM "case" WHERE "case".tenant_id = $1 FOR UPDATE OF "case"',
        "SELECT g.id FROM grid AS g JOIN organization o ON o.tenant_id = $1 AND o.id = g.organization_id WHERE $1 = g.tenant_id",
        "SELECT g.id FROM grid g, organization o WHERE g.tenant_id = $1 AND (o.tenant_id = $1 AND o.path >= $2)",
        "SELECT (SELECT count(*) FROM grid t2 WHERE t2.tenant_id = $2) FROM organization t1 WHERE t1.tenant_id = $2",
        "SELECT id FROM due_work WHERE tenant_id = $1 ORDER BY due_at LIMIT 5 FOR UPDATE SKIP LOCKED",
        "SELECT extract(epoch FROM grid.at), grid.x IS DISTINCT FROM grid.y FROM grid WHERE grid.tenant_id = $1",
        "SELECT name FROM tenant WHERE note = 'from grid where (' -- from grid",
        "UPDATE grid SET chief_id=$1::UUID WHERE grid.tenant_id = $2::UUID AND grid.id = $3::UUID",
        "DELETE FROM grid WHERE grid.tenant_id = $1",
        "INSERT INTO grid (tenant_id, id) VALUES ($1, $2) RETURNING grid.id",
        "INSERT INTO due_work (tenant_id, n) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE SET n = (due_work.n + excluded.n)",
        "WITH found AS (SELECT id FROM grid WHERE tenant_id = $1) SELECT f.id FROM found AS f",
        "SELECT id FROM grid WHERE tenant_id = $1 UNION ALL SELECT id FROM organization WHERE tenant_id = $1",
        "SELECT x.id FROM unnest($1, $2) AS x(id, prefix)",
        "SELECT (SELECT g.id FROM grid AS g WHERE false) FROM organization WHERE tenant_id = $1",
        "SELECT g.id FROM grid AS g WHERE false AND (g.id = $2 OR g.name = $3) ORDER BY g.id LIMIT $1",
    ],
)
def test_a_statement_that_names_the_tenant_everywhere_is_let_through(statement: str) -> None:
    assert faults(statement, TABLES) == []


@pytest.mark.parametrize(
    ("statement", "unbound"),
    [
        ("SELECT grid.id FROM grid", "grid as grid"),
        (
            "SELECT g.id FROM grid AS g JOIN organization o ON o.tenant_id = g.tenant_id WHERE g.tenant_id = $1",
            "organization as o",
        ),
        ("SELECT g.id FROM grid g, organization o WHERE g.tenant_id = $1 AND o.id = $2", "organization as o"),
        ("SELECT g.id FROM grid g, organization o WHERE tenant_id = $1 AND g.tenant_id = $1", "organization as o"),
        ("SELECT (SELECT count(*) FROM grid) FROM organization t WHERE t.tenant_id = $2", "grid as grid"),
        ("SELECT (SELECT 1 FROM grid WHERE grid.tenant_id = $1) FROM grid", "grid as grid"),
        ("SELECT id FROM grid WHERE tenant_id = $1 UNION SELECT id FROM organization", "organization as organization"),
        ("UPDATE grid SET n = $1 WHERE grid.id = $2", "grid as grid"),
        ("DELETE FROM grid USING organization o WHERE grid.tenant_id = $1", "organization as o"),
        (
            'SELECT 1 FROM "case" AS c LEFT OUTER JOIN LATERAL (SELECT 1 FROM grid AS g) x ON true WHERE c.tenant_id = $1',
            "grid as g",
        ),
        ("SELECT id FROM grid WHERE tenant_id <> $1", "grid as grid"),
        ("SELECT g.id FROM grid g WHERE o.tenant_id = $1", "grid as g"),
        ("SELECT g.id FROM grid AS g WHERE false OR g.id = $1", "grid as g"),
        ("WITH found AS (SELECT id FROM grid) SELECT id FROM found", "grid as grid"),
    ],
)
def test_a_table_without_its_tenant_is_found(statement: str, unbound: str) -> None:
    assert faults(statement, TABLES) == [f"5: {unbound} is not bound to the tenant"]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("INSERT INTO grid (id) VALUES ($1)", "5: grid gets a row without a tenant"),
        ("WITH a AS (INSERT INTO grid (id) VALUES ($1) RETURNING 1) SELECT 1", "5: grid gets a row without a tenant"),
        (
            "WITH a AS (INSERT INTO grid (tenant_id) SELECT $1) SELECT 1",
            "12: INSERT..SELECT ends in RETURNING or ON CONFLICT",
        ),
        ("select 1; select 2", "7: more than one statement"),
        ("INSERT INTO grid (tenant_id) SELECT $1", "12: INSERT..SELECT ends in RETURNING or ON CONFLICT"),
        ("INSERT INTO grid (tenant_id) VALUES ((SELECT $1))", "12: a subquery in VALUES"),
        (
            "INSERT INTO grid (tenant_id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET at = now()",
            "13: now() in DO UPDATE SET",
        ),
        ("UPDATE grid SET at = now() WHERE tenant_id = $1", "14: now() in UPDATE"),
        ("SELECT pg_advisory_lock($1)", "17: an advisory lock"),
    ],
)
def test_what_a_distributed_database_refuses_is_found(statement: str, fault: str) -> None:
    assert faults(statement, TABLES) == [fault]


async def test_the_watch_hears_the_product_and_lets_tests_be(operator_database: Database) -> None:
    tenant_id = uuid7()
    async with operator_database.across() as session:
        session.add(Tenant(id=tenant_id, slug="east", kind="CITY", name={"en": "East"}, time_zone="Asia/Shanghai"))
    with watched() as heard:
        async with operator_database.write(tenant_id) as session:
            await session.execute(select(TenantCounter.name))  # not bound to the tenant, but sent by a test
            await next_number(session, tenant_id, "event")
    assert [(statement.place.partition(":")[0], statement.faults) for statement in heard] == [
        ("tenants/sessions.py", []),
        ("server/events/record.py", []),
    ]
