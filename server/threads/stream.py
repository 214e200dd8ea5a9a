"""The log of messages by cursor, for subscriptions; a message that was taken back comes once more, without its text."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.sql.elements import BindParameter

from server.threads.models import CaseMessage
from server.threads.visibility import messages
from tenants.viewer import Viewer


def visible_after(viewer: Viewer, seq: BindParameter[int], limit: BindParameter[int]) -> ColumnElement[str]:
    """``{"rows": [[seq, message id, case id], ...], "last": n}``, as ``server.cases.stream.visible_after``."""
    row = CaseMessage.__table__.alias("log")
    page = (
        select(row.c.seq, row.c.id, row.c.case_id)
        .where(row.c.tenant_id == viewer.tenant, row.c.seq > seq, messages(row, viewer))
        .order_by(row.c.seq)
        .limit(limit)
        .subquery("page")
    )
    rows = select(
        func.coalesce(
            func.json_agg(func.json_build_array(page.c.seq, page.c.id, page.c.case_id)),
            literal_column("'[]'::json"),
        ),
    ).scalar_subquery()
    newest = CaseMessage.__table__.alias("newest")
    last = select(func.coalesce(func.max(newest.c.seq), literal_column("0"))).where(
        newest.c.tenant_id == viewer.tenant,
    )
    return func.json_build_object(literal_column("'rows'"), rows, literal_column("'last'"), last.scalar_subquery())
