"""A case opened for something that is written or sent about it, which changes nothing of its course."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, select

from server.cases.models import Case
from server.cases.participation import Thread, in_thread, reporters
from server.cases.states import CaseStatus
from server.cases.visibility import cases
from server.errors import NotFound, NotPermitted, RuleViolation
from tenants.context import Actor
from tenants.db import rows_of
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

CLOSED = frozenset({CaseStatus.ARCHIVED, CaseStatus.MERGED, CaseStatus.WITHDRAWN})
"""Where nothing more is said: struck off (T25), gone on in another case (T4), or taken back (T5)."""


@dataclass(frozen=True, slots=True)
class Participation:
    """An actor's part in one case."""

    case_id: UUID
    is_reporter: bool


async def take_part(session: WriteSession, case_id: UUID, thread: Thread, *, actor: Actor) -> Participation:
    """Lock a case of the actor's city for a word in one of its threads.

    Errors: NotFound for a case the actor does not see, NotPermitted for a thread of others, CASE_CLOSED.
    """
    viewer = Viewer(actor)
    row = rows_of(Case)
    named: ColumnElement[str] = literal_column(f"'{thread}'")
    found = (
        await session.execute(
            select(
                row.c.status,
                and_(in_thread(named, row, viewer)).label("takes_part"),
                and_(reporters(row, viewer)).label("is_reporter"),
            )
            .where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, cases(row, viewer))
            .with_for_update(),
            viewer.values(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("No such case.", field=("caseId",))
    if not found.takes_part:
        raise NotPermitted("This thread of the case is for others.")
    if found.status in CLOSED:
        raise RuleViolation(
            "The case is {status}; nothing more is written to it.", code="CASE_CLOSED", status=found.status
        )
    return Participation(case_id, bool(found.is_reporter))
