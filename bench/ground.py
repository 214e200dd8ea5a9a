"""What every bench stands on: services of its own, the migrated schema, the filled data set, and one account."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from bench.console import say
from migrations import roles, runner
from server.accounts import passwords
from server.embedded import services
from server.onboarding.service import onboard_shipped
from server.settings import Settings
from server.supervisor.addresses import connected, secret_of
from tenants.ids import uuid7

CITY = "huangshan"
USERNAME = "bench"
PASSWORD = "quiet-river-crosses-nine-bridges"  # noqa: S105 - of the bench's own data, which hold nothing real
_HERE = Path(__file__).parent
_FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Ground:
    """Addresses and names of the running bench. ``admin_url`` is a superuser's, for EXPLAIN and ANALYZE only."""

    data: Path
    settings: Settings
    admin_url: str
    tenant_id: UUID

    @property
    def app_url(self) -> str:
        """The database as the application's role, which is under row security."""
        if self.settings.database_url is None:
            raise TypeError
        return self.settings.database_url


@contextmanager
def standing(data: Path) -> Iterator[services.Services]:
    """PostgreSQL and Valkey in the bench's directory, until the block ends. They need not survive a crash."""
    with services.run(data, progress=say, durable=False) as found:
        yield found


async def prepare(data: Path, running: services.Services) -> Ground:
    """Migrate and fill what is not there yet: minutes the first time, a second afterwards.

    The database is named after what it is made from, so a changed migration or data set makes a new one; the old one
    is dropped.
    """
    name = f"bench_{_fingerprint()}"
    base = Settings.model_construct(data=data)
    secret = secret_of(base)
    await _drop_others(running.database_admin_url, name)
    urls = await roles.prepare(running.database_admin_url, secret=secret.get_secret_value(), database=name)
    settings = connected(base, urls, running.redis_url, SecretStr(secret.get_secret_value()))
    admin_url = make_url(running.database_admin_url).set(database=name).render_as_string(hide_password=False)
    admin = await asyncpg.connect(admin_url)
    try:
        if not await _is_filled(admin):
            started = time.monotonic()
            say("migrating, bringing five cities on board")
            await runner.upgrade(urls.owner)
            await onboard_shipped(settings, lambda _slug: None)
            await _fill(admin, name)
            say(f"filled in {time.monotonic() - started:.0f} s")
        tenant_id: UUID = await admin.fetchval("select id from tenant where slug = $1", CITY)
    finally:
        await admin.close()
    return Ground(data, settings, admin_url, tenant_id)


async def _fill(admin: asyncpg.Connection[asyncpg.Record], name: str) -> None:
    say("filling: 100,000 cases with their history")
    await admin.execute((_HERE / "fill.sql").read_text(encoding="utf-8"))
    await _account(admin)
    say("analyzing")
    await admin.execute("vacuum (analyze)")
    await admin.execute("checkpoint")
    await admin.execute(f"comment on database \"{name}\" is '{_FILLED}'")


async def _account(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    """A dispatcher of the whole city, with a password."""
    password_hash = await passwords.hash_password(PASSWORD)
    tenant_id, root_id, path = await admin.fetchrow(
        "select t.id, o.id, o.path from tenant t join organization o on o.tenant_id = t.id and o.parent_id is null "
        "where t.slug = $1",
        CITY,
    ) or (None, None, None)
    member_id = uuid7()
    await admin.execute(
        "insert into member (tenant_id, id, organization_id, path, name, status, created_at) "
        "values ($1, $2, $3, $4, '调度员', 'ACTIVE', now())",
        *(tenant_id, member_id, root_id, path),
    )
    await admin.execute(
        "insert into appointment (tenant_id, id, member_id, role, scope, starts_on, created_at) "
        "values ($1, $2, $3, 'dispatcher', 'TENANT', date '2022-01-01', now())",
        *(tenant_id, uuid7(), member_id),
    )
    await admin.execute(
        "insert into account (tenant_id, id, username, password_hash, member_id, operator, status, created_at) "
        "values ($1, $2, $3, $4, $5, false, 'ACTIVE', now())",
        *(tenant_id, uuid7(), USERNAME, password_hash, member_id),
    )


async def _is_filled(admin: asyncpg.Connection[asyncpg.Record]) -> bool:
    comment = await admin.fetchval(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    )
    return bool(comment == _FILLED)


async def _drop_others(admin_url: str, name: str) -> None:
    """Drop bench databases made from something else, and the one of this name if its filling was cut off."""
    admin = await asyncpg.connect(admin_url)
    try:
        rows = await admin.fetch(
            "select datname from pg_database where datname like 'bench\\_%' "
            "and (datname <> $1 or shobj_description(oid, 'pg_database') is distinct from $2)",
            *(name, _FILLED),
        )
        for row in rows:
            await admin.execute(f'drop database "{row["datname"]}" with (force)')
    finally:
        await admin.close()


def _fingerprint() -> str:
    """Of the migrations, the data set, and this file, which makes the account."""
    made_from = [*sorted((_HERE.parent / "migrations").rglob("*.py")), _HERE / "fill.sql", Path(__file__)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in made_from)).hexdigest()[:16]
