"""The limit of a write: the rows of one report, inserted by asyncpg alone, in one transaction.

``python -m bench.raw``, with the address and the report in the environment. Each line of standard input is a number of
seconds; the answer is a line of JSON, what eight connections wrote in them. No GraphQL, no HTTP, no sign-in, no cost,
no reading back: begin, set the tenant, take both numbers, one insert per row, commit.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import orjson

from bench.load import CONNECTIONS
from server.search.searched import SEARCHED
from tenants.ids import uuid7

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

_COUNT = "update tenant_counter set last = last + 1 where tenant_id = $1 and name = $2 returning last"
_TERMS = "insert into search_term (tenant_id, kind, term, subject_id) select $1, 'case', unnest($2::text[]), $3"


@dataclass(frozen=True, slots=True)
class Report:
    """What one report wrote: rows by table, but for its search terms; the tables in the order of their foreign keys."""

    tenant_id: UUID
    case_id: UUID
    rows: Sequence[tuple[str, Mapping[str, Any]]]


async def report_of(admin: asyncpg.Connection[asyncpg.Record], tenant_id: UUID, case_id: UUID) -> Report:
    """Everything the database holds of a case, whichever tables that is in."""
    referring = await admin.fetch(
        "select table_name, array_agg(column_name::text) as columns from information_schema.columns "
        "where table_schema = 'public' and data_type = 'uuid' and column_name <> 'tenant_id' "
        "and table_name <> 'search_term' group by 1 order by table_name <> 'case', 1"
    )
    rows = []
    for table, columns in referring:
        found = await admin.fetch(
            f'select * from "{table}" where $1 in ({", ".join(columns)})',  # noqa: S608 - names from the catalog
            case_id,
        )
        rows += [(table, dict(row)) for row in found]
    return Report(tenant_id, case_id, rows)


class Writer:
    """Writes a report again and again, each time as another case."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._statements = [_insert(table, list(row)) for table, row in report.rows]
        (self._case,) = [row for table, row in report.rows if table == "case"]

    async def write(self, connection: PoolConnectionProxy[asyncpg.Record]) -> None:
        """One case with all that belongs to it, in one transaction."""
        tenant_id, case_id = self._report.tenant_id, uuid7()
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", tenant_id)
            number = f"{self._case['number'][:-6]}{await connection.fetchval(_COUNT, tenant_id, 'case'):06d}"
            seq = None
            for statement, (table, row) in zip(self._statements, self._report.rows, strict=True):
                if seq is None and "seq" in row:
                    seq = await connection.fetchval(_COUNT, tenant_id, "event")
                own = {"id": case_id if table == "case" else uuid7(), "number": number, "seq": seq}
                await connection.execute(statement, *(self._value(name, row[name], own, case_id) for name in row))
            terms = SEARCHED["case"].terms({"title": self._case["title"], "number": number})
            await connection.execute(_TERMS, tenant_id, terms, case_id)

    def _value(self, name: str, value: object, own: Mapping[str, object], case_id: UUID) -> object:
        if name in own:
            return own[name]
        return case_id if value == self._report.case_id else value


def _insert(table: str, columns: Sequence[str]) -> str:
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    return f'insert into "{table}" ({", ".join(columns)}) values ({places})'  # noqa: S608 - names from the catalog


async def _serve(url: str, tenant_id: UUID, case_id: UUID, admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    writer = Writer(await report_of(admin, tenant_id, case_id))
    await admin.close()
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    print(flush=True)  # ready
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(orjson.dumps(await _round(pool, writer, float(line))).decode(), flush=True)
    await pool.close()


async def _round(pool: asyncpg.Pool[asyncpg.Record], writer: Writer, seconds: float) -> dict[str, Any]:
    taken: list[float] = []
    started = time.perf_counter()

    async def one_after_the_other() -> None:
        async with pool.acquire() as connection:
            while (begun := time.perf_counter()) < started + seconds:
                await writer.write(connection)
                taken.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(one_after_the_other() for _ in range(CONNECTIONS)))
    return {"requests": len(taken), "seconds": time.perf_counter() - started, "milliseconds": sorted(taken)}


def main() -> None:
    """Write when told to: RAW_DATABASE_URL, RAW_ADMIN_URL, RAW_TENANT, RAW_CASE."""
    given = {name: os.environ[f"RAW_{name}"] for name in ("DATABASE_URL", "ADMIN_URL", "TENANT", "CASE")}
    asyncio.run(_serve(given["DATABASE_URL"], UUID(given["TENANT"]), UUID(given["CASE"]), given["ADMIN_URL"]))


if __name__ == "__main__":
    main()
