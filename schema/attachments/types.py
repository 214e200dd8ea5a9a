"""Attachments in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.attachments.links import file_links, thumbnail_links
from schema.connections import Node
from schema.planner.declare import column, entity, to_any, to_one
from server.attachments import columns, models, visibility
from server.attachments.rules import Purpose, State
from server.files.refusals import Reason

if TYPE_CHECKING:
    from schema.cases.parties import CaseParty
    from schema.cases.types import Case
    from schema.threads.types import CaseMessage


@entity(models.Attachment, prefix="attachment", visible=visibility.attachments)
class Attachment(Node):
    """A file beside a case, in a message, or waiting for one of them."""

    filename: str = column("The name it is saved under.")
    media_type: str = column("What it is, by its content.")
    bytes: int = column("Its size: as announced until it is READY, then as kept.", of="size")
    state: State = column("Whether it can be fetched.")
    reason: Reason | None = column("Why it was not let in; null unless REFUSED.")
    purpose: Purpose | None = column("What it is for; null while it is attached nowhere.")
    width: int | None = column("Pixels; null for what is no image.")
    height: int | None = column("Pixels; null for what is no image.")
    created_at: datetime = column("When it was announced.")
    url: str | None = column(
        "Path to GET it from, on the host of this API, for 5 minutes and without a token; null unless READY.",
        expression=columns.fetched_by,
        decoder=file_links,
    )
    thumbnail_url: str | None = column(
        "The same for a preview of at most 320 pixels (WebP); null for what is no image.",
        expression=columns.previewed_by,
        decoder=thumbnail_links,
    )
    by: Annotated[CaseParty, strawberry.lazy("schema.cases.parties")] | None = to_any(
        "Who sent it, if the viewer may see them.",
        {"Member": columns.sending_member, "Resident": "uploader_resident_id"},
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one(
        "The case it belongs to.", by="case_id"
    )
    message: Annotated[CaseMessage, strawberry.lazy("schema.threads.types")] | None = to_one(
        "The message it is in.", by="message_id"
    )
