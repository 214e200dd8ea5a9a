"""Read connections kept at hand: giving one back to asyncpg's pool makes a task, which costs half as much as a read.

A connection whose statement ended well goes straight to the next reader. Whenever anything else happened, or it has
served TERM statements, it goes through the pool, which ends what was cancelled and renews what is broken or old.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

TERM = 1_000


class Connections:
    """The connections of a pool of ``size``; readers wait for one in the order of their coming."""

    def __init__(self, pool: asyncpg.Pool[Any], size: int) -> None:
        self._pool = pool
        self._places = asyncio.Semaphore(size)
        self._idle: list[tuple[PoolConnectionProxy[Any], int]] = []
        self._closing = False

    async def fetchval(self, statement: str, *values: object, column: int = 0) -> object:
        """One value of the first row of a statement that is a transaction of its own. Errors: asyncpg's."""
        async with self._places:
            connection, served = await self._take()
            try:
                value = await connection.fetchval(statement, *values, column=column)
            except BaseException:
                await self._pool.release(connection)
                raise
            if served < TERM and not self._closing:
                self._idle.append((connection, served + 1))
            else:
                await self._pool.release(connection)
            return value

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[PoolConnectionProxy[Any]]:
        """A connection for several statements."""
        async with self._places:
            connection, _served = await self._take()
            try:
                yield connection
            finally:
                await self._pool.release(connection)

    async def close(self) -> None:
        """Close the pool, once all statements under way have ended."""
        self._closing = True
        while self._idle:
            await self._pool.release(self._idle.pop()[0])
        await self._pool.close()

    async def _take(self) -> tuple[PoolConnectionProxy[Any], int]:
        while self._idle:
            connection, served = self._idle.pop()
            if _stands(connection):
                return connection, served
            await self._pool.release(connection)
        return await self._pool.acquire(), 0


def _stands(connection: PoolConnectionProxy[Any]) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool took it back when the server ended it
        return False
