"""What a message is, and who may take it back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from server.errors import NotPermitted, RuleViolation


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to write. thread: PRIVATE or INTERNAL. text: trimmed, None for files alone."""

    case_id: UUID
    thread: str
    text: str | None
    reply_to_id: UUID | None = None
    attachment_ids: tuple[UUID, ...] = ()

    def digest(self) -> str:
        """Tells two messages apart that carry the same idempotency key."""
        values = [self.case_id, self.thread, self.text, self.reply_to_id, *self.attachment_ids]
        return hashlib.sha256(json.dumps([value and str(value) for value in values]).encode()).hexdigest()


def check_draft(draft: Draft) -> None:
    """Raise MESSAGE_EMPTY for a message that says and shows nothing."""
    if draft.text is None and not draft.attachment_ids:
        raise RuleViolation("A message has a text or a file.", code="MESSAGE_EMPTY", field=("text",))


def check_author(author: UUID | None, account_id: UUID | None) -> None:
    """Raise NotPermitted unless the account wrote it; nobody takes back what others wrote."""
    if author is None or author != account_id:
        raise NotPermitted("Only who wrote a message can take it back.")
