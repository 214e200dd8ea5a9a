"""Root reads of figures."""

from __future__ import annotations

import strawberry

from schema.analytics.inputs import Period
from schema.analytics.types import Dashboard
from schema.planner.figures import root_dashboard


@strawberry.type
class AnalyticsQueries:
    """Reads of figures."""

    dashboard: Dashboard | None = root_dashboard(
        "Figures of an organization with everything below it; null where the viewer has no figures to see. "
        "Needs dashboard:read.",
        Dashboard,
        Period,
    )
