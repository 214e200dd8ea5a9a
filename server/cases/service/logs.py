"""The logs of many cases in one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import any_, select

from server.cases.events import facts_of
from server.cases.models import CaseEvent
from server.cases.replay import CaseEventFacts
from tenants.sessions import WriteSession
from tenants.sets import ids_of, table_of

TURN = 20
"""Cases after which whatever computes a batch lets others of its process go on: one may hold the counter of events."""


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
    logs: dict[UUID, tuple[CaseEventFacts, ...]] = {}
    for case_id, rows in groupby(found, key=lambda row: row.case_id):
        logs[case_id] = tuple(
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
        if len(logs) % TURN == 0:
            await asyncio.sleep(0)
    return logs
