"""A file is announced: its row stands before its first byte, and goes again when none comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from server.attachments.models import Attachment
from server.attachments.rules import (
    MOST_OF_CASE,
    Announced,
    Purpose,
    State,
    check_room,
    check_waiting,
)
from server.cases.participation import Thread
from server.cases.service.participation import take_part
from server.events.models import DueWork
from server.events.record import record
from server.files.links import UPLOAD_LIFETIME, Upload
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

SUBJECT = "attachment"
TIDY = "attachment.tidy"
EXPIRE, REMOVE = "expire", "remove"
GRACE = timedelta(minutes=1)


async def announce_file(
    session: WriteSession, *, file: Announced, case_id: UUID | None, account_id: UUID, actor: Actor
) -> Upload:
    """Leave to send one file: for a case one takes part in, or for a report or message still being written.

    Errors: NotFound, NotPermitted, CASE_CLOSED, ATTACHMENTS_WAITING, ATTACHMENTS_TOO_MANY.
    """
    authorize(actor, Permission.CASE_READ)
    purpose = await _purpose(session, case_id, actor=actor)
    check_waiting(*await _waiting(session, account_id, actor=actor))
    at = now()
    expires_at = (at + UPLOAD_LIFETIME).replace(microsecond=0)
    row = Attachment(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        case_id=case_id,
        purpose=purpose,
        state=State.PENDING,
        filename=file.name,
        media_type=file.kind,
        size=file.size,
        uploader_account_id=account_id,
        uploader_member_id=actor.member_id,
        uploader_resident_id=actor.resident_id,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.add(tidying(row.id, EXPIRE, actor=actor, due_at=expires_at + GRACE))
    await session.flush()
    await record(
        session,
        type="AttachmentAnnounced",
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_READ,
        actor=actor,
        detail={"caseId": str(case_id) if case_id else None, "mediaType": file.kind, "bytes": file.size},
    )
    return Upload(actor.tenant_id, row.id, account_id, file.kind, file.size, expires_at)


def tidying(attachment_id: UUID, step: str, *, actor: Actor, due_at: datetime) -> DueWork:
    """The row that makes the worker look after a file."""
    return DueWork(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        kind=TIDY,
        subject_id=attachment_id,
        step=step,
        due_at=due_at,
    )


async def _purpose(session: WriteSession, case_id: UUID | None, *, actor: Actor) -> Purpose | None:
    if case_id is None:
        return None
    part = await take_part(session, case_id, Thread.PRIVATE, actor=actor)
    check_room(await of_case(session, case_id, actor=actor), 1, most=MOST_OF_CASE)
    return Purpose.EVIDENCE if part.is_reporter else Purpose.RESULT


async def of_case(session: WriteSession, case_id: UUID, *, actor: Actor) -> int:
    """How many files a case has beside its messages; refused ones do not count."""
    counted = select(func.count()).where(
        Attachment.tenant_id == actor.tenant_id,
        Attachment.case_id == case_id,
        Attachment.message_id.is_(None),
        Attachment.state != State.REFUSED,
    )
    return await session.scalar(counted) or 0


async def _waiting(session: WriteSession, account_id: UUID, *, actor: Actor) -> tuple[int, int]:
    """How many files of an account are announced and not sent, and how many are sent and attached to nothing."""
    pending = (Attachment.state == State.PENDING) & (Attachment.expires_at > now())
    unattached = (Attachment.state == State.READY) & Attachment.case_id.is_(None)
    counted = select(func.count().filter(pending), func.count().filter(unattached)).where(
        Attachment.tenant_id == actor.tenant_id,
        Attachment.uploader_account_id == account_id,
        pending | unattached,
    )
    waiting, there = (await session.execute(counted)).one()
    return waiting, there
