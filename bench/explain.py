"""Plans of compiled reads, run and measured as the connected role: generic and custom, as PostgreSQL may choose either."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

import asyncpg

from bench.compiled import Compiled

Mode = Literal["generic", "custom"]
MODES: tuple[Mode, ...] = ("generic", "custom")


async def explained(
    connection: asyncpg.Connection[asyncpg.Record], statement: Compiled, *, mode: Mode, form: Literal["text", "json"]
) -> str:
    """What EXPLAIN (ANALYZE) says of one run of the statement; with form "json" as one JSON text.

    The statement sets its tenant itself, as when it is read for a client; nothing of it outlives the call.
    """
    async with connection.transaction():
        await connection.execute(f"set local plan_cache_mode = force_{mode}_plan")
        await connection.execute(f"prepare explained as {statement.text}")
        try:
            rows = await connection.fetch(
                f"explain (analyze, timing off, format {form}) execute explained({_literals(statement.values)})"
            )
        finally:
            await connection.execute("deallocate explained")
    return "\n".join(cast("str", row[0]) for row in rows)


def _literals(values: Iterable[Any]) -> str:
    """Values as text in quotes: EXECUTE reads each as its parameter's own type."""
    return ", ".join("null" if value is None else _quoted(_text(value)) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | float | UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return "{" + ",".join('"' + _text(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value) + "}"
    message = f"no literal for {type(value).__name__}"
    raise TypeError(message)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
