"""What of a case's history is said to whoever reported it: which steps, and which words (P-03).

One list for reporters who sign in and for those who hold a tracking code.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Text, and_, any_, case, literal_column
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.elements import True_
from sqlalchemy.sql.selectable import FromClause

from server.cases.models import Case
from server.cases.states import EventKind
from server.cases.visibility import in_office
from tenants.db import rows_of
from tenants.viewer import Viewer, either

_E = EventKind
SHOWN = (
    *(_E.REPORTED, _E.ACCEPTED, _E.REJECTED, _E.APPEALED, _E.TRIAGED, _E.DISPATCHED, _E.CLAIMED, _E.STARTED),
    *(_E.PROGRESSED, _E.EXPLAINED, _E.RESOLVED, _E.FEEDBACK_GIVEN, _E.RATED, _E.REOPENED, _E.WITHDRAWN),
    *(_E.MERGED, _E.ARCHIVED),
)
"""Steps that whoever holds a code is told of; how the offices watch and help each other is theirs."""

SAID = (_E.REJECTED, _E.PROGRESSED, _E.EXPLAINED, _E.FEEDBACK_GIVEN)
"""Steps whose words are meant for the reporter."""

BY_THE_REPORTER = (_E.REPORTED, _E.APPEALED, _E.RATED, _E.REOPENED, _E.WITHDRAWN)
"""Steps that a reporter takes; the worker may take them for the platform, and a supervisor reopens as well."""


def is_one_of(row: FromClause, kinds: Iterable[EventKind]) -> ColumnElement[bool]:
    """Whether a row of history is of one of these kinds."""
    return row.c.kind == any_(array([literal_column(f"'{kind}'", Text()) for kind in kinds]))


def taken_by_resident(row: FromClause) -> ColumnElement[bool]:
    """Of a row of history: none but the reporter can have taken the step, and not as a member.

    A member who acts is named by the row itself; "system" is the platform (``service.access.acting_role``).
    """
    return and_(
        row.c.actor_member_id.is_(None),
        row.c.actor_role != literal_column("'system'", Text()),
        is_one_of(row, BY_THE_REPORTER),
    )


def note(row: FromClause, viewer: Viewer) -> ColumnElement[str | None]:
    """The words of a row of history: all of them in office, to others those said to the reporter and their own."""
    reported = rows_of(Case)
    office = in_office(reported, viewer)
    if isinstance(office, True_):
        return row.c.note
    heard = either(
        is_one_of(row, SAID),
        taken_by_resident(row),
        viewer.is_me(member_id=row.c.actor_member_id),
        viewer.through(reported, office, reported.c.id == row.c.case_id),
    )
    return case((heard, row.c.note))
