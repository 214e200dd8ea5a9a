"""What stands in a city's tables: fingerprints to tell whether anything has changed, and ids to ask with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Text, any_, cast, func, select

from server.tables import metadata
from tenants.sessions import Database
from tenants.sets import ids_of

Fingerprints: TypeAlias = Mapping[str, tuple[int, int]]
"""Rows and the sum of their hashes, by table."""

_MOST = 60


async def fingerprints(database: Database, tenant_id: UUID) -> Fingerprints:
    """Of every table of a city, as it stands in one transaction."""
    found: dict[str, tuple[int, int]] = {}
    async with database.write(tenant_id) as session:
        for table in metadata.sorted_tables:
            if "tenant_id" not in table.c:
                continue
            text = cast(table.table_valued(), Text)
            hashes = func.coalesce(func.sum(func.hashtextextended(text, 0)), 0)
            counted = select(func.count(), hashes).select_from(table).where(table.c.tenant_id == tenant_id)
            row = (await session.execute(counted)).one()
            found[table.name] = (row[0], int(row[1]))
    return found


def changed(before: Fingerprints, after: Fingerprints) -> frozenset[str]:
    """The tables in which a row has come, gone or changed."""
    return frozenset(name for name in before if before[name] != after[name])


async def some_ids(database: Database, tenant_id: UUID, table: str) -> list[UUID]:
    """Up to 60 rows of a table of one city, well mixed and the same each time."""
    rows = metadata.tables[table]
    mixed = func.md5(cast(rows.c.id, Text))
    statement = select(rows.c.id).where(rows.c.tenant_id == tenant_id).order_by(mixed).limit(_MOST)
    async with database.write(tenant_id) as session:
        return list(await session.scalars(statement))


async def versions(database: Database, tenant_id: UUID, table: str, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """The versions of rows; of a table without versions none."""
    rows = metadata.tables[table]
    if "version" not in rows.c:
        return {}
    wanted = select(rows.c.id, rows.c.version).where(rows.c.tenant_id == tenant_id, rows.c.id == any_(ids_of(ids)))
    async with database.write(tenant_id) as session:
        return {row.id: row.version for row in await session.execute(wanted)}
