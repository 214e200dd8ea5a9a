"""Conditions on places, for filters: everything below an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from server.organizations.models import Organization
from tenants.viewer import Viewer

Condition = Callable[[FromClause, ColumnElement[Any], Viewer], ColumnElement[bool]]


def below(column: str = "path") -> Condition:
    """Rows whose ``column`` (a path) lies at or below the organization whose id is the filter's value."""

    def condition(row: FromClause, value: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
        root = Organization.__table__.alias()
        path = select(root.c.path).where(root.c.tenant_id == viewer.tenant, root.c.id == value)
        end = select(func.left(root.c.path, -1).op("||")(literal_column("'0'"))).where(
            root.c.tenant_id == viewer.tenant,
            root.c.id == value,
        )
        return and_(row.c[column] >= path.scalar_subquery(), row.c[column] < end.scalar_subquery())

    return condition
