"""Mutations of messages."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from schema.threads.inputs import DeleteMessageInput, PostMessageInput
from schema.threads.types import CaseMessage
from server.cases.service.texts import optional_text
from server.threads import service
from server.threads.rules import Draft
from tenants.permissions import Permission


@strawberry.type(description="A message written.")
class PostMessagePayload:
    """Answer of postMessage."""

    message_id: strawberry.Private[UUID | None] = None
    message: CaseMessage | None = loaded("The message; null when nothing was written.", CaseMessage, by="message_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A message taken back.")
class DeleteMessagePayload:
    """Answer of deleteMessage."""

    message_id: strawberry.Private[UUID | None] = None
    message: CaseMessage | None = loaded("What is left of the message.", CaseMessage, by="message_id")
    user_errors: list[UserError] = user_errors()


@mutation("Write a message in a thread of a case.", permission=Permission.CASE_READ)
async def post_message(info: CivicInfo, input: PostMessageInput) -> PostMessagePayload:  # noqa: A002 - GraphQL's own word
    """Write."""
    draft = Draft(
        case_id=row_id(input.case_id, "case", field="caseId"),
        thread=input.thread,
        text=optional_text(input.text, field="text"),
        reply_to_id=optional_row_id(input.reply_to_id, "message", field="replyToId"),
        attachment_ids=tuple(row_id(id_, "attachment", field="attachmentIds") for id_ in input.attachment_ids),
    )
    actor = info.context.require_actor()
    async with info.context.write() as session:
        message_id = await service.post_message(
            session, draft=draft, idempotency_key=input.idempotency_key, actor=actor
        )
    return PostMessagePayload(message_id=message_id)


@mutation("Take one's own message back: its text and files go, its place stays.", permission=Permission.CASE_READ)
async def delete_message(info: CivicInfo, input: DeleteMessageInput) -> DeleteMessagePayload:  # noqa: A002
    """Take back."""
    actor = info.context.require_actor()
    message_id = row_id(input.message_id, "message", field="messageId")
    async with info.context.write() as session:
        await service.delete_message(session, message_id=message_id, actor=actor)
    return DeleteMessagePayload(message_id=message_id)


@strawberry.type
class ThreadMutations:
    """Changes of messages."""

    post_message = post_message
    delete_message = delete_message
