"""The logs of many cases in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import any_, select

from server.cases.events import facts_of
from server.cases.models import CaseEvent
from server.cases.replay import CaseEventFacts
from tenants.sessions import WriteSession
from tenants.sets import ids_of, table_of


async def logs_of(
    session: WriteSession,
    case_ids: Sequence[UUID],
    *,
    tenant_id: UUID,
) -> Mapping[UUID, tuple[CaseEventFacts, ...]]:
    """The events of each case, oldest first; nothing for a case without any."""
    row = table_of(CaseEvent).c
    found = await session.execute(
        select(row.case_id, row.kind, row.version, row.at, row.to_status, row.level, row.change)
        .where(row.tenant_id == tenant_id, row.case_id == any_(ids_of(case_ids)))
        .order_by(row.case_id, row.version),
    )
    return {
        case_id: tuple(
            facts_of(
                kind=row.kind,
                version=row.version,
                at=row.at,
                to_status=row.to_status,
                level=row.level,
                change=row.change,
            )
            for row in rows
        )
        for case_id, rows in groupby(found, key=lambda row: row.case_id)
    }
