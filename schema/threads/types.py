"""Messages in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.attachments.inputs import AttachmentFilter
from schema.connections import Connection, Node
from schema.planner.declare import column, entity, newest_first, oldest_first, to_any, to_one
from schema.planner.fields import to_many
from schema.threads.inputs import CaseMessageOrder
from server.cases.participation import Thread
from server.threads import models, visibility

if TYPE_CHECKING:
    from schema.attachments.types import Attachment
    from schema.cases.parties import CaseParty
    from schema.cases.types import Case


@entity(
    models.CaseMessage,
    prefix="message",
    visible=visibility.messages,
    orders={
        CaseMessageOrder.AT_ASC: oldest_first("at"),
        CaseMessageOrder.AT_DESC: newest_first("at"),
    },
)
class CaseMessage(Node):
    """What somebody has written in a thread of a case."""

    thread: Thread = column("Who reads along.")
    text: str | None = column("The message; null for files alone, and once it was taken back.")
    at: datetime = column("When it was written.")
    deleted_at: datetime | None = column("When its author took it back; null while it stands.")
    from_reporter: bool = column("Whether the reporter wrote it; otherwise somebody who has the case.")
    by: Annotated[CaseParty, strawberry.lazy("schema.cases.parties")] | None = to_any(
        "Who wrote it, if the viewer may see them.",
        {"Member": "author_member_id", "Resident": "author_resident_id"},
    )
    reply_to: Annotated[CaseMessage, strawberry.lazy("schema.threads.types")] | None = to_one(
        "The message it answers.", by="reply_to_id"
    )
    attachments: Connection[Annotated[Attachment, strawberry.lazy("schema.attachments.types")]] = to_many(
        "Its files, in the order of sending.",
        by="message_id",
        filter=AttachmentFilter,
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")
