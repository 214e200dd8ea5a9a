"""A checked draft becomes public as a copy of its own, or that is waived; a copy is taken off again (T23, T24)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from server.cases.service.changes import OpenCase, attempt_of, change_case
from server.cases.service.texts import required_text
from server.cases.states import Action
from server.publications.models import Publication, PublishedCase
from server.publications.rules import PublicationStatus, check_status
from server.publications.service.drafting import (
    Desk,
    case_to_publish,
    check_draft_again,
    open_publication,
    publication_of,
    record_step,
)
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.sessions import WriteSession

REASON_LENGTH = 500


async def publish_case(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    desk: Desk,
    actor: Actor,
) -> UUID:
    """Make the checked draft of a case public, once the reporter has rated it or let the time for that pass (T23).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_TRACK_NOT_PUBLISHED, CASE_RATING_OPEN,
    CASE_PUBLICATION_WAIVED, CASE_CATEGORY_PRIVATE, PUBLICATION_NOT_CHECKED, PUBLICATION_FINDINGS.
    """
    case = await case_to_publish(session, case_id, desk=desk, actor=actor)
    row = await publication_of(session, case_id, tenant_id=actor.tenant_id)
    checked = row is not None and _is_checked(row, case)
    attempt = attempt_of(actor, private=desk.policy.is_private(case.facts.category), copy_checked=checked)
    if row is not None and checked:
        await check_draft_again(session, row, case, desk=desk)
        copy = PublishedCase(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            title=row.title,
            asked=row.asked,
            done=row.done,
            category=row.category,
            place=row.place,
            month=row.month,
            published_at=attempt.now,
        )
        session.add(copy)
        row.status, row.version = PublicationStatus.PUBLISHED, row.version + 1
        row.copy_id, row.published_at = copy.id, attempt.now
    return await change_case(
        session,
        case,
        Action.PUBLISH,
        attempt=attempt,
        expected_version=expected_version,
        policy=desk.policy,
        actor=actor,
    )


def _is_checked(row: Publication, case: OpenCase) -> bool:
    """Whether somebody else checked it, and it tells of the present result, not of one before a reopening."""
    resolved_at = case.facts.resolved_at
    return row.status == PublicationStatus.CHECKED and (resolved_at is None or row.drafted_at >= resolved_at)


async def waive_publication(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    reason: str,
    desk: Desk,
    actor: Actor,
) -> UUID:
    """Say why a result is lawfully not made public; the step counts as taken (T24).

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, CASE_WRONG_STATUS, CASE_TRACK_NOT_PUBLISHED, CASE_RATING_OPEN,
    CASE_PUBLICATION_WAIVED, TEXT_*.
    """
    note = required_text(reason, field="reason", most=REASON_LENGTH)
    case = await case_to_publish(session, case_id, desk=desk, actor=actor)
    return await change_case(
        session,
        case,
        Action.WAIVE_PUBLICATION,
        attempt=attempt_of(actor, note=note),
        expected_version=expected_version,
        policy=desk.policy,
        actor=actor,
    )


async def withdraw_publication(
    session: WriteSession,
    *,
    publication_id: UUID,
    reason: str,
    desk: Desk,
    actor: Actor,
) -> UUID:
    """Take the words of a copy off at once; that there was one is still told. The case stays as it is.

    Errors: NotFound, NotPermitted, PUBLICATION_WRONG_STATUS, TEXT_*.
    """
    note = required_text(reason, field="reason", most=REASON_LENGTH)
    row, _case = await open_publication(session, publication_id, desk=desk, actor=actor)
    check_status("withdraw", PublicationStatus(row.status))
    at = now()
    await session.execute(
        update(PublishedCase)
        .where(PublishedCase.tenant_id == actor.tenant_id, PublishedCase.id == row.copy_id)
        .values(title=None, asked=None, done=None, place=None, withdrawn_at=at),
    )
    row.status, row.version = PublicationStatus.WITHDRAWN, row.version + 1
    row.withdrawn_by_id, row.withdrawn_at, row.reason = actor.member_id, at, note
    await record_step(session, row, "PublicationWithdrawn", actor=actor)
    return row.id
