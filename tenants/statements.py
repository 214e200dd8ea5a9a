"""Statements compiled once for the life of the process.

SQLAlchemy remembers what it compiled, but looks each statement over to find it again: of a statement with seventy values
that takes longer than sending it. What runs on every write is therefore compiled once, from the same Core constructs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from tenants.sessions import WriteSession, driver_of

_DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_Processor = Callable[[Any], Any]


class Prepared:
    """One statement, whose values are ``bindparam``s by name; None is null, of JSON too. Rows come as the driver gives them."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler) or "__[POSTCOMPILE" in str(compiled):
            message = "a statement compiled once may not hold IN lists, whose length is known only at run time"
            raise TypeError(message)
        self.text = str(compiled)
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._values: list[tuple[str, _Processor | None]] = [
            (name, compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for name in compiled.positiontup or ()
        ]

    async def run(self, session: WriteSession, values: Mapping[str, object]) -> list[asyncpg.Record]:
        """Run it in the session's transaction. What the session holds unwritten is not written before."""
        values = {**self._fixed, **values}
        given = tuple(
            value if process is None or value is None else process(value)
            for value, process in ((values[name], process) for name, process in self._values)
        )
        return await send(session, self.text, given)


async def send(session: WriteSession, text: str, values: tuple[Any, ...]) -> list[asyncpg.Record]:
    """Send the text of a statement as it is. Whoever watches statements beside SQLAlchemy's events watches this."""
    driver = await driver_of(session)
    return await driver.fetch(text, *values)
