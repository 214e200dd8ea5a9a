"""What one round trip is worth: the same statement through ``Database.read`` and as begin / set / select / commit.

No server in between: the latency of a read on one connection, and the throughput of 8 at once, of the same pool size.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from uuid import UUID

import asyncpg

from bench.console import figure
from tenants.sessions import Database

_AT_ONCE = 8
_READS = 400
_ROUNDS = 5
# A point read, as a mutation's payload or `node` is: what is measured is the way to the database, not the work there.
_STATEMENT = """select json_build_object('number', c.number, 'status', c.status)
from "case" c where c.tenant_id = $2 and c.id = $3"""
_SHIFTED = _STATEMENT.replace("$2", "$1").replace("$3", "$2")

Read = Callable[[], Awaitable[object]]


async def run(app_url: str, tenant_id: UUID, case_id: UUID) -> None:
    """Measure both forms in turn, and print the ratio of their median latencies."""
    database = await Database.connect(app_url, read_pool_size=_AT_ONCE, write_pool_size=1)
    pool = await asyncpg.create_pool(app_url, min_size=_AT_ONCE, max_size=_AT_ONCE)

    async def one() -> object:
        return await database.read(_STATEMENT, tenant_id, [tenant_id, case_id])

    async def four() -> object:
        async with pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute("select set_tenant($1)", tenant_id)
            return await connection.fetchval(_SHIFTED, tenant_id, case_id)

    try:
        if not await one() or not await four():
            message = "the case is not there"
            raise RuntimeError(message)
        await _measure(one, four)
    finally:
        await pool.close()
        await database.close()


async def _measure(one: Read, four: Read) -> None:
    for name, at_once in (("read_round_trip", 1), ("read_round_trip_8", _AT_ONCE)):
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            ours.append(await _milliseconds(one, at_once))
            theirs.append(await _milliseconds(four, at_once))
        own, other = median(ours), median(theirs)
        figure(
            bench=name,
            peer="begin_set_select_commit",
            ratio=round(other / own, 2),
            ours=round(own, 3),
            theirs=round(other, 3),
            unit="ms",
        )


async def _milliseconds(read: Read, at_once: int) -> float:
    """The mean time of a read while ``at_once`` are under way."""

    async def reader() -> None:
        for _ in range(_READS):
            await read()

    started = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(at_once)))
    return (time.perf_counter() - started) * 1000 / _READS
