"""The three database roles, prepared by an administrator's login.

civicgrid_owner owns the tables and runs migrations; civicgrid_app (web, worker) and civicgrid_operator (tenant life
cycle, listing who has work) own nothing, have no BYPASSRLS and cannot create or truncate anything.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

import asyncpg
from sqlalchemy.engine import make_url

from tenants import rls

ROLES = (rls.OWNER, rls.APP, rls.OPERATOR)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One URL per role, for the same database."""

    owner: str
    app: str
    operator: str


async def prepare(admin_url: str, *, secret: str, database: str | None = None) -> DatabaseUrls:
    """Create the roles and the database if they are missing, set their passwords, and return their URLs.

    Passwords are derived from ``secret``, so a second run with the same secret changes nothing. ``admin_url`` must be
    a login that may create roles and databases; asyncpg.InsufficientPrivilegeError otherwise.
    """
    url = make_url(admin_url).set(drivername="postgresql")
    target = database or url.database or "civicgrid"
    passwords = {role: password_of(secret, role) for role in ROLES}
    admin = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        for role, password in passwords.items():
            await _role(admin, role, password)
        if not await admin.fetchval("select exists (select 1 from pg_database where datname = $1)", target):
            await admin.execute(f"create database \"{target}\" owner {rls.OWNER} encoding 'UTF8' template template0")
    finally:
        await admin.close()
    await _schema(url.set(database=target).render_as_string(hide_password=False))
    urls = {
        role: url.set(username=role, password=password, database=target).render_as_string(hide_password=False)
        for role, password in passwords.items()
    }
    return DatabaseUrls(owner=urls[rls.OWNER], app=urls[rls.APP], operator=urls[rls.OPERATOR])


async def _role(admin: asyncpg.Connection[asyncpg.Record], role: str, password: str) -> None:
    exists = await admin.fetchval("select exists (select 1 from pg_roles where rolname = $1)", role)
    verb = "alter" if exists else "create"
    await admin.execute(
        f"{verb} role {role} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit password '{password}'",
    )


async def _schema(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"alter schema public owner to {rls.OWNER}")
        await connection.execute("revoke create on schema public from public")
        await connection.execute(f"grant usage on schema public to {rls.APP}, {rls.OPERATOR}")
    finally:
        await connection.close()


def password_of(secret: str, role: str) -> str:
    """The password of a database role, derived from the platform's secret."""
    return hmac.new(secret.encode(), f"database-role:{role}".encode(), sha256).hexdigest()
