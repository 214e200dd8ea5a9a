"""What the reporter of a merged case learns of the one that goes on: how it stands, and nothing anybody else said."""

from __future__ import annotations

from datetime import datetime

from schema.planner.declare import column, embedded
from server.cases import columns
from server.cases.states import CaseStatus


@embedded
class CaseSurvivor:
    """The case into which another was merged, as everybody learns of it who sees the other; all null without one."""

    number: str | None = column("Its human-readable number.", expression=columns.of_survivor("number"))
    status: CaseStatus | None = column("Where it stands.", expression=columns.of_survivor("status"))
    resolved_at: datetime | None = column("When it was concluded.", expression=columns.of_survivor("resolved_at"))
    feedback_at: datetime | None = column(
        "When its reporter was given the result.", expression=columns.of_survivor("feedback_at")
    )
    result: str | None = column("What was done.", expression=columns.of_survivor("result"))
