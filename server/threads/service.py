"""Writing a message, and taking one's own back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.attachments.rules import Purpose
from server.attachments.service.attaching import Place, put_in_place, remove_of_message
from server.cases.participation import Thread
from server.cases.service.participation import Participation, take_part
from server.cases.service.texts import KEY_LENGTH, optional_text
from server.errors import Conflict, NotFound
from server.events.record import record
from server.threads.models import CaseMessage
from server.threads.rules import Draft, check_author, check_draft
from server.threads.visibility import messages
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.db import rows_of
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

SUBJECT = "case_message"


async def post_message(session: WriteSession, *, draft: Draft, idempotency_key: str | None, actor: Actor) -> UUID:
    """The id of the new message, or of the one this account wrote with the same key before.

    Errors: NotFound for the case, the message replied to or a file; NotPermitted for a thread of others; CASE_CLOSED,
    MESSAGE_EMPTY, TEXT_*, ATTACHMENT_*, Conflict IDEMPOTENCY_KEY_REUSED for another message under the key.
    """
    authorize(actor, Permission.CASE_READ)
    key = optional_text(idempotency_key, field="idempotencyKey", most=KEY_LENGTH)
    check_draft(draft)
    part = await take_part(session, draft.case_id, Thread(draft.thread), actor=actor)
    # The case is locked: a retry sees what its twin has written.
    if (known := await _written_before(session, key, draft, actor=actor)) is not None:
        return known
    await _check_reply(session, draft, actor=actor)
    row = _row(draft, part, key, actor=actor)
    row.seq = await record(
        session,
        type="CaseMessagePosted",
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_MESSAGE,
        actor=actor,
        detail={"caseId": str(draft.case_id), "thread": draft.thread},
    )
    session.add(row)
    await session.flush()
    place = Place(draft.case_id, Purpose.MESSAGE, row.id, Thread(draft.thread))
    await put_in_place(session, draft.attachment_ids, place, actor=actor)
    return row.id


async def delete_message(session: WriteSession, *, message_id: UUID, actor: Actor) -> UUID:
    """Take one's own message back: its place stays, its text and files go. A second time is no fault.

    Errors: NotFound, NotPermitted, CASE_CLOSED.
    """
    authorize(actor, Permission.CASE_READ)
    row = await _visible(session, message_id, actor=actor)
    check_author(row.author_account_id, actor.account_id)
    await take_part(session, row.case_id, Thread(row.thread), actor=actor)
    await session.refresh(row, with_for_update=True)
    if row.deleted_at is not None:
        return row.id
    row.text, row.deleted_at = None, now()
    files = await remove_of_message(session, row.id, actor=actor)
    row.seq = await record(
        session,
        type="CaseMessageDeleted",
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_MESSAGE,
        actor=actor,
        detail={"caseId": str(row.case_id), "thread": row.thread, "attachmentIds": [str(id_) for id_ in files]},
    )
    await session.flush()
    return row.id


def _row(draft: Draft, part: Participation, key: str | None, *, actor: Actor) -> CaseMessage:
    return CaseMessage(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        case_id=draft.case_id,
        thread=draft.thread,
        text=draft.text,
        reply_to_id=draft.reply_to_id,
        author_account_id=actor.account_id,
        author_member_id=None if part.is_reporter else actor.member_id,
        author_resident_id=actor.resident_id if part.is_reporter else None,
        from_reporter=part.is_reporter,
        at=now(),
        idempotency_key=key,
        idempotency_digest=draft.digest() if key else None,
    )


async def _written_before(session: WriteSession, key: str | None, draft: Draft, *, actor: Actor) -> UUID | None:
    if key is None or actor.account_id is None:
        return None
    found = (
        await session.execute(
            select(CaseMessage.id, CaseMessage.idempotency_digest).where(
                CaseMessage.tenant_id == actor.tenant_id,
                CaseMessage.author_account_id == actor.account_id,
                CaseMessage.idempotency_key == key,
            ),
        )
    ).one_or_none()
    if found is None:
        return None
    if found.idempotency_digest != draft.digest():
        raise Conflict(
            "This idempotency key was used for another message. Use a new key for a new message.",
            code="IDEMPOTENCY_KEY_REUSED",
            field=("idempotencyKey",),
        )
    message_id: UUID = found.id
    return message_id


async def _check_reply(session: WriteSession, draft: Draft, *, actor: Actor) -> None:
    if draft.reply_to_id is None:
        return
    found = await session.scalar(
        select(CaseMessage.id).where(
            CaseMessage.tenant_id == actor.tenant_id,
            CaseMessage.id == draft.reply_to_id,
            CaseMessage.case_id == draft.case_id,
            CaseMessage.thread == draft.thread,
        ),
    )
    if found is None:
        raise NotFound("No such message in this thread.", field=("replyToId",))


async def _visible(session: WriteSession, message_id: UUID, *, actor: Actor) -> CaseMessage:
    viewer = Viewer(actor)
    row = rows_of(CaseMessage)
    seen = select(row.c.id).where(row.c.tenant_id == viewer.tenant, row.c.id == message_id, messages(row, viewer))
    if await session.scalar(seen, viewer.values()) is None:
        raise NotFound("No such message.", field=("messageId",))
    return (
        await session.scalars(
            select(CaseMessage).where(CaseMessage.tenant_id == actor.tenant_id, CaseMessage.id == message_id),
        )
    ).one()
