"""Which files a viewer may see, and with that fetch: the one place that decides it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid, and_, or_
from sqlalchemy import literal_column as literal
from sqlalchemy.sql.selectable import FromClause

from server.attachments.rules import State
from server.cases.models import Case
from server.cases.participation import in_thread
from server.cases.visibility import cases
from tenants.db import rows_of
from tenants.viewer import Viewer


def attachments(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Files of visible cases, those in messages with their thread; before they are READY, and unattached, one's own.

    A link to a file is made for whoever sees its row, here and nowhere else.
    """
    case = rows_of(Case)
    seen = and_(
        cases(case, viewer),
        or_(row.c.thread.is_(None), in_thread(row.c.thread, case, viewer)),
    )
    own = row.c.uploader_account_id == viewer.value(lambda actor: actor.account_id, Uuid())
    unattached = and_(row.c.case_id.is_(None), own)
    attached = and_(
        or_(row.c.state == literal(f"'{State.READY}'"), own),
        viewer.through(case, seen, case.c.id == row.c.case_id),
    )
    return or_(unattached, attached)
