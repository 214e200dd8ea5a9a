"""Fixtures for everybody: real PostgreSQL and Valkey, a migrated template database, a fresh clone per test.

Each xdist worker runs servers of its own. Tests connect as the application's role, never as owner or superuser.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
from sqlalchemy.engine import make_url

from migrations import roles, runner
from migrations.roles import DatabaseUrls
from server import logs
from server.embedded import services
from tenants.ids import uuid7
from tenants.manifest.default_roles import DEFAULT_ROLES
from tenants.models import PolicyRule, Tenant
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database
from tests.fixtures import memory

pytest_plugins = (
    "tests.fixtures.city",
    "tests.fixtures.live",
    "tests.fixtures.provider",
    "tests.house.lints.recorder",
    "tests.house.lints.findable",
    "tests.house.lints.audited",
)

logs.configure("WARNING")  # structlog's default prints the local variables of every frame

SECRET = "a secret for tests only, long enough for anybody"


def pytest_configure(config: pytest.Config) -> None:
    """Let properties be tested with the same examples every time; `make proof` looks for others."""
    hypothesis.settings.register_profile("the same", derandomize=True)
    if config.option.markexpr != "slow":
        hypothesis.settings.load_profile("the same")


@dataclass(frozen=True, slots=True)
class Template:
    """A database to clone from."""

    admin_url: str
    name: str

    def urls(self, database: str) -> DatabaseUrls:
        """The three roles' addresses of a clone."""
        passwords = {role: roles.password_of(SECRET, role) for role in roles.ROLES}
        url = make_url(self.admin_url).set(database=database)
        named = {
            role: url.set(username=role, password=password).render_as_string(hide_password=False)
            for role, password in passwords.items()
        }
        return DatabaseUrls(*(named[role] for role in roles.ROLES))

    async def clone(self) -> str:
        """The name of a new database with everything the template has."""
        name = f"test_{uuid4().hex}"
        await self.administer(f'create database "{name}" template "{self.name}" strategy file_copy')
        return name

    async def administer(self, statement: str) -> None:
        """Run one statement as the superuser."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def in_memory(request: pytest.FixtureRequest) -> Iterator[Path | None]:
    """Where the databases of our own server lie; None: on its disk, which the long forms of proofs may need."""
    is_long = any(item.get_closest_marker("slow") for item in request.session.items)
    if is_long or "CIVICGRID_TEST_DATABASE_URL" in os.environ:
        yield None
        return
    with memory.room() as folder:
        yield folder


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, in_memory: Path | None) -> Iterator[services.Services]:  # noqa: ARG001 - the room goes after the server
    """PostgreSQL and Valkey for this test process: embedded, or the ones the environment names."""
    data = tmp_path_factory.mktemp("services")
    with services.run(
        Path(data),
        progress=lambda _line: None,
        durable=False,
        database_url=os.environ.get("CIVICGRID_TEST_DATABASE_URL"),
        redis_url=os.environ.get("CIVICGRID_TEST_REDIS_URL"),
    ) as found:
        yield found


@pytest.fixture(scope="session")
def redis_url(running: services.Services) -> str:
    """The address of Valkey."""
    return running.redis_url


@pytest.fixture(scope="session")
def migrated(running: services.Services, in_memory: Path | None) -> Template:
    """A database at the newest revision, empty."""
    name = f"template_{uuid4().hex}"

    async def make() -> None:
        urls = await roles.prepare(running.database_admin_url, secret=SECRET, database=name)
        await runner.upgrade(urls.owner)
        if in_memory is not None:
            await memory.move(running.database_admin_url, name, in_memory)

    asyncio.run(make())
    return Template(running.database_admin_url, name)


@pytest.fixture
async def db_urls(migrated: Template) -> AsyncIterator[DatabaseUrls]:
    """The three roles' addresses of a fresh, migrated, empty database."""
    name = await migrated.clone()
    yield migrated.urls(name)
    await migrated.administer(f'drop database "{name}" with (force)')


@pytest.fixture
async def database(db_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """A fresh database as the application's role."""
    found = await Database.connect(db_urls.app, read_pool_size=4, write_pool_size=4)
    yield found
    await found.close()


@pytest.fixture
async def operator_database(db_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The same database as the operator's role."""
    found = await Database.connect(db_urls.operator, read_pool_size=2, write_pool_size=2)
    yield found
    await found.close()


@pytest.fixture
async def tenant(operator_database: Database) -> TenantInfo:
    """An empty city with the default roles, in the fresh database."""
    city = Tenant(
        id=uuid7(),
        slug="eastlake",
        kind="CITY",
        name={"en": "Eastlake", "zh-CN": "东湖市"},
        time_zone="Asia/Shanghai",
        policy_version=1,
    )
    async with operator_database.across() as session:
        session.add(city)
    async with operator_database.write(city.id) as session:
        for slug, role in DEFAULT_ROLES.items():
            for permission in role["permissions"]:
                object_, action = permission.split(":")
                session.add(PolicyRule(tenant_id=city.id, role=slug, object=object_, action=action))
    return await Registry(operator_database).by_id(city.id)
