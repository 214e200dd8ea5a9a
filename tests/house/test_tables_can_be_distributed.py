"""What a catalog can show of the rules that let the tables be distributed by tenant, on plain PostgreSQL.

The numbers are those of the design's rules for a distributed database; rules 8 to 10 are beside this file, with the
policies and the roles.
"""

# ruff: noqa: S608 - names come from the catalog itself

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations.lint import statements
from migrations.metadata import metadata
from migrations.roles import DatabaseUrls
from tenants import rls
from tests.house.lints import catalog
from tests.house.lints.catalog import GLOBAL, Connection
from tests.house.lints.sources import ROOT

NO_ACTION, RESTRICT, CASCADE = "a", "r", "c"
LONGEST_NAME = 63
_DEFINITIONS = """
    select c.relname || ' ' || a.attname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
           || ' ' || coalesce(l.collname, '') || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_collation l on l.oid = a.attcollation left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    union all
    select c.relname || ' ' || k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_class c on c.oid = k.conrelid where k.connamespace = current_schema()::regnamespace
    and k.contype <> 'n'
    union all
    select t.relname || ' ' || c.relname, replace(pg_get_indexdef(i.indexrelid), current_schema() || '.', '')
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where c.relnamespace = current_schema()::regnamespace
"""


async def test_rule_01_every_tenant_table_starts_with_its_tenant(owner: Connection) -> None:
    rows = await owner.fetch(
        "select c.relname, a.attnum, a.attnotnull, format_type(a.atttypid, null) as type from pg_attribute a "
        f"join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace "
        f"where {catalog.OURS} and a.attname = 'tenant_id'",
    )
    found = {row["relname"]: (row["attnum"], row["attnotnull"], row["type"]) for row in rows}
    assert found == dict.fromkeys(await catalog.tenant_tables(owner), (1, True, "uuid"))


async def test_rule_01_every_table_has_a_primary_key_that_starts_with_its_tenant(owner: Connection) -> None:
    primary = {key.table: key.columns for key in await catalog.keys(owner) if key.kind == "p"}
    assert sorted(primary) == await catalog.tables(owner)
    assert [table for table, columns in primary.items() if columns[0] != "tenant_id" and table not in GLOBAL] == []
    narrow = [table for table, columns in primary.items() if len(columns) == 1]
    assert sorted(narrow) == sorted(GLOBAL)


async def test_rule_02_every_index_of_a_tenant_table_starts_with_the_tenant(owner: Connection) -> None:
    rows = await owner.fetch(
        "select t.relname, c.relname as index, i.indisunique, a.attname from pg_index i "
        "join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid "
        "left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0] "
        "where t.relnamespace = 'public'::regnamespace",
    )
    elsewhere = [row["index"] for row in rows if row["attname"] != "tenant_id" and row["relname"] not in GLOBAL]
    assert elsewhere == []
    assert sum(row["indisunique"] for row in rows) >= len(await catalog.tables(owner))


async def test_rule_02_no_exclusion_leaves_the_tenant_out(owner: Connection) -> None:
    exclusions = [key for key in await catalog.keys(owner) if key.kind == "x"]
    assert [key.name for key in exclusions if key.columns[0] != "tenant_id"] == []


async def test_rule_03_references_stay_within_the_tenant_or_name_it(owner: Connection) -> None:
    wrong = []
    for key in await catalog.keys(owner):
        if key.kind != "f":
            continue
        to_tenant = (key.target, key.columns, key.target_columns) == ("tenant", ("tenant_id",), ("id",))
        within = key.target not in GLOBAL and key.columns[0] == key.target_columns[0] == "tenant_id"
        if key.table in GLOBAL or not (to_tenant or within):
            wrong.append(key.name)
    assert wrong == []


async def test_rule_03_every_tenant_table_names_a_tenant_that_exists(owner: Connection) -> None:
    found = {key.table for key in await catalog.keys(owner) if key.kind == "f" and key.target == "tenant"}
    assert sorted(found) == await catalog.tenant_tables(owner)


async def test_rule_04_references_restrict_or_cascade(owner: Connection) -> None:
    keys = [key for key in await catalog.keys(owner) if key.kind == "f"]
    assert [key.name for key in keys if key.on_delete not in {NO_ACTION, RESTRICT, CASCADE}] == []
    assert [key.name for key in keys if key.on_update not in {NO_ACTION, RESTRICT}] == []


async def test_rule_11_there_are_no_triggers_and_no_rules(owner: Connection) -> None:
    assert await catalog.words(owner, "select tgname from pg_trigger where not tgisinternal") == []
    rules = "select r.rulename from pg_rewrite r join pg_class c on c.oid = r.ev_class"
    assert await catalog.words(owner, f"{rules} where c.relnamespace = 'public'::regnamespace") == []
    assert await catalog.words(owner, "select evtname from pg_event_trigger") == []


# Columns of tables that the release before writes without them; a constant is all it needs until it is gone.
WIDENED = {
    "audit_entry.outcome",
    "deadline_run.renewed",
    "deadline_run.renews",
    '"case".anonymous',
    '"case".on_behalf',
    '"case".origin',
    '"case".source',
    '"case".supervision',
    "sign_in_session.method",
}
# What the database makes of another column of the same row.
GENERATED = {"resident.phone_number"}


async def test_rule_15_no_number_comes_from_a_sequence(owner: Connection) -> None:
    others = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind"
    assert await catalog.words(owner, f"{others} = 'S'") == []
    columns = "select attrelid::regclass || '.' || attname from pg_attribute where attrelid > 16384 and"
    assert await catalog.words(owner, f"{columns} attidentity <> ''") == []
    # Values come from the application.
    assert set(await catalog.words(owner, f"{columns} atthasdef")) == WIDENED | GENERATED


async def test_rule_15_ids_are_uuids(owner: Connection) -> None:
    rows = await owner.fetch(
        "select c.relname || '.' || a.attname as column, format_type(a.atttypid, null) as type from pg_attribute a "
        f"join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace "
        f"where {catalog.OURS} and (a.attname = 'id' or a.attname like '%\\_id') and a.attnum > 0",
    )
    other = [row["column"] for row in rows if row["type"] != "uuid"]
    assert [column for column in other if not column.endswith(".request_id")] == []  # what a client or proxy called it
    assert len(rows) > 60


async def test_rule_22_there_are_no_views(owner: Connection) -> None:
    views = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')"
    assert await catalog.words(owner, views) == []


async def test_enumerations_are_texts_with_a_check(owner: Connection) -> None:
    """Comparing an enum is not leakproof: under row security its index would not be used."""
    types = "select typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd', 'r')"
    assert await catalog.words(owner, types) == []


async def test_rule_24_every_constraint_has_the_name_we_gave_it(owner: Connection) -> None:
    heads = {"p": "pk", "u": "uq", "f": "fk", "x": "ex"}
    for key in await catalog.keys(owner):
        if key.table == "alembic_version":
            continue
        full = f"{heads[key.kind]}_{key.table}_{'_'.join(key.columns)}"
        expected = f"pk_{key.table}" if key.kind == "p" else full
        assert key.name == expected
        assert len(key.name) <= LONGEST_NAME
    checks = "select conrelid::regclass::text, conname from pg_constraint where contype = 'c'"
    rows = await owner.fetch(f"{checks} and connamespace = 'public'::regnamespace")
    named = [(row[0].strip('"'), row[1]) for row in rows]
    assert [name for table, name in named if not name.startswith(f"ck_{table}_")] == []


def test_rule_24_a_tenant_table_is_made_in_the_order_that_can_be_distributed() -> None:
    """CREATE TABLE without references, distribute, named foreign keys, row security, grants."""
    made = [statement for statement in _statements() if (match := _CREATE.match(statement)) and match[1] not in GLOBAL]
    assert len(made) > 20
    for create in made:
        name = _named(create)
        assert "REFERENCES" not in create.upper(), name
        steps = [_step(statement, name) for statement in _statements()]
        order = [step for step in steps if step]
        phases = [step for place, step in enumerate(order) if place == 0 or step != order[place - 1]]
        assert phases[:7] == ["create", "distribute", "refer", "enable", "force", "policy", "grant"], name
        assert set(phases[7:]) <= {"refer"}, name  # a later revision may add a column that refers


def test_rule_24_an_alter_does_one_thing_and_renames_nothing() -> None:
    altering = [statement for statement in _statements() if statement.upper().startswith("ALTER TABLE")]
    assert [statement for statement in altering if "RENAME CONSTRAINT" in statement.upper()] == []
    assert [
        statement for statement in altering if len(re.findall(r"\b(?:ADD|DROP|ALTER) ", statement.upper())) > 2
    ] == []
    assert [statement for statement in altering if re.search(r",\s*(?:ADD|DROP|ALTER)\b", statement.upper())] == []


async def test_the_mapped_tables_are_the_tables_of_the_database(db_urls: DatabaseUrls, owner: Connection) -> None:
    assert sorted([*metadata.tables, "alembic_version"]) == await catalog.tables(owner)
    assert await _with_owner(db_urls, _differences) == []


async def test_columns_constraints_and_indexes_are_the_mapped_ones(
    db_urls: DatabaseUrls, superuser: Connection
) -> None:
    """The mapped tables are made a second time in a schema of their own, and both are compared to the letter."""
    database = await superuser.fetchval("select current_database()")
    await superuser.execute(f'grant create on database "{database}" to {rls.OWNER}')
    migrated, mapped = await _with_owner(db_urls, _both)
    assert {name: migrated.get(name) for name in mapped.keys() - migrated.keys()} == {}
    assert {name: definition for name, definition in migrated.items() if mapped.get(name) != definition} == {}


def test_every_module_of_tables_is_in_the_metadata() -> None:
    """Looked at in a process of its own: here, other tests have imported all of them."""
    program = "import sys, migrations.metadata; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    modules = [_module(path) for room in ("server", "tenants") for path in (ROOT / room).rglob("models.py")]
    assert [module for module in modules if module not in done.stdout.split()] == []


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


_CREATE = re.compile(r'CREATE TABLE "?(\w+)"?', re.IGNORECASE)


def _named(create: str) -> str:
    found = _CREATE.match(create)
    if found is None:
        pytest.fail(create)
    return found[1]


@cache
def _statements() -> list[str]:
    """Every statement of the revisions; bodies of functions are kept whole."""
    parts = re.split(r";\s*\n(?=\s*(?:\n|$|[A-Za-z-]))", _without_bodies(statements()))
    return [re.sub(r"^(?:\s*--[^\n]*\n)*", "", part.strip() + "\n").strip() for part in parts]


def _without_bodies(sql: str) -> str:
    return re.sub(r"\$\$.*?\$\$", "$$$$", sql, flags=re.DOTALL)


def _step(statement: str, table: str) -> str | None:
    """What a statement does to a table as a tenant table; None for other tables and later additions."""
    here = rf'"?{table}"?'
    forms = {
        "create": rf"CREATE TABLE {here}[ (]",
        "distribute": rf"select app_distribute\('{table}'\)",
        "refer": rf"ALTER TABLE {here} ADD CONSTRAINT fk_",
        "enable": rf"alter table {here} enable row level security",
        "force": rf"alter table {here} force row level security",
        "policy": rf"create policy tenant_isolation on {here} ",
        "grant": rf"(?:grant|revoke) .* on {here} (?:to|from) ",
    }
    return next((step for step, form in forms.items() if re.match(form, statement, re.IGNORECASE)), None)


async def _with_owner(urls: DatabaseUrls, look: Any) -> Any:
    engine = create_async_engine(make_url(urls.owner).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()


def _differences(connection: SyncConnection) -> list[Any]:
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    return found


def _both(connection: SyncConnection) -> tuple[dict[str, str], dict[str, str]]:
    migrated = _definitions(connection)
    connection.execute(text("create schema mapped"))
    connection.execute(text("set local search_path to mapped"))
    metadata.create_all(connection, checkfirst=False)
    mapped = _definitions(connection)
    connection.rollback()
    return {name: found for name, found in migrated.items() if not name.startswith("alembic_version ")}, mapped


def _definitions(connection: SyncConnection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(text(_DEFINITIONS))}
