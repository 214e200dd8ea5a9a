"""Legal holds in the graph."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Node
from schema.planner.declare import column, entity, to_one
from server.retention import models, visibility

if TYPE_CHECKING:
    from schema.cases.types import Case
    from schema.members.types import Member


@entity(models.CaseHold, prefix="hold", visible=visibility.holds)
class CaseHold(Node):
    """What keeps a case from being erased while a proceeding needs it."""

    reason: str = column("Why it is held.")
    held_at: datetime = column("Since when.")
    release_reason: str | None = column("Why it was released; null while it is in force.")
    released_at: datetime | None = column("Until when; null while it is in force.")
    held_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who held it, if the viewer may see that member.",
        by="held_by_id",
    )
    released_by: Annotated[Member, strawberry.lazy("schema.members.types")] | None = to_one(
        "Who released it, if the viewer may see that member.",
        by="released_by_id",
    )
    case: Annotated[Case, strawberry.lazy("schema.cases.types")] | None = to_one("The case.", by="case_id")
