"""The log of the four lists by cursor, for subscriptions: which events above a number a viewer may see, ids only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.sql.elements import BindParameter

from server.lists.models import ListEvent
from server.lists.visibility import of_problem
from tenants.viewer import Viewer


def visible_after(viewer: Viewer, seq: BindParameter[int], limit: BindParameter[int]) -> ColumnElement[str]:
    """``{"rows": [[seq, event id, problem id], ...], "last": n}``, as ``server.cases.stream.visible_after``."""
    row = ListEvent.__table__.alias("log")
    page = (
        select(row.c.seq, row.c.id, row.c.problem_id)
        .where(row.c.tenant_id == viewer.tenant, row.c.seq > seq, of_problem(row, viewer))
        .order_by(row.c.seq)
        .limit(limit)
        .subquery("page")
    )
    rows = select(
        func.coalesce(
            func.json_agg(func.json_build_array(page.c.seq, page.c.id, page.c.problem_id)),
            literal_column("'[]'::json"),
        ),
    ).scalar_subquery()
    newest = ListEvent.__table__.alias("newest")
    last = select(func.coalesce(func.max(newest.c.seq), literal_column("0"))).where(
        newest.c.tenant_id == viewer.tenant,
    )
    return func.json_build_object(literal_column("'rows'"), rows, literal_column("'last'"), last.scalar_subquery())
