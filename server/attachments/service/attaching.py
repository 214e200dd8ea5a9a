"""Files become part of a case or of a message, and leave with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from server.attachments.models import Attachment
from server.attachments.rules import (
    MOST_OF_CASE,
    MOST_OF_MESSAGE,
    Facts,
    Purpose,
    State,
    check_attachable,
    check_room,
)
from server.attachments.service.announcing import REMOVE, of_case, tidying
from server.cases.participation import Thread
from server.cases.service.participation import take_part
from server.cases.service.reporting import Beside
from server.events.record import record
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Place:
    """Where files go: to a case, or to a message in one of its threads."""

    case_id: UUID
    purpose: Purpose
    message_id: UUID | None = None
    thread: Thread | None = None


async def attach_files(session: WriteSession, *, case_id: UUID, attachment_ids: Sequence[UUID], actor: Actor) -> UUID:
    """Attach files one has sent to a case one takes part in; the case's id. What is there already stays as it is.

    Errors: NotFound, NotPermitted, CASE_CLOSED, ATTACHMENT_NOT_READY, ATTACHMENT_IN_USE, ATTACHMENTS_TOO_MANY.
    """
    authorize(actor, Permission.CASE_READ)
    part = await take_part(session, case_id, Thread.PRIVATE, actor=actor)
    place = Place(case_id, Purpose.EVIDENCE if part.is_reporter else Purpose.RESULT)
    await _attach(session, attachment_ids, place, action=Permission.CASE_READ, actor=actor)
    return case_id


def attach_to_report(attachment_ids: Sequence[UUID], *, actor: Actor) -> Beside:
    """Shows files that one has sent in the case one reports with them.

    Errors: NotFound, ATTACHMENT_NOT_READY, ATTACHMENT_IN_USE, ATTACHMENTS_TOO_MANY.
    """

    async def write(session: WriteSession, case_id: UUID) -> None:
        place = Place(case_id, Purpose.EVIDENCE)
        await _attach(session, attachment_ids, place, action=Permission.CASE_REPORT, actor=actor)

    return write


async def put_in_place(
    session: WriteSession, attachment_ids: Sequence[UUID], place: Place, *, actor: Actor
) -> list[Attachment]:
    """Attach files within a use case that records it; those that were not there before. Errors as ``attach_files``."""
    wanted = list(dict.fromkeys(attachment_ids))
    most = MOST_OF_CASE if place.message_id is None else MOST_OF_MESSAGE
    check_room(0, len(wanted), most=most)
    rows = list(
        await session.scalars(
            select(Attachment)
            .where(Attachment.tenant_id == actor.tenant_id, Attachment.id.in_(wanted))
            .order_by(Attachment.id)
            .with_for_update(),
        ),
    )
    facts = [Facts(row.id, row.uploader_account_id, State(row.state), row.case_id, row.message_id) for row in rows]
    check_attachable(wanted, facts, account_id=actor.account_id, case_id=place.case_id, message_id=place.message_id)
    new = [row for row in rows if (row.case_id, row.message_id) != (place.case_id, place.message_id)]
    if place.message_id is None:
        check_room(await of_case(session, place.case_id, actor=actor), len(new), most=most)
    for row in new:
        row.case_id, row.message_id = place.case_id, place.message_id
        row.purpose, row.thread = place.purpose, place.thread
    await session.flush()
    return new


async def _attach(
    session: WriteSession, attachment_ids: Sequence[UUID], place: Place, *, action: Permission, actor: Actor
) -> None:
    rows = await put_in_place(session, attachment_ids, place, actor=actor)
    if rows:
        await record(
            session,
            type="CaseFilesAttached",
            subject_type="case",
            subject_id=place.case_id,
            action=action,
            actor=actor,
            detail={"attachmentIds": [str(row.id) for row in rows]},
        )


async def remove_of_message(session: WriteSession, message_id: UUID, *, actor: Actor) -> list[UUID]:
    """Take the files of a message away: their rows at once, the worker takes the files. Their ids."""
    rows = list(
        await session.scalars(
            select(Attachment).where(Attachment.tenant_id == actor.tenant_id, Attachment.message_id == message_id),
        ),
    )
    for row in rows:
        session.add(tidying(row.id, REMOVE, actor=actor, due_at=now()))
        await session.delete(row)
    await session.flush()
    return [row.id for row in rows]
