"""The stream of case events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry

from schema.cases.history import CaseEvent
from schema.cases.types import Case
from schema.context import CivicInfo
from schema.planner.fields import loaded
from schema.planner.streams import follow
from server.cases.stream import visible_after


@strawberry.type(description="Something happened to a case the subscriber may see.")
class CaseEventNotice:
    """One item of the stream."""

    event_id: strawberry.Private[UUID]
    case_id: strawberry.Private[UUID]
    cursor: str = strawberry.field(description="Opaque: pass it as 'after' to go on from here, on any connection.")
    event: CaseEvent | None = loaded("What happened.", CaseEvent, by="event_id")
    case: Case | None = loaded("The case as it is now.", Case, by="case_id")


@strawberry.type
class CaseSubscriptions:
    """Streams of cases."""

    @strawberry.subscription(
        description="Everything that happens to cases the subscriber may see, in commit order, each event once. "
        "With 'after' it resumes where an earlier stream ended; without, it starts now.",
    )
    async def case_events(
        self,
        info: CivicInfo,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last notice received.")] = None,
    ) -> AsyncGenerator[CaseEventNotice, None]:
        """Follow the log."""
        async for item in follow(info.context, "case_events", visible_after, after):
            yield CaseEventNotice(event_id=item.id, case_id=item.subject_id, cursor=item.cursor)
