"""Terms for rows that were stored without: by an older release, or past the services."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, column, select, table, text

from server.search.searched import SEARCHED, Searched

BATCH = 5_000
_ADD = text(
    "insert into search_term (tenant_id, kind, term, subject_id) select :tenant, :kind, found.term, found.subject_id "
    "from unnest(cast(:terms as text[]), cast(:subjects as uuid[])) as found(term, subject_id) on conflict do nothing"
)


def fill(connection: Connection, tenant_id: UUID) -> int:
    """Make every searched row of a city findable, batch by batch in the order of ids; how many rows were looked at.

    The connection may be any role's that works in the tenant. Terms that are there stay; doing it twice changes
    nothing.
    """
    return sum(_fill(connection, tenant_id, kind, searched) for kind, searched in SEARCHED.items())


def _fill(connection: Connection, tenant_id: UUID, kind: str, searched: Searched) -> int:
    names = ("id", "tenant_id", *searched.columns)
    things = table(kind, *(column(name) for name in names))
    statement = select(*(things.c[name] for name in names)).where(things.c.tenant_id == tenant_id)
    statement = statement.order_by(things.c.id).limit(BATCH)
    looked_at = 0
    rows = connection.execute(statement).mappings().all()
    while rows:
        looked_at += len(rows)
        _add(connection, tenant_id, kind, searched, rows)
        rows = connection.execute(statement.where(things.c.id > rows[-1]["id"])).mappings().all()
    return looked_at


def _add(connection: Connection, tenant_id: UUID, kind: str, searched: Searched, rows: Sequence[RowMapping]) -> None:
    pairs = [(term, row["id"]) for row in rows for term in searched.terms(dict(row))]
    connection.execute(
        _ADD,
        {
            "tenant": tenant_id,
            "kind": kind,
            "terms": [term for term, _subject in pairs],
            "subjects": [subject for _term, subject in pairs],
        },
    )
