"""The revision that brings search makes what older releases stored searchable, city by city."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.engine import make_url

from migrations import roles, runner
from server.embedded import services
from tenants.ids import uuid7
from tests.conftest import SECRET

_CITY = (
    "insert into tenant (id, slug, kind, status, name, time_zone, manifest_version, policy_version, created_at) "
    "values ($1, $2, 'CITY', 'ACTIVE', '{}', 'Asia/Shanghai', 0, 0, now())"
)
_ROOT = (
    "insert into organization (tenant_id, id, code, name, labels, level, kind, rank, path, created_at) "
    "values ($1, $2, $3, $4, '{}', 'city', 'city_body', 7, $3 || '/', now())"
)
_MEMBERS = (
    "insert into member (tenant_id, id, organization_id, path, name, status, created_at) "
    "select $1, gen_random_uuid(), $2, $3 || '/', '王' || n, 'ACTIVE', now() from generate_series(1, $4) n"
)


async def test_what_was_there_can_be_found(running: services.Services) -> None:
    name = f"test_{uuid4().hex}"
    urls = await roles.prepare(running.database_admin_url, secret=SECRET, database=name)
    await runner.upgrade(urls.owner, revision="0007")
    address = make_url(running.database_admin_url).set(database=name).render_as_string(hide_password=False)
    admin = await asyncpg.connect(address)
    try:
        east, west = await _city(admin, "east", "东湖市"), await _city(admin, "west", "西山市")
        await runner.upgrade(urls.owner)
        terms = await admin.fetch("select tenant_id, kind, term, subject_id from search_term")
        found = {(row["tenant_id"], row["kind"], row["term"]) for row in terms}
        assert {(east, "organization", term) for term in ("东", "东湖", "湖市")} <= found
        assert {(west, "organization", term) for term in ("西", "西山", "山市")} <= found
        assert {(tenant, "member", str(number)) for tenant in (east, west) for number in (1, 5_001)} <= found
        assert len(terms) == 2 * (3 + 2 * 5_001)
        members = {(row["tenant_id"], row["id"]) for row in await admin.fetch("select tenant_id, id from member")}
        assert {(row["tenant_id"], row["subject_id"]) for row in terms if row["kind"] == "member"} == members
    finally:
        await admin.close()
        last = await asyncpg.connect(running.database_admin_url)
        await last.execute(f'drop database "{name}" with (force)')
        await last.close()


async def _city(admin: asyncpg.Connection[asyncpg.Record], slug: str, name: str) -> UUID:
    """A city with a root and one member more than one batch holds."""
    tenant_id, root_id = uuid7(), uuid7()
    await admin.execute(_CITY, tenant_id, slug)
    await admin.execute(_ROOT, tenant_id, root_id, slug, name)
    await admin.execute(_MEMBERS, tenant_id, root_id, slug, 5_001)
    return tenant_id
