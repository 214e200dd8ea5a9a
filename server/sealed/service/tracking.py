"""Following a sealed matter by its code, which is the reporter's only credential (AQ-02, P-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.cases.service.texts import optional_text
from server.errors import NotFound
from server.intake.rules import Code
from server.intake.service.tracking import digest_of
from server.sealed.models import SealedAllegation, SealedCase
from server.sealed.rules import (
    NOTE_LENGTH,
    SealedEventKind,
    SealedReading,
    SealedSatisfaction,
    SealedStatus,
    SealedVerdict,
    check_rating,
    check_step,
)
from server.sealed.service.changes import change, locked
from server.sealed.service.ciphers import FEEDBACK, SAID, open_one, sealer_of
from server.sealed.service.reading import note_readings
from tenants.context import anonymous_actor
from tenants.keys import Keyring
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class TrackedAllegation:
    """What was complained of, and the answer; None while there is none."""

    position: int
    said: str
    feedback: str | None
    feedback_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrackedSealed:
    """A matter as its reporter may know it. verdict_asked: all is answered, and the reporter has said nothing yet."""

    status: SealedStatus
    received_at: datetime
    closed_at: datetime | None
    satisfaction: SealedSatisfaction
    verdict_asked: bool
    allegations: tuple[TrackedAllegation, ...]


async def track_sealed(session: WriteSession, code: Code, *, tenant_id: UUID, keyring: Keyring) -> TrackedSealed | None:
    """The matter of a code; None for any other text. Noted as a reading, without a trace of who it was."""
    row = await _of_code(session, code, tenant_id=tenant_id, keyring=keyring)
    if row is None:
        return None
    await note_readings(session, [row.id], action=SealedReading.TRACK, actor=anonymous_actor(tenant_id))
    found = await session.scalars(
        select(SealedAllegation)
        .where(SealedAllegation.tenant_id == tenant_id, SealedAllegation.case_id == row.id)
        .order_by(SealedAllegation.position)
    )
    told = tuple(
        [
            TrackedAllegation(
                each.position,
                await open_one(keyring, each.said, tenant_id=tenant_id, place=SAID, row_id=each.id),
                await open_one(keyring, each.feedback, tenant_id=tenant_id, place=FEEDBACK, row_id=each.id),
                each.feedback_at,
            )
            for each in found
        ]
    )
    satisfaction = SealedSatisfaction(row.satisfaction)
    asked = row.answered == row.allegations and satisfaction is SealedSatisfaction.NOT_RATED
    return TrackedSealed(SealedStatus(row.status), row.received_at, row.closed_at, satisfaction, asked, told)


async def rate_sealed(
    session: WriteSession, code: Code, *, verdict: SealedVerdict, comment: str | None, tenant_id: UUID, keyring: Keyring
) -> None:
    """The verdict of whoever holds the code, once, when every allegation has its feedback (FD-04).

    Errors: NotFound, SEALED_WRONG_STATUS, SEALED_NOT_ANSWERED, TEXT_*, Conflict SEALED_RATED.
    """
    row = await _of_code(session, code, tenant_id=tenant_id, keyring=keyring)
    if row is None:
        raise NotFound("No matter has this code.", field=("code",))
    opened = await locked(session, row.id, tenant_id=tenant_id)
    check_step(SealedEventKind.RATED, opened.facts)
    check_rating(opened.facts)
    note = optional_text(comment, field="comment", most=NOTE_LENGTH)
    sealer = await sealer_of(session, keyring, tenant_id)
    satisfaction = SealedSatisfaction(verdict.value)
    await change(
        session, opened, SealedEventKind.RATED, sealer=sealer, actor=None, note=note, satisfaction=satisfaction
    )


async def _of_code(session: WriteSession, code: Code, *, tenant_id: UUID, keyring: Keyring) -> SealedCase | None:
    found: SealedCase | None = await session.scalar(
        select(SealedCase).where(SealedCase.tenant_id == tenant_id, SealedCase.code == digest_of(code, keyring))
    )
    return found
