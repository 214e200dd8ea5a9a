"""What a report alleges or asks, point by point, and the answers to it: one by one (逐一, FD-04, T20)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from server.cases import rules
from server.cases.models import Case
from server.cases.outcomes import MOST_ALLEGATIONS
from server.cases.parts import CaseAllegation
from server.cases.service.access import authorize_feedback
from server.cases.service.changes import attempt_of, change_case, open_case
from server.cases.service.policy import CasePolicy
from server.cases.service.texts import optional_text, required_text
from server.cases.states import Action
from server.errors import NotFound, RuleViolation
from tenants.context import Actor
from tenants.sessions import WriteSession

ALLEGATION_LENGTH = 1000


def checked_allegations(texts: Sequence[str]) -> tuple[str, ...]:
    """The allegations of a report as they are stored. Raises CASE_ALLEGATION_LIMIT, TEXT_*."""
    if len(texts) > MOST_ALLEGATIONS:
        raise RuleViolation(
            "A report holds at most {most} allegations.",
            code="CASE_ALLEGATION_LIMIT",
            field=("allegations",),
            most=MOST_ALLEGATIONS,
        )
    return tuple(required_text(text, field="allegations", most=ALLEGATION_LENGTH) for text in texts)


def allegation_rows(row: Case, texts: Sequence[str]) -> list[CaseAllegation]:
    """The allegations of a new case, numbered from 1."""
    return [
        CaseAllegation(tenant_id=row.tenant_id, case_id=row.id, number=number, text=text)
        for number, text in enumerate(texts, start=1)
    ]


async def answer_allegation(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    allegation_id: UUID,
    answer: str,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """Tell the reporter what became of one allegation; whoever may give the feedback.

    Errors: NotFound for the case or the allegation, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS,
    CASE_ALLEGATION_ANSWERED, FEEDBACK_REQUIRED.
    """
    note = optional_text(answer, field="answer")
    case = await open_case(session, case_id, policy=policy, actor=actor)
    authorize_feedback(actor, case.row)
    allegation = await _allegation_of(session, case.row, allegation_id)
    attempt = attempt_of(actor, note=note or "", allegation=allegation.number)
    rules.check_version(case.facts, expected_version)
    rules.check(Action.ANSWER_ALLEGATION, case.facts, template=case.template, attempt=attempt)
    allegation.answer = note
    allegation.answered_by_id, allegation.answered_at = actor.member_id, attempt.now
    return await change_case(
        session,
        case,
        Action.ANSWER_ALLEGATION,
        attempt=attempt,
        expected_version=expected_version,
        policy=policy,
        actor=actor,
    )


async def ask_again(session: WriteSession, row: Case) -> None:
    """Let every allegation wait for an answer once more: a new course has begun. The old answers stand until then."""
    await session.execute(
        update(CaseAllegation)
        .where(CaseAllegation.tenant_id == row.tenant_id, CaseAllegation.case_id == row.id)
        .values(answered_at=None, answered_by_id=None),
    )


async def _allegation_of(session: WriteSession, row: Case, allegation_id: UUID) -> CaseAllegation:
    allegation = await session.scalar(
        select(CaseAllegation).where(
            CaseAllegation.tenant_id == row.tenant_id,
            CaseAllegation.id == allegation_id,
            CaseAllegation.case_id == row.id,
        ),
    )
    if allegation is None:
        raise NotFound("No such allegation.", field=("allegationId",))
    return allegation
