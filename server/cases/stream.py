"""The log of case events by cursor, for subscriptions: which events above a number a viewer may see, ids only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.sql.elements import BindParameter

from server.cases.models import CaseEvent
from server.cases.visibility import case_events
from tenants.viewer import Viewer


def visible_after(viewer: Viewer, seq: BindParameter[int], limit: BindParameter[int]) -> ColumnElement[str]:
    """``{"rows": [[seq, event id, case id], ...], "last": n}`` with at most ``limit`` visible rows above ``seq``.

    ``last`` is the newest number of the whole log at that moment: once fewer rows than the limit come back, everything
    up to it has been looked at.
    """
    row = CaseEvent.__table__.alias("log")
    page = (
        select(row.c.seq, row.c.id, row.c.case_id)
        .where(row.c.tenant_id == viewer.tenant, row.c.seq > seq, case_events(row, viewer))
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
    return func.json_build_object(
        literal_column("'rows'"),
        rows,
        literal_column("'last'"),
        newest(viewer),
    )


def newest(viewer: Viewer) -> ColumnElement[int]:
    """The newest number of the city's case log, 0 when it is empty."""
    row = CaseEvent.__table__.alias("newest")
    return (
        select(func.coalesce(func.max(row.c.seq), literal_column("0")))
        .where(
            row.c.tenant_id == viewer.tenant,
        )
        .scalar_subquery()
    )
