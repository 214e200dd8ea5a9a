"""Cases that are mediated together, as SQL (HH-15)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, not_
from sqlalchemy.sql.selectable import FromClause

from server.cases.columns import is_open
from server.cases.models import Case
from server.cases.visibility import cases
from tenants.db import rows_of
from tenants.viewer import Viewer


def linked(other: FromClause, row: FromClause) -> ColumnElement[bool]:
    """Cases of the same bundle, but for the row itself."""
    return and_(other.c.bundle_id == row.c.bundle_id, other.c.id != row.c.id)


def is_closed(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Whether every case of the row's bundle that the viewer sees is closed; null outside of bundles."""
    member = rows_of(Case)
    open_one = exists().where(
        member.c.tenant_id == viewer.tenant,
        member.c.bundle_id == row.c.bundle_id,
        is_open(member),
        cases(member, viewer),
    )
    return case((row.c.bundle_id.is_not(None), not_(open_one)))
