"""A file arrives: taken in hand by one upload at a time, then READY or REFUSED for good, which uses its link up."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select

from server.attachments.models import Attachment
from server.attachments.rules import State
from server.attachments.service.announcing import SUBJECT
from server.errors import Conflict, NotFound
from server.events.record import record
from server.files.inspection import Kept
from server.files.links import Upload
from server.files.refusals import Reason
from tenants.clock import now
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession

IN_HAND = timedelta(seconds=60)
"""How long the store may take; after that the link is good for another try."""


async def awaited(session: WriteSession, leave: Upload) -> None:
    """Raise NotFound unless the file a link allows is still to come: looked at before its bytes are."""
    if await session.scalar(_pending(leave)) is None:
        raise _gone()


async def take_in_hand(session: WriteSession, leave: Upload) -> datetime:
    """Claim the file for this upload; until when. Errors: NotFound, Conflict UPLOAD_UNDER_WAY for a second at once."""
    row = await session.scalar(_pending(leave).with_for_update())
    if row is None:
        raise _gone()
    if row.storing_until is not None and row.storing_until > now():
        raise Conflict("The file is being sent already. Ask what became of it.", code="UPLOAD_UNDER_WAY")
    row.storing_until = now() + IN_HAND
    await session.flush()
    return row.storing_until


async def settle(
    session: WriteSession, leave: Upload, *, in_hand: datetime, outcome: Kept | Reason, actor: Actor
) -> None:
    """Write down what became of a file that ``take_in_hand`` claimed. Errors: NotFound when it is somebody else's now."""
    row = await session.scalar(_pending(leave).where(Attachment.storing_until == in_hand).with_for_update())
    if row is None:
        raise _gone()
    row.storing_until = None
    if isinstance(outcome, Reason):
        row.state, row.reason = State.REFUSED, outcome
    else:
        row.state, row.size = State.READY, len(outcome.content)
        row.width, row.height, row.has_thumbnail = outcome.width, outcome.height, outcome.thumbnail is not None
    await session.flush()
    await record(
        session,
        type="AttachmentRefused" if isinstance(outcome, Reason) else "AttachmentReceived",
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_READ,
        actor=actor,
        detail={"reason": row.reason, "bytes": row.size},
    )


async def fetchable(session: WriteSession, *, tenant_id: UUID, attachment_id: UUID) -> Attachment:
    """The row of a file that can be fetched by whoever holds a link. Raises NotFound."""
    row = await session.scalar(
        select(Attachment).where(
            Attachment.tenant_id == tenant_id,
            Attachment.id == attachment_id,
            Attachment.state == State.READY,
        ),
    )
    if row is None:
        raise _gone()
    return row


def _pending(leave: Upload) -> Select[Attachment]:
    return select(Attachment).where(
        Attachment.tenant_id == leave.tenant_id,
        Attachment.id == leave.id,
        Attachment.uploader_account_id == leave.account_id,
        Attachment.media_type == leave.kind,
        Attachment.size == leave.size,
        Attachment.state == State.PENDING,
    )


def _gone() -> NotFound:
    return NotFound("No such file.")
