"""Public ids, ``<prefix>_<uuid>``, and which table and prefix each type of the graph has."""

from __future__ import annotations

import re
from uuid import UUID

TABLE_OF = {
    "Activity": "activity",
    "Appointment": "appointment",
    "Case": "case",
    "CaseEvent": "case_event",
    "Grid": "grid",
    "GridAssignment": "grid_assignment",
    "HourEntry": "hour_entry",
    "Member": "member",
    "Organization": "organization",
    "Posting": "posting",
    "Resident": "resident",
    "SignUp": "activity_sign_up",
    "Volunteer": "volunteer",
}
PREFIX_OF = {
    "Activity": "activity",
    "Appointment": "appointment",
    "Case": "case",
    "CaseEvent": "caseevent",
    "Grid": "grid",
    "GridAssignment": "place",
    "HourEntry": "hours",
    "Member": "member",
    "Organization": "org",
    "Posting": "posting",
    "Resident": "resident",
    "SignUp": "signup",
    "Volunteer": "volunteer",
}

_ID = re.compile(r"(?P<prefix>.+)_(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE | re.DOTALL)


def split_id(value: str) -> tuple[str, UUID] | None:
    """The prefix and the UUID of a public id, None for anything else."""
    found = _ID.fullmatch(value)
    return None if found is None else (found["prefix"], UUID(found["uuid"]))
