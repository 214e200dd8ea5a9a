"""What the database's catalog says about our tables."""

# ruff: noqa: S608 - names come from the catalog itself

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

GLOBAL = {
    "tenant": "names and versions of the cities: the registry itself",
    "alembic_version": "which revision the database is at",
}
PLAIN = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
ONCE = "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS \"nullif\"))"
OURS = "n.nspname = 'public' and c.relkind in ('r', 'p')"


@dataclass(frozen=True, slots=True)
class Key:
    """A constraint with columns: contype of pg_constraint, columns in order, and what it refers to (foreign keys)."""

    table: str
    name: str
    kind: str
    columns: tuple[str, ...]
    target: str | None
    target_columns: tuple[str, ...]
    on_delete: str
    on_update: str


async def tables(connection: Connection) -> list[str]:
    """Every table of the product, the global ones included, in order."""
    return await words(
        connection,
        f"select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where {OURS} order by 1",
    )


async def tenant_tables(connection: Connection) -> list[str]:
    """Every table but the global ones."""
    return [table for table in await tables(connection) if table not in GLOBAL]


async def keys(connection: Connection) -> list[Key]:
    """Every primary, unique, exclusion and foreign key."""
    rows = await connection.fetch(
        f"""
        select c.relname, k.conname, k.contype::text, t.relname as target, k.confdeltype::text, k.confupdtype::text,
               array(select a.attname::text from unnest(k.conkey) with ordinality u(n, place)
                     join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.place) as columns,
               array(select a.attname::text from unnest(k.confkey) with ordinality u(n, place)
                     join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.place) as targets
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_class t on t.oid = k.confrelid
        where {OURS} and k.contype in ('p', 'u', 'x', 'f') order by 1, 2
        """,
    )
    return [
        Key(
            table=row["relname"],
            name=row["conname"],
            kind=row["contype"],
            columns=tuple(row["columns"]),
            target=row["target"],
            target_columns=tuple(row["targets"]),
            on_delete=row["confdeltype"].strip(),
            on_update=row["confupdtype"].strip(),
        )
        for row in rows
    ]


async def grants(connection: Connection, role: str) -> dict[str, set[str]]:
    """The privileges a role holds on each table (PUBLIC for everybody's)."""
    rows = await connection.fetch(
        f"""
        select c.relname, a.privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace,
               lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
        where {OURS} and coalesce(r.rolname, 'PUBLIC') = $1
        """,
        role,
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["relname"], set()).add(row["privilege_type"])
    return found


async def words(connection: Connection, query: str, *arguments: Any) -> list[str]:
    """The first column of a query as text."""
    return [str(row[0]) for row in await connection.fetch(query, *arguments)]
