"""What a field of a filter input means, in the few forms that keep their index under row security.

Each is a function of the row, the value's parameter and the viewer; ``flag`` conditions take the boolean itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, and_, any_, func, literal_column, not_, select
from sqlalchemy.sql.selectable import FromClause

from server.organizations.models import Organization
from tenants.viewer import Viewer

Condition = Callable[[FromClause, ColumnElement[Any], Viewer], ColumnElement[bool]]
Flag = Callable[[FromClause, bool, Viewer], ColumnElement[bool]]


def equals(column: str) -> Condition:
    """The column has exactly this value."""
    return lambda row, value, _viewer: row.c[column] == value


def one_of(column: str) -> Condition:
    """The column has one of these values (the filter field is a list); a list of one is a plain comparison.

    Only the plain comparison lets an index that goes on with the order deliver the page without sorting.
    """

    def condition(row: FromClause, value: ColumnElement[Any], _viewer: Viewer) -> ColumnElement[bool]:
        wanted = any_(value) if isinstance(value.type, ARRAY) else value
        return row.c[column] == wanted

    return condition


def at_least(column: str) -> Condition:
    """The column is this value or later."""
    return lambda row, value, _viewer: row.c[column] >= value


def before(column: str) -> Condition:
    """The column is earlier than this value."""
    return lambda row, value, _viewer: row.c[column] < value


def is_set(column: str) -> Flag:
    """true: the column has a value; false: it is null."""
    return lambda row, wanted, _viewer: row.c[column].is_not(None) if wanted else row.c[column].is_(None)


def holds(condition: Callable[[FromClause], ColumnElement[bool]]) -> Flag:
    """true: the condition holds for the row; false: it does not."""
    return lambda row, wanted, _viewer: condition(row) if wanted else not_(condition(row))


def below(column: str = "path") -> Condition:
    """Rows whose ``column`` (a path) lies at or below the organization whose id is the filter's value."""

    def condition(row: FromClause, value: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
        root = Organization.__table__.alias()
        here = (root.c.tenant_id == viewer.tenant, root.c.id == value)
        start = select(root.c.path).where(*here)
        end = select(func.left(root.c.path, -1).op("||")(literal_column("'0'"))).where(*here)
        return and_(row.c[column] >= start.scalar_subquery(), row.c[column] < end.scalar_subquery())

    return condition
