"""Many rows in few statements, through the application's own role under row security.

COPY is refused there, so a batch travels as one array per column: INSERT .. SELECT FROM unnest(..).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from server.search.searched import SEARCHED, Searched
from tenants.db import Base
from tenants.sessions import WriteSession

BATCH = 5_000

Row = Mapping[str, Any]

_ARRAYS: tuple[tuple[type[Any], str], ...] = (
    (Uuid, "uuid[]"),
    (JSONB, "text[]"),
    (Text, "text[]"),
    (DateTime, "timestamptz[]"),
    (Date, "date[]"),
    (BigInteger, "bigint[]"),
    (Integer, "integer[]"),
    (Boolean, "boolean[]"),
    (LargeBinary, "bytea[]"),
)

_TERMS = (
    "insert into search_term (tenant_id, kind, term, subject_id) select $1::uuid, $2::text, r.term, r.subject_id "
    "from unnest($3::text[], $4::uuid[]) as r(term, subject_id) on conflict do nothing"
)


async def insert(session: WriteSession, model: type[Base], rows: Iterable[Row], *, tenant_id: UUID) -> int:
    """Insert rows of one city in the session's transaction; how many is returned.

    Every row has the same keys, the columns to fill; ``tenant_id`` is not among them. Rows of searched tables can be
    found afterwards. Raises RuntimeError when a row was there already.
    """
    searched = SEARCHED.get(model.__tablename__)
    connection = await _driver(session)
    total = 0
    for batch in batches(rows, BATCH):
        columns = list(batch[0])
        arrays = [_array(model, column, batch) for column in columns]
        status = await connection.execute(_statement(model, columns), tenant_id, *arrays)
        if status != f"INSERT 0 {len(batch)}":
            raise RuntimeError(f"{model.__tablename__}: {status} of {len(batch)} rows")
        if searched is not None:
            await _make_searchable(connection, model.__tablename__, searched, batch, tenant_id)
        total += len(batch)
    return total


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists of up to ``size``; never an empty one."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


async def _make_searchable(
    connection: asyncpg.Connection[asyncpg.Record],
    kind: str,
    searched: Searched,
    batch: list[Row],
    tenant_id: UUID,
) -> None:
    pairs = sorted((term, row["id"]) for row in batch for term in searched.terms(row))
    await connection.execute(_TERMS, tenant_id, kind, [term for term, _id in pairs], [id_ for _term, id_ in pairs])


async def _driver(session: WriteSession) -> asyncpg.Connection[asyncpg.Record]:
    # The driver takes arrays as they are; SQLAlchemy would process every element of them in Python.
    raw = await (await session.connection()).get_raw_connection()
    connection: asyncpg.Connection[asyncpg.Record] | None = raw.driver_connection
    if connection is None:
        raise RuntimeError("the session has no connection")
    return connection


def _statement(model: type[Base], columns: list[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f'r."{column}"' + ("::jsonb" if _is_json(model, column) else "") for column in columns)
    arrays = ", ".join(f"${index}::{_type(model, column)}" for index, column in enumerate(columns, start=2))
    return (
        f'insert into "{model.__tablename__}" (tenant_id, {names}) '  # noqa: S608 - names of our own tables
        f"select $1::uuid, {values} from unnest({arrays}) as r({names}) on conflict do nothing"
    )


def _array(model: type[Base], column: str, batch: list[Row]) -> list[Any]:
    values = [row[column] for row in batch]
    return [orjson.dumps(value).decode() for value in values] if _is_json(model, column) else values


def _type(model: type[Base], column: str) -> str:
    kind = model.__table__.c[column].type
    return next(array for type_, array in _ARRAYS if isinstance(kind, type_))


def _is_json(model: type[Base], column: str) -> bool:
    return isinstance(model.__table__.c[column].type, JSONB)
