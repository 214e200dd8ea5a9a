"""An invented city with an audit trail, its sealer, and the owner of its tables, who may change anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from server.audit.heads import SignedHead
from server.audit.keys import HeadKeys
from server.audit.rules import Head
from server.audit.service.sealing import Sealed, seal, sign_head
from server.audit.service.verifying import Fault, Verified, heads_of, verify
from server.events.models import AuditEntry
from tenants.clock import now
from tenants.ids import uuid7
from tenants.registry import TenantInfo
from tenants.sessions import Database
from tests.conftest import SECRET


@dataclass(slots=True)
class Trail:
    """The audit trail of one city."""

    tenant_id: UUID
    database: Database
    owner: asyncpg.Connection[Any]
    keys: HeadKeys = field(default_factory=lambda: HeadKeys(SECRET))

    async def write(self, count: int = 1) -> list[UUID]:
        """So many new entries, one transaction for all; their ids."""
        rows = [entry(self.tenant_id, number) for number in range(count)]
        async with self.database.write(self.tenant_id) as session:
            session.add_all(rows)
        return [row.id for row in rows]

    async def write_at(self, at: datetime) -> UUID:
        """A new entry that bears this time; its id."""
        row = entry(self.tenant_id)
        row.at = at
        async with self.database.write(self.tenant_id) as session:
            session.add(row)
        return row.id

    async def seal(self, limit: int = 2_000) -> Sealed:
        async with self.database.write(self.tenant_id) as session:
            return await seal(session, self.tenant_id, limit=limit)

    async def sign(self) -> Head | None:
        async with self.database.write(self.tenant_id) as session:
            return await sign_head(session, self.tenant_id, self.keys)

    async def heads(self) -> list[SignedHead]:
        async with self.database.write(self.tenant_id) as session:
            return await heads_of(session, self.tenant_id)

    async def verify(self, *kept: SignedHead) -> Verified:
        async with self.database.write(self.tenant_id) as session:
            return await verify(session, self.tenant_id, self.keys, kept=kept)

    async def fault(self, *kept: SignedHead) -> tuple[Fault, int | None] | None:
        """What verifying finds first, and where."""
        found = (await self.verify(*kept)).finding
        return None if found is None else (found.fault, found.seq)

    async def places(self) -> list[UUID]:
        """The entries in the order of the chain."""
        rows = await self.owner.fetch(
            "select entry_id from audit_seal where tenant_id = $1 order by seq", self.tenant_id
        )
        return [row["entry_id"] for row in rows]

    async def standing(self, count: int = 12, heads: Sequence[int] = (5, 12)) -> list[UUID]:
        """A sealed trail of so many entries with heads after those; the entries in order."""
        for number in range(1, count + 1):
            await self.write()
            await self.seal()
            if number in heads:
                await self.sign()
        return await self.places()


def entry(tenant_id: UUID, number: int = 0) -> AuditEntry:
    """An entry as a use case leaves one."""
    return AuditEntry(
        tenant_id=tenant_id,
        id=uuid7(),
        at=now(),
        actor_kind="USER",
        actor_id=uuid7(),
        actor_name="dispatcher",
        action="case:dispatch",
        object_type="case",
        object_id=uuid7(),
        request_id=f"request-{number}",
        detail={"kind": "DISPATCHED", "version": number, "from": None, "told": ["grid_chief"], "late": number % 2 == 0},
    )


@pytest.fixture
async def trail(database: Database, db_urls: DatabaseUrls, tenant: TenantInfo) -> AsyncIterator[Trail]:
    """An empty trail."""
    owner = await asyncpg.connect(db_urls.owner)
    await owner.execute("select force_tenant_rls(false)")
    yield Trail(tenant.id, database, owner)
    await owner.close()
