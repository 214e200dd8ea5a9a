"""When departments see a case by their shares no longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, update

from server.cases.models import Case
from server.cases.outcomes import TaskStatus
from server.cases.parts import CaseTask
from server.cases.replay import CaseEventFacts
from server.cases.states import EventKind
from tenants.sessions import WriteSession


async def end_shares(session: WriteSession, row: Case, log: Sequence[CaseEventFacts], at: datetime) -> None:
    """Cancel what is still open when a case is over, and show it to no department any more."""
    if all(event.kind is not EventKind.TASKS_ASSIGNED for event in log):
        return
    still_open = CaseTask.status == TaskStatus.OPEN
    await session.execute(
        update(CaseTask)
        .where(CaseTask.tenant_id == row.tenant_id, CaseTask.case_id == row.id, CaseTask.shares)
        .values(
            shares=False,
            status=case((still_open, TaskStatus.CANCELED.value), else_=CaseTask.status),
            closed_at=func.coalesce(CaseTask.closed_at, at),
        ),
    )
