"""Many rows in one statement: an array per column, so that it is the same statement however many rows there are.

COPY is refused under row security, and a list of VALUES is another statement for each number of rows. Inserts end in
RETURNING, without which Citus would make a COPY of them (citus.md rule 12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    Uuid,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from tenants.db import Base
from tenants.sessions import WriteSession

Columns = Mapping[str, Sequence[Any]]
"""The values of each column by its name, all of one length."""


async def insert_rows(session: WriteSession, model: type[Base], tenant_id: UUID, columns: Columns) -> None:
    """Write rows of one tenant. columns: every column but ``tenant_id``; one that is left out is null."""
    table = table_of(model)
    values = _values(table, columns)
    rows = select(literal(tenant_id, table.c.tenant_id.type), *values.values())
    statement = insert(table).from_select(["tenant_id", *values], rows, include_defaults=False)
    await session.execute(statement.returning(literal_column("1")))


async def update_rows(
    session: WriteSession,
    model: type[Base],
    tenant_id: UUID,
    ids: Sequence[UUID],
    columns: Columns,
) -> None:
    """Set columns of the rows of one tenant with these ids, each to a value of its own."""
    table = table_of(model)
    values = _values(table, {"id": ids, **columns})
    wanted = values.pop("id")
    await session.execute(update(table).where(table.c.tenant_id == tenant_id, table.c.id == wanted).values(values))


def ids_of(ids: Sequence[UUID]) -> Any:
    """Ids as one parameter, to compare with: ``column == any_(ids_of(ids))``."""
    return literal(list(ids), ARRAY(Uuid()))


def texts_of(texts: Sequence[str]) -> Any:
    """The same for texts."""
    return literal(list(texts), ARRAY(Text()))


def table_of(model: type[Base]) -> Table:
    """The table of a model: what is selected from it comes as plain rows, which takes half the time of the model's."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(model.__name__)
    return table


def _values(table: Table, columns: Columns) -> dict[str, ColumnElement[Any]]:
    """What to write into each column: of ``given``, or one value where all rows have the same.

    A driver looks at each element of an array, which costs more than whatever the database does with it. The first
    column is of ``given`` always.
    """
    types = {name: table.c[name].type for name in columns}
    first = next(iter(columns))
    varied = [name for name, values in columns.items() if name == first or not _alike(values)]
    arrays = [literal(list(columns[name]), ARRAY(types[name])) for name in varied]
    listed = [column(name, types[name]) for name in varied]
    given = func.unnest(*arrays).table_valued(*listed, name="given").render_derived()
    return {name: given.c[name] if name in varied else literal(columns[name][0], types[name]) for name in columns}


def _alike(values: Sequence[Any]) -> bool:
    first = values[0]
    return all(value is first or value == first for value in values)
