"""Dashboards in SQL: the scope, its cells, and each figure as an aggregate over them.

``scope`` is the organization asked for, if the viewer may see its figures. ``cells`` are sums per branch and metric
within the period: branch "" is the scope's own, every other the code of a child with all that lies below it. So the
figure of the scope is the sum of its own and its children's by construction (JM-27). Stocks (``metrics``) count from
ever to the end of the period. Every mention of a table names the tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Numeric,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.selectable import CTE, FromClause

from server.analytics import metrics, visibility
from server.analytics.models import MetricDay
from server.organizations.models import Organization
from tenants.viewer import Viewer

Figure = Callable[[FromClause], ColumnElement[Any]]
_MINUTES = 60


def scope(viewer: Viewer, organization_id: ColumnElement[Any] | None) -> CTE:
    """The organization asked for, or without one the highest the viewer has figures of; no row when there is none."""
    row = Organization.__table__.alias("o")
    found = select(row.c.tenant_id, row.c.id, row.c.path).where(
        row.c.tenant_id == viewer.tenant,
        visibility.scopes(row, viewer),
    )
    if organization_id is not None:
        return found.where(row.c.id == organization_id).cte("scope")
    return found.order_by(row.c.rank.desc(), row.c.path).limit(1).cte("scope")


def cells(viewer: Viewer, of: CTE, first: ColumnElement[Any], last: ColumnElement[Any]) -> CTE:
    """Sums per branch and metric, from day ``first`` to day ``last``, both included."""
    row = MetricDay.__table__.alias("m")
    below = func.substr(row.c.path, func.length(of.c.path) + literal_column("1"))
    branch = func.split_part(below, literal_column("'/'"), literal_column("1"), type_=Text())
    stock = or_(row.c.metric == _word(metrics.VOLUNTEERS.code), func.starts_with(row.c.metric, _word(metrics.GRIDS)))
    flow = row.c.metric == any_(array([_word(code) for code in metrics.FLOWS]))
    return (
        select(branch.label("branch"), row.c.metric, func.sum(row.c.value).label("value"))
        .select_from(of)
        .join(row, and_(row.c.path >= of.c.path, row.c.path < _end(of.c.path)))
        .where(row.c.tenant_id == viewer.tenant, row.c.day <= last, or_(and_(flow, row.c.day >= first), stock))
        .group_by(literal_column("1"), literal_column("2"))
        .cte("cells")
    )


def children(viewer: Viewer, of: CTE) -> tuple[FromClause, FromClause]:
    """The organizations directly below the scope: the row, and the join that holds just these rows.

    The branch of a child is its code.
    """
    row = Organization.__table__.alias("child")
    above = of.alias()
    joined = above.join(row, and_(row.c.tenant_id == viewer.tenant, row.c.parent_id == above.c.id))
    return row, joined


def fresh_at(viewer: Viewer) -> ColumnElement[Any]:
    """When the city's figures were last brought up to date; null before the first time."""
    row = MetricDay.__table__.alias("stamp")
    stamp = select(row.c.rolled_up_at).where(
        row.c.tenant_id == viewer.tenant,
        row.c.metric == _word(metrics.ROLLED_UP),
        row.c.day == cast(_word(metrics.ROLLED_UP_DAY.isoformat()), Date),
    )
    return stamp.limit(1).scalar_subquery()


def number(metric: metrics.Metric) -> Figure:
    """The figure of one metric; 0 where nothing was counted."""
    return lambda rows: _sum(rows, rows.c.metric == _word(metric.code))


def rate(part: metrics.Metric, whole: metrics.Metric) -> Figure:
    """``part`` in percent of ``whole``, two decimals rounded half up; null for a whole of zero (C-03)."""

    def figure(rows: FromClause) -> ColumnElement[Any]:
        counted = cast(number(part)(rows), Numeric)
        out_of = func.nullif(number(whole)(rows), literal_column("0"))
        return func.round(counted * literal_column("100") / out_of, literal_column("2"))

    return figure


def grids(rows: FromClause) -> ColumnElement[Any]:
    """Grids of every kind."""
    return _sum(rows, func.starts_with(rows.c.metric, _word(metrics.GRIDS)))


def hours(rows: FromClause) -> ColumnElement[Any]:
    """Verified service in hours with two decimals."""
    minutes = cast(number(metrics.VOLUNTEER_MINUTES)(rows), Numeric)
    return func.round(minutes / literal_column(str(_MINUTES)), literal_column("2"))


def shown(count: ColumnElement[Any], first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[Any]:
    """A count of persons that points to nobody (DY-16, P-01): rounded down to tens, of whole calendar months only.

    Null below ten. Exact counts, or counts of any span of days, would give the small ones away by subtraction.
    """
    month: ColumnElement[str] = literal_column("'month'")
    starts = cast(func.date_trunc(month, first), Date) == first
    next_day = last + literal_column("1")
    ends = cast(func.date_trunc(month, next_day), Date) == next_day
    smallest: ColumnElement[int] = literal_column(str(metrics.SMALLEST_SHOWN))
    return case((and_(starts, ends, count >= smallest), count - count % literal_column("10")), else_=null())


def by_kind(rows: CTE, branch: ColumnElement[Any] | None, of: FromClause | None) -> FromClause:
    """Kinds of grids with their number, of one branch or of all; ``of`` is the outer row that names the branch."""
    cell = rows.alias()
    code = func.substr(cell.c.metric, literal_column(str(len(metrics.GRIDS) + 1)), type_=Text())
    value = cast(func.sum(cell.c.value), BigInteger)
    found = select(code.label("kind"), value.label("count")).where(
        func.starts_with(cell.c.metric, _word(metrics.GRIDS)),
        *(() if branch is None else (cell.c.branch == branch,)),
    )
    return found.group_by(cell.c.metric).having(value != literal_column("0")).correlate(of).subquery()


FIGURES: Mapping[str, Figure] = {
    "cases_reported": number(metrics.CASES_REPORTED),
    "cases_accepted": number(metrics.CASES_ACCEPTED),
    "cases_concluded": number(metrics.CASES_CONCLUDED),
    "cases_overdue": number(metrics.CASES_OVERDUE),
    "completion_rate_of_reported": rate(metrics.CASES_CONCLUDED, metrics.CASES_REPORTED),
    "completion_rate_of_accepted": rate(metrics.CASES_CONCLUDED, metrics.CASES_ACCEPTED),
    "grids": grids,
    "volunteers": number(metrics.VOLUNTEERS),
    "volunteer_minutes": number(metrics.VOLUNTEER_MINUTES),
    "volunteer_hours": hours,
    "health_checks": number(metrics.HEALTH_CHECKS),
}
"""Each figure by its name, as an aggregate over cells."""


def _sum(rows: FromClause, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    found = func.sum(rows.c.value).filter(condition)
    return cast(func.coalesce(found, literal_column("0")), BigInteger)


def _word(code: str) -> ColumnElement[Any]:
    """A word of ours as it stands; never one of a client's."""
    return literal_column(f"'{code}'", Text())


def _end(path: ColumnElement[str]) -> ColumnElement[str]:
    end: ColumnElement[str] = func.left(path, literal_column("-1")).op("||")(literal_column("'0'"))
    return end
