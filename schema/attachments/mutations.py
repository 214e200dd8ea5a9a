"""Mutations of attachments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from schema.attachments.inputs import AttachFilesInput, RequestUploadInput
from schema.attachments.types import Attachment
from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.attachments.rules import announce
from server.attachments.service import announcing, attaching
from server.errors import NotPermitted
from tenants.permissions import Permission

if TYPE_CHECKING:
    from schema.cases.types import Case

_Case = Annotated["Case", strawberry.lazy("schema.cases.types")]


@strawberry.type(description="Leave to send one file, once.")
class RequestUploadPayload:
    """A link, or why there is none."""

    attachment_id: strawberry.Private[UUID | None] = None
    attachment: Attachment | None = loaded("The file, still to come.", Attachment, by="attachment_id")
    upload_url: str | None = strawberry.field(
        default=None,
        description="Path to PUT exactly the announced bytes to, on the host of this API, with the announced Content-Type "
        "and without a token.",
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When the link ends.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Files shown in a case.")
class AttachFilesPayload:
    """The case, or why nothing was attached."""

    case_id: strawberry.Private[UUID | None] = None
    case: _Case | None = loaded("The case, if the viewer may see it.", _Case, by="case_id")
    user_errors: list[UserError] = user_errors()


@mutation("Announce a file and get a link to send it to.", permission=Permission.CASE_READ)
async def request_upload(info: CivicInfo, input: RequestUploadInput) -> RequestUploadPayload:  # noqa: A002 - GraphQL's own word
    """Announce."""
    actor = info.context.require_actor()
    if actor.account_id is None:
        raise NotPermitted("Sign in with an account of your own to send files.")
    files = info.context.services.files
    file = announce(input.filename, input.media_type, input.bytes, most=files.most)
    async with info.context.write() as session:
        leave = await announcing.announce_file(
            session,
            file=file,
            case_id=optional_row_id(input.case_id, "case", field="caseId"),
            account_id=actor.account_id,
            actor=actor,
        )
    return RequestUploadPayload(
        attachment_id=leave.id, upload_url=files.links.upload(leave), expires_at=leave.expires_at
    )


@mutation("Show files in a case: evidence by its reporter, results by who has it.", permission=Permission.CASE_READ)
async def attach_files(info: CivicInfo, input: AttachFilesInput) -> AttachFilesPayload:  # noqa: A002
    """Attach."""
    actor = info.context.require_actor()
    case_id = row_id(input.case_id, "case", field="caseId")
    attachment_ids = [row_id(id_, "attachment", field="attachmentIds") for id_ in input.attachment_ids]
    async with info.context.write() as session:
        await attaching.attach_files(session, case_id=case_id, attachment_ids=attachment_ids, actor=actor)
    return AttachFilesPayload(case_id=case_id)


@strawberry.type
class AttachmentMutations:
    """Changes of attachments."""

    request_upload = request_upload
    attach_files = attach_files
