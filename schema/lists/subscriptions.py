"""The stream of the four lists' events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.lists.history import ListEvent
from schema.lists.types import ListProblem
from schema.planner.fields import loaded
from schema.planner.streams import follow
from server.lists.stream import visible_after


@strawberry.type(description="Something happened in lists the subscriber may see.")
class ListEventNotice:
    """One item of the stream."""

    event_id: strawberry.Private[UUID]
    problem_id: strawberry.Private[UUID]
    cursor: str = strawberry.field(description="Opaque: pass it as 'after' to go on from here, on any connection.")
    event: ListEvent | None = loaded("What happened.", ListEvent, by="event_id")
    problem: ListProblem | None = loaded("The problem as it is now.", ListProblem, by="problem_id")


@strawberry.type
class ListSubscriptions:
    """Streams of the four lists."""

    @strawberry.subscription(
        description="Everything that happens in the four lists the subscriber may see, in commit order, each event "
        "once. With 'after' it resumes where an earlier stream ended; without, it starts now.",
    )
    async def list_events(
        self,
        info: CivicInfo,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last notice received.")] = None,
    ) -> AsyncGenerator[ListEventNotice, None]:
        """Follow the log."""
        async for item in follow(info.context, "list_events", visible_after, after):
            yield ListEventNotice(event_id=item.id, problem_id=item.subject_id, cursor=item.cursor)
