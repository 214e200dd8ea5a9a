"""The personal parts of one case are erased for good; the skeleton stays for the figures, and its log still replays.

Erased: what was reported, answered, said and sent, the reasons and results in its history, whom it was reported for, its
tracking code, and who reported it. Kept: number, category, place, dates, steps with the office that took them, verdict.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, delete, func, literal, select, update

from server.attachments.models import Attachment
from server.attachments.service.announcing import REMOVE, tidying
from server.cases import rules
from server.cases.models import Case
from server.cases.parts import CaseAllegation, CaseTask
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.states import Action
from server.intake.models import CaseContact, ChannelDelivery, TrackingCode
from server.publications.models import Publication
from server.search.writing import change_terms
from server.threads.models import CaseMessage
from tenants.clock import now
from tenants.context import Actor
from tenants.sessions import WriteSession

_ERASED: dict[str, Any] = {
    "title": "",
    "description": "",
    "result": None,
    "rating_comment": None,
    "score_remark": None,
    "visit_text": None,
    "turn_to": None,
    "answers": None,
    "reporter_id": None,
    "reporter_account_id": None,
    "idempotency_key": None,
    "idempotency_digest": None,
}


async def retain_case(session: WriteSession, case_id: UUID, *, at: datetime, policy: CasePolicy, actor: Actor) -> None:
    """Erase what is personal of a case that has ended, once; the worker's (CaseRetained).

    Errors: NotFound, CASE_WRONG_STATUS, CASE_RETAINED.
    """
    case = await open_case(session, case_id, policy=policy, actor=actor)
    # Before anything is gone: what is erased is never brought back.
    attempt = replace(attempt_of(actor), now=max(at, case.log[-1].at))
    rules.check(Action.RETAIN, case.facts, template=case.template, attempt=attempt)
    row = case.row
    before = {"title": row.title, "number": row.number}
    await _remove_files(session, row, actor=actor)
    await _remove_words(session, row)
    await session.execute(
        select(func.app_erase_history(literal(row.tenant_id, Uuid()), literal(row.id, Uuid()))),
    )
    for name, value in _ERASED.items():
        setattr(row, name, value)
    await session.flush()
    await change_terms(session, "case", row.id, before=before, after={**before, "title": ""}, tenant_id=row.tenant_id)
    await change_case(
        session,
        case,
        Action.RETAIN,
        attempt=attempt,
        expected_version=None,
        policy=policy,
        actor=actor,
    )


async def _remove_files(session: WriteSession, row: Case, *, actor: Actor) -> None:
    """Rows at once, the files by the worker."""
    found = await session.scalars(
        select(Attachment).where(Attachment.tenant_id == row.tenant_id, Attachment.case_id == row.id),
    )
    for file in found.all():
        session.add(tidying(file.id, REMOVE, actor=actor, due_at=now()))
        await session.delete(file)
    await session.flush()


async def _remove_words(session: WriteSession, row: Case) -> None:
    for model in (CaseMessage, CaseContact, TrackingCode, ChannelDelivery):
        await session.execute(delete(model).where(model.tenant_id == row.tenant_id, model.case_id == row.id))
    await session.execute(
        update(CaseAllegation)
        .where(CaseAllegation.tenant_id == row.tenant_id, CaseAllegation.case_id == row.id)
        .values(text="", answer=None),
    )
    await session.execute(
        update(CaseTask)
        .where(CaseTask.tenant_id == row.tenant_id, CaseTask.case_id == row.id)
        .values(asked="", result=None),
    )
    # What is public was checked to name nobody; what was only drafted was not.
    await session.execute(
        update(Publication)
        .where(Publication.tenant_id == row.tenant_id, Publication.case_id == row.id)
        .values(title="", asked="", done="", findings=[], reason=None),
    )
