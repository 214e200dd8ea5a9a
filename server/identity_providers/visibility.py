"""Which linked identities a viewer may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Uuid
from sqlalchemy.sql.selectable import FromClause

from tenants.viewer import Viewer


def own_identities(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Those of the viewer's own account."""
    mine: ColumnElement[bool] = row.c.account_id == viewer.value(lambda actor: actor.account_id, Uuid())
    return mine
