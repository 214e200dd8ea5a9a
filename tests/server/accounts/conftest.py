"""People of an invented city who sign in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.accounts import passwords, sessions
from server.accounts.actors import Actors
from server.accounts.guesses import Guesses
from server.accounts.service import opening
from server.accounts.service.front import Accounts
from server.accounts.service.signing_in import PasswordDoor, Shown
from server.accounts.tokens import Tokens
from server.events.models import AuditEntry, Event
from server.grids.models import Grid
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from server.pubsub import PubSub
from server.residents.models import Resident
from server.throttle.attempts import Attempts, Limit, Limits
from server.transactions import Transactions
from tenants.authz import Authorizer
from tenants.context import system_actor
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in the city
PASSWORD = "correct horse battery"
PATH = "zz-town/"
SECRET = "a secret for tests, 32 characters or more"


class City:
    """Puts people into the tenant and looks at what was written."""

    def __init__(
        self, database: Database, registry: Registry, tenant: TenantInfo, signer: Tokens, guesses: Guesses
    ) -> None:
        self.database = database
        self.registry = registry
        self.tenant = tenant
        self.signer = signer
        self.guesses = guesses
        self.keyring = Keyring(SECRET, database)
        self.system = system_actor(tenant.id, name="test")

    async def add(self, *rows: Any) -> None:
        """Insert rows one after the other, so that a row may refer to the one before it."""
        async with self.database.write(self.tenant.id) as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def organization(self, path: str = PATH) -> UUID:
        """A node that stands alone under ``path``."""
        row = Organization(
            tenant_id=self.tenant.id,
            id=uuid7(),
            code=path.rstrip("/").rpartition("/")[2],
            name="Town",
            level="community",
            kind="community",
            rank=3,
            path=path,
        )
        await self.add(row)
        return row.id

    async def grid(self, organization_id: UUID, *, path: str = PATH) -> UUID:
        row = Grid(
            tenant_id=self.tenant.id,
            id=uuid7(),
            organization_id=organization_id,
            path=path,
            code=f"grid-{uuid7().hex[-12:]}",
            name="Grid",
            kind="GENERAL",
            valid_from=date(2026, 1, 1),
        )
        await self.add(row)
        return row.id

    async def member(self, organization_id: UUID, *, path: str = PATH, status: str = "ACTIVE") -> UUID:
        row = Member(
            tenant_id=self.tenant.id,
            id=uuid7(),
            organization_id=organization_id,
            path=path,
            name="Invented",
            status=status,
        )
        await self.add(row)
        return row.id

    async def resident(self, grid_id: UUID, *, path: str = PATH) -> UUID:
        row = Resident(
            tenant_id=self.tenant.id,
            id=uuid7(),
            grid_id=grid_id,
            path=path,
            name="Invented",
            sex="FEMALE",
            birth_date=date(1980, 5, 1),
        )
        await self.add(row)
        return row.id

    async def appoint(
        self,
        member_id: UUID,
        role: str,
        scope: str = "TENANT",
        *,
        organization_id: UUID | None = None,
        grid_id: UUID | None = None,
        starts_on: date = date(2026, 1, 1),
        ends_on: date | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        await self.add(
            Appointment(
                tenant_id=self.tenant.id,
                id=uuid7(),
                member_id=member_id,
                role=role,
                scope=scope,
                organization_id=organization_id,
                grid_id=grid_id,
                starts_on=starts_on,
                ends_on=ends_on,
                ended_at=ended_at,
            ),
        )

    async def account(self, username: str, password_hash: str, **person: Any) -> UUID:
        """An account; ``person`` as for ``create_account``."""
        async with self.database.write(self.tenant.id) as session:
            return await opening.create_account(
                session,
                username=username,
                password_hash=password_hash,
                actor=self.system,
                **person,
            )

    async def sign_in(
        self,
        username: str,
        password: str = PASSWORD,
        *,
        slug: str | None = None,
        code: str | None = None,
        peer: str = "192.0.2.7",
        device: str | None = None,
        now: datetime = NOW,
    ) -> sessions.SignedIn:
        door = PasswordDoor(self.database, self.registry, self.signer, self.keyring, self.guesses)
        return await door.sign_in(
            Shown(
                tenant_slug=self.tenant.slug if slug is None else slug,
                username=username,
                password=password,
                code=code,
                peer=peer,
                device=device,
                request_id="req-1",
                now=now,
            ),
        )

    async def refresh(self, token: str, *, now: datetime = NOW) -> sessions.SignedIn:
        return await sessions.refresh(
            self.database,
            self.registry,
            self.signer,
            refresh_token=token,
            request_id="req-2",
            now=now,
        )

    async def audited(self, object_id: UUID) -> list[tuple[str, str | None, str]]:
        """(action, actor's name, request id) of an object's audit rows, oldest first."""
        async with self.database.write(self.tenant.id) as session:
            rows = await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.tenant_id == self.tenant.id, AuditEntry.object_id == object_id)
                .order_by(AuditEntry.id),
            )
            return [(row.action, row.actor_name, row.request_id) for row in rows]

    async def events(self, subject_id: UUID) -> list[str]:
        async with self.database.write(self.tenant.id) as session:
            rows = await session.scalars(
                select(Event.type)
                .where(Event.tenant_id == self.tenant.id, Event.subject_id == subject_id)
                .order_by(Event.seq),
            )
            return list(rows)


async def wait_for_lock(city: City) -> None:
    """Return once a statement of this database waits for a row lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    counted = f"select to_json(({waiting})) where $1::text is not null"
    async with asyncio.timeout(20):
        while await city.database.read(counted, city.tenant.id, ()) == b"0":  # noqa: ASYNC110 - no event tells of a lock
            await asyncio.sleep(0.01)


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database)


@pytest.fixture
def authorizer(database: Database) -> Authorizer:
    return Authorizer(database)


@pytest.fixture
def signer() -> Tokens:
    return Tokens(SECRET)


@pytest.fixture
async def attempts(redis_url: str) -> AsyncIterator[Attempts]:
    counted = Attempts(redis_url)
    yield counted
    await counted.close()


@pytest.fixture
async def guesses(database: Database, attempts: Attempts) -> AsyncIterator[Guesses]:
    """Counted generously: few tests are about the limits, and Valkey outlives each of them."""
    limit = Limit(free=100_000, window=900, first=60, longest=900)
    found = Guesses(database, Keyring(SECRET, database), attempts, Limits(limit, limit))
    yield found
    await found.close()


@pytest.fixture
def city(database: Database, registry: Registry, tenant: TenantInfo, signer: Tokens, guesses: Guesses) -> City:
    return City(database, registry, tenant, signer, guesses)


@pytest.fixture
async def accounts(city: City, authorizer: Authorizer, redis_url: str) -> AsyncIterator[Accounts]:
    """The accounts of a web process."""
    pubsub = PubSub(redis_url)
    found = Accounts(
        database=city.database,
        registry=city.registry,
        signer=city.signer,
        actors=Actors(city.database, city.registry, authorizer),
        keyring=city.keyring,
        guesses=city.guesses,
        transactions=Transactions(city.database, pubsub),
    )
    yield found
    await found.close()
    await pubsub.close()


@pytest.fixture(scope="session")
async def password_hash() -> str:
    """The hash of PASSWORD, made once."""
    return await passwords.hash_password(PASSWORD)


@pytest.fixture
def set_status(db_urls: DatabaseUrls, registry: Registry, tenant: TenantInfo) -> Callable[[str], Awaitable[None]]:
    """Suspend the city or wake it, as the operator does."""

    async def change(status: str) -> None:
        connection = await asyncpg.connect(db_urls.operator)
        try:
            await connection.execute("update tenant set status = $1 where id = $2", status, tenant.id)
        finally:
            await connection.close()
        registry.forget()

    return change
