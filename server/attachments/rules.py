"""What a file must be to be announced, and to be attached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from server.errors import NotFound, RuleViolation
from server.files.kinds import MediaType
from server.files.names import LONGEST_NAME, tidy

MOST_WAITING = 20
"""Files one account may have announced and not sent."""

MOST_UNATTACHED = 50
"""Files one account may have that are attached to nothing, announced ones among them: as many as a report takes."""

MOST_OF_CASE = 50
MOST_OF_MESSAGE = 10
UNATTACHED_FOR = timedelta(days=1)
"""How long a file waits for the report or the message it was sent for, and a refused one for somebody to ask why."""


class State(StrEnum):
    """PENDING: announced, not there yet. READY: can be fetched. REFUSED: was sent, and not let in."""

    PENDING = "PENDING"
    READY = "READY"
    REFUSED = "REFUSED"


class Purpose(StrEnum):
    """What it is for. EVIDENCE: the reporter shows what it is about. RESULT: who handles it shows what was done."""

    EVIDENCE = "EVIDENCE"
    RESULT = "RESULT"
    MESSAGE = "MESSAGE"


@dataclass(frozen=True, slots=True)
class Announced:
    """A file somebody wants to send. size: bytes."""

    name: str
    kind: MediaType
    size: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A file as far as attaching it is concerned."""

    id: UUID
    uploader_account_id: UUID
    state: State
    case_id: UUID | None
    message_id: UUID | None


def announce(name: str, media_type: str, size: int, *, most: int) -> Announced:
    """The file as it will be kept. Errors: ATTACHMENT_TYPE, ATTACHMENT_SIZE, ATTACHMENT_NAME."""
    if media_type not in frozenset(MediaType):
        raise RuleViolation(
            "Files of type {type} are not let in. Allowed: {allowed}.",
            code="ATTACHMENT_TYPE",
            field=("mediaType",),
            type=media_type[:LONGEST_NAME],
            allowed=", ".join(MediaType),
        )
    if not 1 <= size <= most:
        raise RuleViolation("A file has 1 to {most} bytes.", code="ATTACHMENT_SIZE", field=("bytes",), most=most)
    kind = MediaType(media_type)
    tidied = tidy(name, kind) if len(name) <= LONGEST_NAME else None
    if tidied is None:
        raise RuleViolation(
            "A file name has 1 to {most} visible characters.",
            code="ATTACHMENT_NAME",
            field=("filename",),
            most=LONGEST_NAME,
        )
    return Announced(tidied, kind, size)


def check_waiting(waiting: int, unattached: int) -> None:
    """Raise ATTACHMENTS_WAITING when an account has too many files that it has not sent, or attached to nothing.

    waiting: announced and not sent. unattached: sent, and part of no case and no message.
    """
    if waiting >= MOST_WAITING:
        raise RuleViolation(
            "{most} files are announced and not sent yet. Send them, or wait until their links have expired.",
            code="ATTACHMENTS_WAITING",
            most=MOST_WAITING,
        )
    if waiting + unattached >= MOST_UNATTACHED:
        raise RuleViolation(
            "{most} files are sent and not attached to anything. Attach them, or wait until they are removed after a day.",
            code="ATTACHMENTS_WAITING",
            most=MOST_UNATTACHED,
        )


def check_room(there: int, more: int, *, most: int) -> None:
    """Raise ATTACHMENTS_TOO_MANY when a case or message would have more files than it may."""
    if there + more > most:
        raise RuleViolation(
            "At most {most} files can be attached here.",
            code="ATTACHMENTS_TOO_MANY",
            field=("attachmentIds",),
            most=most,
        )


def check_attachable(
    wanted: Sequence[UUID], found: Sequence[Facts], *, account_id: UUID | None, case_id: UUID, message_id: UUID | None
) -> None:
    """Whether these files can be attached to a case, or to a message of it.

    One's own files only, each once. One that is attached there already is no fault: a retry finds it so. Errors:
    NotFound for a file of others or none, ATTACHMENT_NOT_READY, ATTACHMENT_IN_USE.
    """
    own = {facts.id: facts for facts in found if facts.uploader_account_id == account_id}
    for id_ in wanted:
        facts = own.get(id_)
        if facts is None:
            raise NotFound("No such file.", field=("attachmentIds",))
        if facts.state is not State.READY:
            raise RuleViolation(
                "The file is {state}; send it first.",
                code="ATTACHMENT_NOT_READY",
                field=("attachmentIds",),
                state=facts.state,
            )
        if facts.case_id not in {None, case_id} or facts.message_id not in {None, message_id}:
            raise RuleViolation(
                "The file is attached elsewhere; send it again to attach it here.",
                code="ATTACHMENT_IN_USE",
                field=("attachmentIds",),
            )


def kept_until(
    state: State, *, attached: bool, created_at: datetime, expires_at: datetime, storing_until: datetime | None
) -> datetime | None:
    """When a file is removed unless something becomes of it; None for one that stays."""
    match state:
        case State.PENDING:
            return max(expires_at, storing_until or expires_at)
        case State.REFUSED:
            return created_at + UNATTACHED_FOR
        case State.READY:
            return None if attached else created_at + UNATTACHED_FOR
