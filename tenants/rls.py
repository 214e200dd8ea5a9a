"""Row-level security as SQL: one policy per tenant table, fail-closed, the same on plain PostgreSQL and on Citus.

The policy is one comparison with a setting; an unset or empty setting is NULL and matches no row. On plain PostgreSQL
the setting is read in a scalar subquery: once per scan's place in a plan, not each time the scan starts over (ADR 0007).
Citus refuses subqueries in policies of distributed tables (citus.md rule 8), so where it is installed the setting is
compared with plainly. FORCE is switched for all tables by one function, because forced tables cannot be moved between
Citus nodes (rule 9).
"""

from __future__ import annotations

SETTING = "app.tenant_id"
OWNER = "civicgrid_owner"
APP = "civicgrid_app"
OPERATOR = "civicgrid_operator"

CURRENT_TENANT = f"nullif(current_setting('{SETTING}', true), '')::uuid"
ONCE = f"tenant_id = (select {CURRENT_TENANT})"
PLAIN = f"tenant_id = {CURRENT_TENANT}"

SET_TENANT = f"""
create or replace function set_tenant(tenant uuid) returns void language plpgsql as $$
begin execute format('set local {SETTING} = %L', tenant); end $$
"""

FORCE_ALL = """
create or replace function force_tenant_rls(forced boolean) returns integer language plpgsql as $$
declare t regclass; n integer := 0;
begin
  for t in select c.oid::regclass from pg_class c join pg_namespace s on s.oid = c.relnamespace
           where s.nspname = current_schema() and c.relkind in ('r', 'p') and c.relrowsecurity loop
    execute format('alter table %s %s row level security', t, case when forced then 'force' else 'no force' end);
    n := n + 1;
  end loop;
  return n;
end $$
"""

ISOLATE = f"""
create or replace function app_isolate(tbl text) returns void language plpgsql as $$
declare own text := $own${ONCE}$own$;
begin
  if exists (select 1 from pg_extension where extname = 'citus') then own := $own${PLAIN}$own$; end if;
  execute format('alter policy tenant_isolation on %s using (%s) with check (%s)', tbl::regclass, own, own);
end $$
"""  # noqa: S608 - made of this file's own constants
"""Give a table's policy the form that its database takes. Errors: undefined_object for a table without the policy."""

DISTRIBUTE = """
create or replace function app_distribute(tbl text, kind text default 'tenant') returns text language plpgsql as $$
declare cur text;
begin
  if not exists (select 1 from pg_extension where extname = 'citus') then return 'plain'; end if;
  execute 'select citus_table_type from citus_tables where table_name = $1::regclass' into cur using tbl;
  if kind = 'reference' then
    if cur is distinct from 'reference' then execute 'select create_reference_table($1)' using tbl; end if;
  elsif cur is distinct from 'distributed' then
    if exists (select 1 from pg_policy where polrelid = tbl::regclass and polname = 'tenant_isolation') then
      perform app_isolate(tbl);
    end if;
    execute format('select create_distributed_table($1::regclass, ''tenant_id'', colocate_with => %L)',
                   case when tbl = 'organization' then 'none' else 'organization' end) using tbl;
  end if;
  return 'citus';
end $$
"""


def enable_statements(table: str, *, force: bool = True) -> tuple[str, ...]:
    """The statements that put one tenant table under row security and let app and operator use it.

    Neither role may truncate, and neither owns the table. The operator role is bound by the same policy: it works in
    one tenant at a time, like everybody else. The policy is made in the form that every database takes.
    """
    quoted = f'"{table}"'
    statements = [
        f"alter table {quoted} enable row level security",
        f"create policy tenant_isolation on {quoted} using ({PLAIN}) with check ({PLAIN})",
        f"select app_isolate('{table}')",
        f"grant select, insert, update, delete on {quoted} to {APP}, {OPERATOR}",
    ]
    if force:
        statements.insert(1, f"alter table {quoted} force row level security")
    return tuple(statements)


def append_only_statements(table: str) -> tuple[str, ...]:
    """Take back the rights to change or remove rows: logs are only ever appended to."""
    return (f'revoke update, delete on "{table}" from {APP}, {OPERATOR}',)


def operator_lists(table: str) -> tuple[str, ...]:
    """Let the operator role see the rows of all tenants in this table, to list who has work (never to change it)."""
    return (f'create policy operator_lists on "{table}" for select to {OPERATOR} using (true)',)


def configuration_statements(table: str) -> tuple[str, ...]:
    """Let only the operator write: the web process reads a city's configuration and can never change it."""
    return (f'revoke insert, update, delete on "{table}" from {APP}',)
