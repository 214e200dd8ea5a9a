"""Filters and orders of tasks and allegations, and the enumerations they share with the rules."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.planner.conditions import at_least, before, equals, is_set, one_of
from schema.planner.declare import where
from server.cases.outcomes import TaskStatus

strawberry.enum(TaskStatus, description="Where a department's share of a case stands.")


@strawberry.enum(description="Orders of tasks.")
class CaseTaskOrder(Enum):
    """What tasks can be ordered by."""

    ASSIGNED_DESC = "ASSIGNED_DESC"
    ASSIGNED_ASC = "ASSIGNED_ASC"


@strawberry.enum(description="What tasks can be counted by.")
class CaseTaskKey(Enum):
    """Keys of charts of tasks."""

    STATUS = "STATUS"
    ORGANIZATION = "ORGANIZATION"


@strawberry.enum(description="Orders of allegations.")
class CaseAllegationOrder(Enum):
    """What allegations can be ordered by."""

    NUMBER_ASC = "NUMBER_ASC"
    NUMBER_DESC = "NUMBER_DESC"


@strawberry.input(description="Which tasks; all conditions given must hold.")
class CaseTaskFilter:
    """Conditions on the tasks of one case, or of one organization."""

    status: list[TaskStatus] | None = where("In one of these states.", one_of("status"))
    organization_id: strawberry.ID | None = where(
        "Of this very organization.",
        equals("organization_id"),
        prefix="org",
    )
    assigned_since: datetime | None = where("Assigned at or after.", at_least("assigned_at"))
    assigned_until: datetime | None = where("Assigned before.", before("assigned_at"))
    closed_since: datetime | None = where("Done or canceled at or after.", at_least("closed_at"))
    closed_until: datetime | None = where("Done or canceled before.", before("closed_at"))


@strawberry.input(description="Which allegations; all conditions given must hold.")
class CaseAllegationFilter:
    """Conditions on the allegations of one case: few rows, found by the case."""

    answered: bool | None = where("true: answered in the present course; false: not.", flag=is_set("answered_at"))
