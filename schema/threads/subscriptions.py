"""The stream of messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.planner.fields import loaded
from schema.planner.streams import follow
from schema.threads.types import CaseMessage
from server.threads.stream import visible_after

if TYPE_CHECKING:
    from schema.cases.types import Case

_Case = Annotated["Case", strawberry.lazy("schema.cases.types")]


@strawberry.type(description="A message the subscriber may read was written, or taken back.")
class CaseMessageNotice:
    """One item of the stream."""

    message_id: strawberry.Private[UUID]
    case_id: strawberry.Private[UUID]
    cursor: str = strawberry.field(description="Opaque: pass it as 'after' to go on from here, on any connection.")
    message: CaseMessage | None = loaded("The message as it is now.", CaseMessage, by="message_id")
    case: _Case | None = loaded("The case as it is now.", _Case, by="case_id")


@strawberry.type
class ThreadSubscriptions:
    """Streams of messages."""

    @strawberry.subscription(
        description="Every message written in, or taken back from, threads the subscriber takes part in, in commit order. "
        "With 'after' it resumes where an earlier stream ended; without, it starts now.",
    )
    async def case_messages(
        self,
        info: CivicInfo,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last notice received.")] = None,
    ) -> AsyncGenerator[CaseMessageNotice, None]:
        """Follow the log."""
        async for item in follow(info.context, "case_messages", visible_after, after):
            yield CaseMessageNotice(message_id=item.id, case_id=item.subject_id, cursor=item.cursor)
