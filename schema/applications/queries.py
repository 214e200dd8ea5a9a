"""Root reads of applications."""

from __future__ import annotations

import strawberry

from schema.applications.inputs import ApplicationFilter, ApplicationOrder
from schema.applications.types import Application
from schema.connections import Connection
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class ApplicationQueries:
    """Reads of programs of third parties."""

    applications: Connection[Application] = root_connection(
        "Programs of third parties that the viewer may manage, by name unless ordered otherwise.",
        Connection[Application],
        filter=ApplicationFilter,
        order=ApplicationOrder,
    )
    application: Application | None = root_by_id(
        "One application by id; null when there is none the viewer may manage.",
        Application,
        prefix="application",
    )
