"""Filters of attachments, inputs of their mutations, and the enumerations they share with the rules."""

from __future__ import annotations

import strawberry

from schema.planner.conditions import one_of
from schema.planner.declare import where
from server.attachments.rules import Purpose, State
from server.files.refusals import Reason

strawberry.enum(State, name="AttachmentState", description="Whether a file can be fetched.")
strawberry.enum(Purpose, name="AttachmentPurpose", description="What a file is for.")
strawberry.enum(Reason, name="AttachmentRefusal", description="Why a file was not let in.")


@strawberry.input(description="Which files; all conditions given must hold.")
class AttachmentFilter:
    """Conditions on the files of one case or message: few rows, found by it."""

    state: list[State] | None = where("In one of these states.", one_of("state"))
    purpose: list[Purpose] | None = where("For one of these purposes.", one_of("purpose"))


@strawberry.input(description="A file somebody wants to send.")
class RequestUploadInput:
    """A file, and perhaps its case."""

    case_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of the case it is shown in, to everybody who sees the case; null for a report or a message "
        "still being written.",
    )
    filename: str = strawberry.field(description="Its name, at most 255 characters; kept tidied.")
    media_type: str = strawberry.field(
        description="image/jpeg, image/png, image/webp, application/pdf, text/plain (UTF-8) or video/mp4.",
    )
    bytes: int = strawberry.field(description="Its exact size.")


@strawberry.input(description="Which files to show in which case.")
class AttachFilesInput:
    """A case and files."""

    case_id: strawberry.ID = strawberry.field(description="Id of the case.")
    attachment_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of files the caller has sent, and that are attached nowhere else; a case has up to 50.",
    )
