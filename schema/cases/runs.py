"""How far the worker is with computing deadlines anew."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.connections import Connection, Node
from schema.planner.declare import column, entity, newest_first
from schema.planner.fields import root_connection
from server.cases import revisions, visibility


@strawberry.enum(description="Orders of runs.")
class DeadlineRunOrder(Enum):
    """What runs can be ordered by."""

    ASKED_DESC = "ASKED_DESC"


@entity(
    revisions.DeadlineRun,
    prefix="deadlinerun",
    visible=visibility.deadline_runs,
    orders={DeadlineRunOrder.ASKED_DESC: newest_first("asked_at")},
)
class DeadlineRun(Node):
    """A run that computes every open deadline anew, after the limits, the ladder or a calendar changed."""

    manifest_version: int = column("Number of the manifest it follows.")
    open_cases: int = column("Open cases when it was asked for.")
    looked_at: int = column("Cases it has looked at.")
    moved: int = column("Those whose deadline became another one.")
    renews: bool = column("Whether open cases take over the templates as they are now.")
    renewed: int = column("Those that took over another template.")
    asked_at: datetime = column("When the manifest was put in force.")
    finished_at: datetime | None = column("When it was done; null while it is under way.")


@strawberry.type
class RunQueries:
    """Reads of runs."""

    deadline_runs: Connection[DeadlineRun] = root_connection(
        "Runs that compute open deadlines anew, newest first. Needs manifest:read.",
        Connection[DeadlineRun],
        order=DeadlineRunOrder,
    )
