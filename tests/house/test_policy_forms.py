"""Both forms of the policy: tables of before are altered, Citus gets the one it takes, and nothing is open in between."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations import runner
from migrations.roles import DatabaseUrls
from tenants import rls
from tests.house.lints import catalog
from tests.house.lints.catalog import ONCE, PLAIN, Connection
from tests.house.lints.sources import ROOT

REVISION = "0009"
# What of Citus matters here, as 13 and 14 do it: a distributed table's policies hold no subquery, before or after.
CITUS = """
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  values (99999, 'citus', 10, 'public'::regnamespace, false, '14.0');
create table citus_tables (table_name regclass, citus_table_type text);
grant select, insert on citus_tables to civicgrid_owner;
create function create_distributed_table(tbl regclass, col text, colocate_with text) returns void language plpgsql as $$
begin
  if exists (select 1 from pg_policy where polrelid = tbl and polqual::text || polwithcheck::text like '%SUBLINK%') then
    raise feature_not_supported using message = 'cannot create policy';
  end if;
  insert into citus_tables values (tbl, 'distributed');
end $$
"""


async def test_rule_08_a_database_of_before_gets_the_form_of_today(db_urls: DatabaseUrls, owner: Connection) -> None:
    await _as_before(owner)
    assert await _forms(owner) == dict.fromkeys(await catalog.tenant_tables(owner), (PLAIN, PLAIN))
    await runner.upgrade(db_urls.owner, revision=REVISION)
    assert await _forms(owner) == dict.fromkeys(await catalog.tenant_tables(owner), (ONCE, ONCE))


async def test_rule_08_the_way_back_leaves_every_table_closed_by_the_plain_form(
    db_urls: DatabaseUrls, owner: Connection
) -> None:
    engine = create_async_engine(make_url(db_urls.owner).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_back)
    finally:
        await engine.dispose()
    assert await _forms(owner) == dict.fromkeys(await catalog.tenant_tables(owner), (PLAIN, PLAIN))


async def test_rule_08_a_table_has_the_plain_form_before_it_is_distributed(
    owner: Connection, superuser: Connection
) -> None:
    assert await owner.fetchval("select app_distribute('case')") == "plain"
    assert set((await _forms(owner)).values()) == {(ONCE, ONCE)}
    await superuser.execute(CITUS)
    for done, table in enumerate(await catalog.tenant_tables(owner)):
        if table == "citus_tables":
            continue
        assert (await _forms(owner))[table] == (ONCE, ONCE), done
        assert await owner.fetchval("select app_distribute($1)", f'"{table}"') == "citus"
        assert (await _forms(owner))[table] == (PLAIN, PLAIN), table
    assert set((await _forms(owner)).values()) == {(PLAIN, PLAIN)}
    assert await owner.fetchval("select app_distribute('case')") == "citus"  # again: nothing is left to do


@pytest.mark.parametrize(("citus", "form"), [(False, ONCE), (True, PLAIN)])
async def test_rule_08_a_new_table_has_the_form_its_database_takes(
    owner: Connection, superuser: Connection, *, citus: bool, form: str
) -> None:
    if citus:
        await superuser.execute(CITUS)
    await owner.execute("create table invented (tenant_id uuid not null)")
    await owner.execute("select app_distribute('invented')")
    for statement in rls.enable_statements("invented"):
        await owner.execute(statement)
    assert (await _forms(owner))["invented"] == (form, form)


async def test_rule_08_only_the_owner_changes_a_policy_that_is_there(db_urls: DatabaseUrls, owner: Connection) -> None:
    for url in (db_urls.app, db_urls.operator):
        connection = await asyncpg.connect(url)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="must be owner"):
                await connection.execute("select app_isolate('case')")
        finally:
            await connection.close()
    await owner.execute("create table invented (tenant_id uuid not null)")
    with pytest.raises(asyncpg.UndefinedObjectError, match="tenant_isolation"):
        await owner.execute("select app_isolate('invented')")


async def _forms(connection: Connection) -> dict[str, tuple[str, str]]:
    rows = await connection.fetch(
        "select tablename, qual, with_check from pg_policies where policyname = 'tenant_isolation'"
    )
    return {row["tablename"]: (row["qual"], row["with_check"]) for row in rows}


async def _as_before(owner: Connection) -> None:
    """The policies and functions as revision 0008 left them."""
    for table in await catalog.tenant_tables(owner):
        await owner.execute(
            f'alter policy tenant_isolation on "{table}" using ({rls.PLAIN}) with check ({rls.PLAIN})',
        )
    await owner.execute("drop function app_isolate")
    await owner.execute("update alembic_version set version_num = '0008'")


def _back(connection: SyncConnection) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    revision: Any = ScriptDirectory.from_config(config).get_revision(REVISION)
    with Operations.context(MigrationContext.configure(connection)):
        revision.module.downgrade()
