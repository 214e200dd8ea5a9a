"""Root reads of volunteers, activities and hours."""

from __future__ import annotations

import strawberry

from schema.planner.fields import root_by_id, root_connection
from schema.volunteers.inputs import (
    ActivityFilter,
    ActivityOrder,
    HourEntryFilter,
    HourEntryOrder,
    VolunteerFilter,
    VolunteerOrder,
)
from schema.volunteers.types import (
    Activity,
    ActivityConnection,
    HourEntryConnection,
    Volunteer,
    VolunteerConnection,
)


@strawberry.type
class VolunteerQueries:
    """Reads of volunteers."""

    volunteers: VolunteerConnection = root_connection(
        "Volunteers the viewer may see: oneself, and for staff those of their places.",
        VolunteerConnection,
        filter=VolunteerFilter,
        order=VolunteerOrder,
    )
    volunteer: Volunteer | None = root_by_id(
        "One volunteer by id; null when there is none the viewer may see.",
        Volunteer,
        prefix="volunteer",
    )
    activities: ActivityConnection = root_connection(
        "The city's activities, latest first unless ordered otherwise.",
        ActivityConnection,
        filter=ActivityFilter,
        order=ActivityOrder,
    )
    activity: Activity | None = root_by_id(
        "One activity by id; null when there is none the viewer may see.",
        Activity,
        prefix="activity",
    )
    hour_entries: HourEntryConnection = root_connection(
        "Hours of all volunteers the viewer may see: with status ENTERED, what waits to be verified.",
        HourEntryConnection,
        filter=HourEntryFilter,
        order=HourEntryOrder,
    )
