"""Filters and orders of messages, inputs of their mutations, and the enumeration they share with the rules."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.planner.conditions import at_least, before, equals, is_set
from schema.planner.declare import where
from server.cases.participation import Thread

strawberry.enum(Thread, name="CaseThread", description="Who reads along.")


@strawberry.enum(description="Orders of messages.")
class CaseMessageOrder(Enum):
    """What messages can be ordered by."""

    AT_ASC = "AT_ASC"
    AT_DESC = "AT_DESC"


@strawberry.input(description="Which messages; all conditions given must hold.")
class CaseMessageFilter:
    """Conditions on the messages of one case: few rows, found by the case."""

    thread: Thread | None = where("In this thread.", equals("thread"))
    deleted: bool | None = where("true: taken back; false: standing.", flag=is_set("deleted_at"))
    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))


@strawberry.input(description="A message to write.")
class PostMessageInput:
    """A case, a thread and words."""

    case_id: strawberry.ID = strawberry.field(description="Id of the case.")
    thread: Thread = strawberry.field(default=Thread.PRIVATE, description="Who reads along.")
    text: str = strawberry.field(default="", description="The message, at most 4000 characters; blank for files alone.")
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of the message of the same thread that it answers."
    )
    attachment_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Ids of up to 10 files the caller has sent for it (requestUpload without a case).",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Up to 255 characters chosen by the client: the same message sent again under the same key is one "
        "message.",
    )


@strawberry.input(description="Which message to take back.")
class DeleteMessageInput:
    """A message."""

    message_id: strawberry.ID = strawberry.field(description="Id of the message; its author takes it back.")
