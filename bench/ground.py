"""What every bench stands on: services of its own, the migrated schema, the filled data set, and one account."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bench.accounts import Post, appoint
from bench.cities import CITY, City, plant, small
from bench.console import say
from migrations import roles, runner
from server.embedded import services
from server.onboarding.service import onboard_shipped
from server.search.filling import fill
from server.settings import Settings
from server.supervisor.addresses import connected, secret_of

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
def standing(data: Path, *, durable: bool = False) -> Iterator[services.Services]:
    """PostgreSQL and Valkey in the bench's directory, until the block ends. Unless ``durable``, a crash may lose data."""
    with services.run(data, progress=say, durable=durable) as found:
        yield found


async def prepare(
    data: Path, running: services.Services, *, kind: str = "bench", cities: Sequence[City] = ()
) -> Ground:
    """Migrate and fill what is not there yet: minutes the first time, a second afterwards.

    The database is named after its kind and what it is made from, so a changed migration or data set makes a new one;
    the old one of that kind is dropped.
    """
    planned = cities or small()
    name = f"{kind}_{_fingerprint(planned)}"
    base = Settings.model_construct(data=data)
    secret = secret_of(base)
    await _drop_others(running.database_admin_url, kind, name)
    urls = await roles.prepare(running.database_admin_url, secret=secret.get_secret_value(), database=name)
    settings = connected(base, urls, running.redis_url, SecretStr(secret.get_secret_value()))
    admin_url = make_url(running.database_admin_url).set(database=name).render_as_string(hide_password=False)
    admin = await asyncpg.connect(admin_url)
    try:
        if not await _is_filled(admin):
            started = time.monotonic()
            say("migrating, bringing the shipped cities on board")
            await runner.upgrade(urls.owner)
            await onboard_shipped(settings, lambda _slug: None)
            await _fill(admin, name, admin_url, planned)
            say(f"filled in {time.monotonic() - started:.0f} s")
        tenant_id: UUID = await admin.fetchval("select id from tenant where slug = $1", CITY)
    finally:
        await admin.close()
    return Ground(data, settings, admin_url, tenant_id)


def renamed(found: Ground, database: str) -> Ground:
    """The same ground with another database of the same server, whose roles and people are the same."""

    def at(url: str | None) -> str:
        if url is None:
            raise TypeError
        return make_url(url).set(database=database).render_as_string(hide_password=False)

    names = ("database_url", "owner_database_url", "operator_database_url")
    settings = found.settings.model_copy(update={name: at(getattr(found.settings, name)) for name in names})
    return Ground(found.data, settings, at(found.admin_url), found.tenant_id)


async def _fill(admin: asyncpg.Connection[asyncpg.Record], name: str, admin_url: str, cities: Sequence[City]) -> None:
    say(f"filling: {sum(city.cases for city in cities):,} cases with their history in {len(cities)} cities")
    await plant(admin, cities)
    await appoint(admin, CITY, [Post(USERNAME, "dispatcher")], PASSWORD)
    await _make_searchable(admin_url)
    say("analyzing")
    for _ in range(2):  # the first may find rows of a moment ago that it may not take for seen by all yet
        await admin.execute("vacuum (freeze, analyze)")
    await admin.execute("checkpoint")
    size = await admin.fetchval("select pg_database_size(current_database())")
    say(f"{size / 2**30:.1f} GiB")
    await admin.execute(f"comment on database \"{name}\" is '{_FILLED}'")


async def _make_searchable(admin_url: str) -> None:
    """Let things of the asked city be found by their words; nobody searches in the others."""
    engine = create_async_engine(make_url(admin_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            tenant_id = await connection.scalar(text("select id from tenant where slug = :slug").bindparams(slug=CITY))
            say(f"{await connection.run_sync(fill, tenant_id):,} things can be searched")
    finally:
        await engine.dispose()


async def _is_filled(admin: asyncpg.Connection[asyncpg.Record]) -> bool:
    comment = await admin.fetchval(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    )
    return bool(comment == _FILLED)


async def _drop_others(admin_url: str, kind: str, name: str) -> None:
    """Drop this kind's databases made from something else, and the one of this name if its filling was cut off."""
    admin = await asyncpg.connect(admin_url)
    try:
        rows = await admin.fetch(
            "select datname from pg_database where starts_with(datname, $1) "
            "and (datname <> $2 or shobj_description(oid, 'pg_database') is distinct from $3)",
            *(f"{kind}_", name, _FILLED),
        )
        for row in rows:
            await admin.execute(f'drop database "{row["datname"]}" with (force)')
    finally:
        await admin.close()


def _fingerprint(cities: Sequence[City]) -> str:
    """Of the migrations, the data set, and the files that make it."""
    own = [_HERE / name for name in ("places.sql", "cases.sql", "cities.py", "accounts.py")]
    made_from = [*sorted((_HERE.parent / "migrations").rglob("*.py")), *own]
    parts = [*(file.read_bytes() for file in made_from), repr(cities).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
