"""Every tenant table is behind row security, nobody who serves requests can step around it, and it really closes."""

# ruff: noqa: S608 - names come from the catalog itself

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from tenants import rls
from tenants.ids import uuid7
from tests.house.lints import catalog
from tests.house.lints.catalog import GLOBAL, Connection

SERVING = (rls.APP, rls.OPERATOR)
APPEND_ONLY = {
    "access_log",
    "audit_entry",
    "audit_head",
    "audit_seal",
    "case_event",
    "event",
    "list_event",
    "sealed_access",
    "sealed_event",
    "tenant_manifest",
}
CONFIGURATION = {"policy_rule", "tenant_manifest", "trusted_document"}
LISTED_BY_OPERATOR = {"due_work": "the worker's tick asks which cities have work before it enters one"}
DENIED = (asyncpg.InsufficientPrivilegeError,)
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
INVENTED: dict[str, Callable[[], object]] = {
    "uuid": uuid7,
    "text": lambda: "x",
    "text[]": lambda: ["x"],
    "integer": lambda: 1,
    "smallint": lambda: 1,
    "bigint": lambda: 1,
    "double precision": lambda: 1.0,
    "numeric": lambda: 1,
    "boolean": lambda: True,
    "date": lambda: date(2026, 3, 2),
    "timestamp with time zone": lambda: NOW,
    "jsonb": lambda: json.dumps({}),
    "bytea": lambda: b"x",
}


async def test_a_table_without_a_tenant_is_global_for_a_reason(owner: Connection) -> None:
    columns = "select relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
    with_tenant = set(
        await catalog.words(owner, f"{columns} where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'")
    )
    assert set(await catalog.tables(owner)) - with_tenant == set(GLOBAL)
    assert len(with_tenant) > 20


async def test_row_security_is_enabled_and_forced_on_every_tenant_table(owner: Connection) -> None:
    rows = await owner.fetch(
        "select relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) as owner from pg_class c "
        f"join pg_namespace n on n.oid = c.relnamespace where {catalog.OURS}",
    )
    by_name = {row["relname"]: (row["relrowsecurity"], row["relforcerowsecurity"], row["owner"]) for row in rows}
    expected = {name: (name not in GLOBAL, name not in GLOBAL, rls.OWNER) for name in by_name}
    assert by_name == expected


async def test_rule_08_every_tenant_table_has_one_policy_of_one_comparison(owner: Connection) -> None:
    rows = await owner.fetch(
        "select tablename, policyname, permissive, roles::text[] as roles, cmd, qual, with_check from pg_policies "
        "where schemaname = 'public'",
    )
    found = {tuple(tuple(value) if isinstance(value, list) else value for value in row.values()) for row in rows}
    isolation = {
        (table, "tenant_isolation", "PERMISSIVE", ("public",), "ALL", catalog.ONCE, catalog.ONCE)
        for table in await catalog.tenant_tables(owner)
    }
    listing = {
        (table, "operator_lists", "PERMISSIVE", (rls.OPERATOR,), "SELECT", "true", None) for table in LISTED_BY_OPERATOR
    }
    assert found == isolation | listing


async def test_rule_09_force_is_switched_for_all_tables_by_one_function(owner: Connection) -> None:
    forced = "select relname from pg_class where relforcerowsecurity order by 1"
    tenant_tables = await catalog.tenant_tables(owner)
    assert await owner.fetchval("select force_tenant_rls(false)") == len(tenant_tables)
    assert await catalog.words(owner, forced) == []
    assert await owner.fetchval("select force_tenant_rls(true)") == len(tenant_tables)
    assert await catalog.words(owner, forced) == tenant_tables


@pytest.mark.parametrize("role", SERVING)
async def test_rule_10_serving_roles_have_no_power_of_their_own(owner: Connection, role: str) -> None:
    row = await owner.fetchrow(
        "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolinherit, rolcanlogin "
        "from pg_roles where rolname = $1",
        role,
    )
    assert row is not None
    assert tuple(row.values()) == (False, False, False, False, False, False, True)
    memberships = "select count(*) from pg_auth_members where member = $1::regrole"
    assert await owner.fetchval(memberships.replace("$1", f"'{role}'")) == 0
    owned = f"select count(*) from pg_shdepend where refobjid = '{role}'::regrole and deptype = 'o'"
    assert await owner.fetchval(owned) == 0
    for privilege in ("CREATE", "USAGE"):
        held = await owner.fetchval(f"select has_schema_privilege('{role}', 'public', '{privilege}')")
        assert held is (privilege == "USAGE")
    assert await owner.fetchval(f"select has_database_privilege('{role}', current_database(), 'CREATE')") is False


@pytest.mark.parametrize("role", SERVING)
async def test_rule_10_serving_roles_hold_exactly_the_rights_they_need(owner: Connection, role: str) -> None:
    expected: dict[str, set[str]] = {}
    for table in await catalog.tenant_tables(owner):
        rights = {"SELECT", "INSERT", "UPDATE", "DELETE"}
        if table in APPEND_ONLY:
            rights -= {"UPDATE", "DELETE"}
        if table in CONFIGURATION and role == rls.APP:
            rights -= {"INSERT", "UPDATE", "DELETE"}
        expected[table] = rights
    expected["tenant"] = {"SELECT"} if role == rls.APP else {"SELECT", "INSERT", "UPDATE"}
    assert await catalog.grants(owner, role) == expected


async def test_nobody_else_holds_a_right(owner: Connection) -> None:
    assert await catalog.grants(owner, "PUBLIC") == {}
    grantees = (
        "select distinct coalesce(r.rolname, 'PUBLIC') from pg_class c join pg_namespace n on n.oid = c.relnamespace, "
        f"lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee where {catalog.OURS} order by 1"
    )
    assert await catalog.words(owner, grantees) == sorted([rls.APP, rls.OPERATOR, rls.OWNER])
    by_column = "select attrelid::regclass from pg_attribute where attacl is not null and attrelid > 16384"
    assert await catalog.words(owner, by_column) == []


async def test_functions_run_with_the_callers_rights(owner: Connection, db_urls: DatabaseUrls) -> None:
    """But for one: the history of a case that has ended is erased by it, so that nobody need be let change histories."""
    rows = await owner.fetch("select proname, prosecdef from pg_proc where pronamespace = 'public'::regnamespace")
    assert {row["proname"]: row["prosecdef"] for row in rows} == {
        "app_distribute": False,
        "app_erase_history": True,
        "app_isolate": False,
        "force_tenant_rls": False,
        "set_tenant": False,
    }
    for url in (db_urls.app, db_urls.operator):
        connection = await asyncpg.connect(url)
        try:
            with pytest.raises(DENIED):
                await connection.execute("select force_tenant_rls(false)")
        finally:
            await connection.close()


@pytest.mark.parametrize("role", SERVING)
async def test_without_a_tenant_every_table_is_empty_and_closed(
    superuser: Connection, db_urls: DatabaseUrls, role: str
) -> None:
    tenant_id, _other = await _fill(superuser)
    connection = await _connect(db_urls, role)
    try:
        for table in await catalog.tenant_tables(superuser):
            listed = role == rls.OPERATOR and table in LISTED_BY_OPERATOR
            assert await connection.fetchval(f'select count(*) from "{table}"') == (2 if listed else 0), table
            assert await _changed(connection, f'update "{table}" set tenant_id = tenant_id') == 0, table
            assert await _changed(connection, f'delete from "{table}"') == 0, table
            with pytest.raises(DENIED):
                await _copy(connection, superuser, table, tenant_id)
    finally:
        await connection.close()


@pytest.mark.parametrize("role", SERVING)
async def test_inside_a_tenant_no_table_shows_or_takes_a_row_of_another(
    superuser: Connection, db_urls: DatabaseUrls, role: str
) -> None:
    mine, other = await _fill(superuser)
    connection = await _connect(db_urls, role)
    try:
        for table in await catalog.tenant_tables(superuser):
            async with connection.transaction():
                await connection.execute("select set_tenant($1)", mine)
                listed = role == rls.OPERATOR and table in LISTED_BY_OPERATOR
                seen = await catalog.words(connection, f'select tenant_id from "{table}"')
                assert sorted(seen) == sorted([str(mine), *([str(other)] if listed else [])]), table
                with pytest.raises(DENIED):
                    async with connection.transaction():
                        await connection.execute(f'update "{table}" set tenant_id = $1', other)
                with pytest.raises(DENIED):
                    async with connection.transaction():
                        await _copy(connection, superuser, table, other)
                await _changed(connection, f'delete from "{table}"')
            left = await superuser.fetchval(f'select count(*) from "{table}" where tenant_id = $1', other)
            assert left == 1, table
    finally:
        await connection.close()


async def _connect(urls: DatabaseUrls, role: str) -> Connection:
    return await asyncpg.connect(urls.app if role == rls.APP else urls.operator)


async def _changed(connection: Connection, statement: str) -> int:
    """How many rows a statement changed; none when the role lacks the right."""
    try:
        async with connection.transaction():
            status = await connection.execute(statement)
    except DENIED:
        return 0
    return int(status.split()[-1])


async def _fill(superuser: Connection) -> tuple[UUID, UUID]:
    """Two tenants with a row in every table. Row security asks for no other constraint, so these are dropped first."""
    rows = await superuser.fetch(
        "select conrelid::regclass::text as relation, conname from pg_constraint "
        "where contype in ('c', 'f') and connamespace = 'public'::regnamespace",
    )
    for row in rows:
        await superuser.execute(f'alter table {row["relation"]} drop constraint "{row["conname"]}"')
    tenant_id, other = uuid7(), uuid7()
    for table in await catalog.tenant_tables(superuser):
        for owner_id in (tenant_id, other):
            await _insert(superuser, superuser, table, owner_id)
    return tenant_id, other


async def _copy(connection: Connection, superuser: Connection, table: str, tenant_id: UUID) -> None:
    await _insert(connection, superuser, table, tenant_id)


async def _insert(connection: Connection, superuser: Connection, table: str, tenant_id: UUID) -> None:
    """Insert a row with an invented value in every column that must have one."""
    columns = await superuser.fetch(
        "select attname, format_type(atttypid, null) as type from pg_attribute "
        "where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attnotnull order by attnum",
        f'"{table}"',
    )
    values = [tenant_id if row["attname"] == "tenant_id" else INVENTED[row["type"]]() for row in columns]
    names = ", ".join(f'"{row["attname"]}"' for row in columns)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await connection.execute(f'insert into "{table}" ({names}) values ({places})', *values)
