"""The operator's view across cities: the one module that looks at more than one tenant.

Only the global tenant table, which holds names and versions, is read across; from ``entered`` on a session is in one
city like any other, bound by the same row security. Works on a Database connected as the operator role.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from tenants.clock import now
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.models import Tenant
from tenants.sessions import Database, WriteSession


@dataclass(frozen=True, slots=True)
class CityInfo:
    """A tenant as the operator's list shows it; name per language."""

    id: UUID
    slug: str
    name: dict[str, Any]
    kind: str
    status: str
    time_zone: str
    manifest_version: int
    policy_version: int
    created_at: datetime


async def list_cities(database: Database) -> tuple[CityInfo, ...]:
    """Every tenant, the platform's own included, ordered by slug."""
    async with database.across() as session:
        rows = (await session.scalars(select(Tenant).order_by(Tenant.slug))).all()
    return tuple(
        CityInfo(
            id=row.id,
            slug=row.slug,
            name=row.name,
            kind=row.kind,
            status=row.status,
            time_zone=row.time_zone,
            manifest_version=row.manifest_version,
            policy_version=row.policy_version,
            created_at=row.created_at,
        )
        for row in rows
    )


@asynccontextmanager
async def entered(operator: Database, manifest: Manifest) -> AsyncIterator[tuple[WriteSession, Tenant]]:
    """One transaction in the tenant of the manifest's slug, whose row is locked until the block ends.

    A tenant that does not exist is made with version 0 of manifest and policy; when the block raises, it never was.
    Two callers for one slug come one after the other, and the second sees what the first committed.
    """
    async with operator.across() as session:
        tenant = await _locked(session, manifest.slug)
        if tenant is None:
            await _insert(session, manifest)
            tenant = await _locked(session, manifest.slug)
        if tenant is None:
            message = "a tenant that was just inserted is there"
            raise RuntimeError(message)
        await session.execute(text("select set_tenant(:tenant)").bindparams(tenant=tenant.id))
        yield session, tenant


async def _locked(session: WriteSession, slug: str) -> Tenant | None:
    # NO KEY UPDATE: rows that refer to the tenant may be written meanwhile.
    return await session.scalar(select(Tenant).where(Tenant.slug == slug).with_for_update(key_share=True))


async def _insert(session: WriteSession, manifest: Manifest) -> None:
    """Insert the tenant unless another transaction was faster; waits for that one to end."""
    await session.execute(
        insert(Tenant)
        .values(
            id=uuid7(),
            slug=manifest.slug,
            kind=manifest.identity.kind.value,
            status="ACTIVE",
            name=manifest.identity.name.model_dump(mode="json"),
            time_zone=manifest.time_zone,
            manifest_version=0,
            policy_version=0,
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=[Tenant.slug]),
    )
