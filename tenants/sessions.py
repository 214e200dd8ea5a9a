"""The only place where a database session is born, always for exactly one tenant.

Two ways in. ``read`` is one round trip: the tenant setting and the statement travel together. In
``SELECT set_config('app.tenant_id', $1, true), (<select>)`` the target list is evaluated left to right and the
uncorrelated subquery only when its value is asked for, so the setting is there first; were it ever not, the policy
would compare with NULL and the answer would be empty. ``write`` is an explicit transaction that starts with
``set_tenant($1)`` (SET LOCAL inside plpgsql: the form that also reaches Citus workers). Both settings end with their
transaction, so a pooled connection carries nothing over.

On Citus ``set_config`` does not reach the workers; there ``read`` takes the two-statement form (``distributed=True``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from tenants.connections import Connections
from tenants.errors import TooSlow

WriteSession = AsyncSession

_LOOKUP_POOL_SIZE = 2
_REST_SECONDS = 1.0
_RESTED_AT, _CONNECTION, _DRIVER = "rested at", "connection", "driver's connection"
_OUT_OF_TIME = frozenset({"57014", "55P03", "40P01"})  # query_canceled, lock_not_available, deadlock_detected
_SERVER_SETTINGS = {"timezone": "UTC", "application_name": "civicgrid", "statement_timeout": "15000"}


async def _keep(_connection: object) -> None:
    """Reset nothing when a connection returns to the pool: every setting is local to its transaction."""


async def _json_as_bytes(connection: asyncpg.Connection[Any]) -> None:
    """Leave JSON as the server sent it: it is spliced into an answer, never looked into."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")


class Database:
    """The pools of one process for one database role."""

    def __init__(
        self,
        reads: Connections,
        engine: AsyncEngine,
        lookups: AsyncEngine,
        *,
        distributed: bool = False,
    ) -> None:
        self._reads = reads
        self._engine = engine
        self._lookups = lookups
        self._distributed = distributed

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        read_pool_size: int = 8,
        write_pool_size: int = 4,
        distributed: bool = False,
        statement_timeout_ms: int = 15_000,
    ) -> Database:
        """Open the pools. ``url`` is ``postgresql://...`` for a role under row security."""
        plain = _plain(url)
        settings = _SERVER_SETTINGS | {"statement_timeout": str(statement_timeout_ms)}
        pool = await asyncpg.create_pool(
            plain.render_as_string(hide_password=False),
            min_size=1,
            max_size=read_pool_size,
            statement_cache_size=512,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings=settings,
            reset=_keep,
            init=_json_as_bytes,
        )
        engine, lookups = (
            create_async_engine(
                plain.set(drivername="postgresql+asyncpg"),
                pool_size=size,
                max_overflow=0,
                pool_timeout=10,
                json_deserializer=orjson.loads,
                connect_args={"server_settings": settings, "max_cached_statement_lifetime": 0},
            )
            for size in (write_pool_size, _LOOKUP_POOL_SIZE)
        )
        for pooled in (engine, lookups):
            event.listen(pooled.sync_engine, "checkin", _rests)
            event.listen(pooled.sync_engine, "checkout", _refuse_broken)
        return cls(Connections(pool, read_pool_size), engine, lookups, distributed=distributed)

    async def close(self) -> None:
        """Close both pools; statements under way are ended."""
        await self._reads.close()
        await self._engine.dispose()
        await self._lookups.dispose()

    async def read(self, statement: str, tenant_id: UUID, parameters: Sequence[object]) -> bytes | None:
        """The single JSON value of a compiled read, as the bytes the server sent.

        ``statement`` is a scalar select whose ``$1`` is the tenant id as text and is used nowhere else; ``parameters``
        are ``$2`` and on. Runs in one implicit transaction.
        """
        try:
            value = await self._fetch(statement, tenant_id, parameters)
        except asyncpg.QueryCanceledError as error:
            raise TooSlow("This took too long; ask for less at once.") from error
        if value is not None and not isinstance(value, bytes):
            message = f"a compiled read returns JSON, not {type(value).__name__}"
            raise TypeError(message)
        return value

    async def _fetch(self, statement: str, tenant_id: UUID, parameters: Sequence[object]) -> object:
        if self._distributed:
            async with self._reads.lease() as connection, connection.transaction(readonly=True):
                await connection.execute("select set_tenant($1)", tenant_id)
                return await connection.fetchval(f"select ({statement}), $1::text", str(tenant_id), *parameters)
        wrapped = f"select set_config('app.tenant_id', $1, true), ({statement})"
        return await self._reads.fetchval(wrapped, str(tenant_id), *parameters, column=1)

    @asynccontextmanager
    async def write(self, tenant_id: UUID) -> AsyncIterator[WriteSession]:
        """A session in one transaction of one tenant; commits when the block ends, rolls back when it raises.

        Errors: TooSlow when a statement ran over its time, or waited for others' locks in vain.
        """
        async with self.across() as session:
            await _set_tenant(session, tenant_id)
            yield session

    @asynccontextmanager
    async def lookup(self, tenant_id: UUID | None = None) -> AsyncIterator[WriteSession]:
        """A short session for what every request needs to know beforehand (registry, policy, actor, keys).

        From a pool of its own: it may be asked for within a write, and writers waiting for each other's lookups in one
        pool would wait for ever. Without a tenant only global tables show rows.
        """
        async with _session(self._lookups) as session:
            if tenant_id is not None:
                await _set_tenant(session, tenant_id)
            yield session

    @asynccontextmanager
    async def across(self) -> AsyncIterator[WriteSession]:
        """A session without a tenant, for global tables; tenant tables show no row to it. Errors: TooSlow."""
        try:
            async with _session(self._engine) as session:
                yield session
        except (DBAPIError, asyncpg.PostgresError) as error:
            told = error.orig if isinstance(error, DBAPIError) else error
            if getattr(told, "sqlstate", None) not in _OUT_OF_TIME:
                raise
            raise TooSlow("This took too long and nothing was changed; try again in a moment.") from error

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with asyncio.timeout(2):
            await self._reads.fetchval("select 1")

    async def refuse_privileged_role(self) -> None:
        """Raise PermissionError when the connected role could step around row security."""
        async with self._reads.lease() as connection:
            row = await connection.fetchrow(
                "select current_user as name, r.rolsuper or r.rolbypassrls as above, "
                "exists (select 1 from pg_class c where c.relowner = r.oid and c.relrowsecurity) as owns "
                "from pg_roles r where r.rolname = current_user",
            )
        if row is None or row["above"] or row["owns"]:
            name = row["name"] if row else "?"
            message = f"the database role {name} is not bound by row security; connect as {_expected()}"
            raise PermissionError(message)


async def driver_of(session: WriteSession) -> asyncpg.Connection[Any]:
    """The driver's connection under a session of ``write``, within its transaction.

    For statements compiled beforehand (``tenants.statements``): SQLAlchemy's way to it costs more than most statements.
    """
    if _DRIVER not in session.info:
        connection: AsyncConnection = session.info[_CONNECTION]
        session.info[_DRIVER] = (await connection.get_raw_connection()).driver_connection
    found: asyncpg.Connection[Any] = session.info[_DRIVER]
    return found


@asynccontextmanager
async def _session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session in one transaction of one connection.

    The connection's transaction is the one that counts: a session that nobody asks for objects never begins its own.
    """
    async with (
        engine.connect() as connection,
        connection.begin(),
        AsyncSession(connection, expire_on_commit=False, autoflush=False) as session,
    ):
        session.info[_CONNECTION] = connection
        yield session
        if session.in_transaction():
            await session.flush()


async def _set_tenant(session: WriteSession, tenant_id: UUID) -> None:
    connection: AsyncConnection = session.info[_CONNECTION]
    await connection.exec_driver_sql("select set_tenant($1)", (tenant_id,))


def _rests(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    """Note when a connection went back to its pool."""
    record.info[_RESTED_AT] = time.monotonic()


def _refuse_broken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Have the pool connect anew when a connection is broken: its socket tells, and after a rest the server is asked.

    Asking each time, as ``pool_pre_ping`` does, is three round trips a transaction. Raises DisconnectionError.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get(_RESTED_AT, float("inf")) > _REST_SECONDS:
        try:
            connection.ping()
        except connection.dbapi.Error as error:
            raise DisconnectionError from error


def _expected() -> str:
    return "civicgrid_app (web, worker) or civicgrid_operator"


def _plain(url: str) -> URL:
    return make_url(url).set(drivername="postgresql")
