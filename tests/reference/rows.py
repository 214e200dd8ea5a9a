"""Everything a city's tables hold, as plain dictionaries: one select per table, as the superuser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson

Row = dict[str, Any]

TABLES = (
    "account",
    "activity",
    "activity_sign_up",
    "api_key",
    "application",
    "appointment",
    "attachment",
    "case",
    "case_allegation",
    "case_event",
    "case_hold",
    "case_message",
    "case_task",
    "deadline_run",
    "grid",
    "grid_assignment",
    "hour_entry",
    "invitation",
    "linked_identity",
    "list_event",
    "list_measure",
    "list_problem",
    "list_responsibility",
    "list_result",
    "member",
    "organization",
    "policy_rule",
    "posting",
    "publication",
    "published_case",
    "resident",
    "volunteer",
)


@dataclass(slots=True, repr=False)
class World:
    """One city: its row of the registry, and its rows by table."""

    tenant: Row
    tables: Mapping[str, list[Row]]
    _by: dict[tuple[str, str], dict[object, list[Row]]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, in no order."""
        return self.tables[table]

    def where(self, table: str, column: str, value: object) -> list[Row]:
        """The rows whose column holds the value; none for null."""
        if (table, column) not in self._by:
            groups: dict[object, list[Row]] = {}
            for row in self.tables[table]:
                groups.setdefault(row[column], []).append(row)
            self._by[table, column] = groups
        return [] if value is None else self._by[table, column].get(value, [])

    def one(self, table: str, id_: UUID | None) -> Row | None:
        """The row with the id."""
        return next(iter(self.where(table, "id", id_)), None)


async def load(url: str, slug: str) -> World:
    """Read a city. ``url`` is of a role that row security does not bind."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        for kind in ("json", "jsonb"):
            await connection.set_type_codec(kind, schema="pg_catalog", encoder=str, decoder=orjson.loads)
        tenant = dict(await connection.fetchrow("select * from tenant where slug = $1", slug) or {})
        tables = {
            table: [
                {name: _plain(value) for name, value in row.items()}
                for row in await connection.fetch(f'select * from "{table}" where tenant_id = $1', tenant["id"])  # noqa: S608 - our own names
            ]
            for table in TABLES
        }
    finally:
        await connection.close()
    return World(tenant, tables)


def _plain(value: Any) -> Any:
    """The driver's own kind of UUID as the standard library's."""
    return UUID(int=value.int) if isinstance(value, UUID) else value
