"""Public ids, ``<prefix>_<uuid>``, and which table and prefix each type of the graph has."""

from __future__ import annotations

import re
from uuid import UUID

TABLE_OF = {
    "Activity": "activity",
    "ApiKey": "api_key",
    "Application": "application",
    "Appointment": "appointment",
    "Attachment": "attachment",
    "Case": "case",
    "CaseAllegation": "case_allegation",
    "CaseEvent": "case_event",
    "CaseHold": "case_hold",
    "CaseMessage": "case_message",
    "CaseTask": "case_task",
    "DeadlineRun": "deadline_run",
    "Grid": "grid",
    "GridAssignment": "grid_assignment",
    "HourEntry": "hour_entry",
    "Invitation": "invitation",
    "LinkedIdentity": "linked_identity",
    "ListEvent": "list_event",
    "ListMeasure": "list_measure",
    "ListProblem": "list_problem",
    "ListResponsibility": "list_responsibility",
    "ListResult": "list_result",
    "Member": "member",
    "Organization": "organization",
    "Posting": "posting",
    "Publication": "publication",
    "PublishedCase": "published_case",
    "Resident": "resident",
    "SignUp": "activity_sign_up",
    "Volunteer": "volunteer",
}
PREFIX_OF = {
    "Activity": "activity",
    "ApiKey": "apikey",
    "Application": "application",
    "Appointment": "appointment",
    "Attachment": "attachment",
    "Case": "case",
    "CaseAllegation": "allegation",
    "CaseEvent": "caseevent",
    "CaseHold": "hold",
    "CaseMessage": "message",
    "CaseTask": "task",
    "DeadlineRun": "deadlinerun",
    "Grid": "grid",
    "GridAssignment": "place",
    "HourEntry": "hours",
    "Invitation": "invitation",
    "LinkedIdentity": "identity",
    "ListEvent": "listevent",
    "ListMeasure": "measure",
    "ListProblem": "problem",
    "ListResponsibility": "responsibility",
    "ListResult": "result",
    "Member": "member",
    "Organization": "org",
    "Posting": "posting",
    "Publication": "publication",
    "PublishedCase": "published",
    "Resident": "resident",
    "SignUp": "signup",
    "Volunteer": "volunteer",
}

_ID = re.compile(r"(?P<prefix>.+)_(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE | re.DOTALL)


def split_id(value: str) -> tuple[str, UUID] | None:
    """The prefix and the UUID of a public id, None for anything else."""
    found = _ID.fullmatch(value)
    return None if found is None else (found["prefix"], UUID(found["uuid"]))
