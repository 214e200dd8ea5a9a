"""What a field of a filter input means, in the few forms that keep their index under row security.

Each is a function of the row, the value's parameter and the viewer; ``flag`` conditions take the boolean itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, and_, any_, exists, func, literal_column, not_, or_, select
from sqlalchemy.sql.selectable import FromClause, ScalarSelect

from schema.planner.binding import BadInput, clean
from schema.planner.declare import Binding, Relation, Visible
from server.organizations.models import Organization
from server.search.models import SearchTerm
from server.search.terms import asked_terms
from tenants.db import Base, rows_of
from tenants.ids import split_public_id
from tenants.viewer import Viewer

Condition = Callable[[FromClause, ColumnElement[Any], Viewer], ColumnElement[bool]]
Flag = Callable[[FromClause, bool, Viewer], ColumnElement[bool]]
LONGEST_SEARCH = 100


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


def at_most(column: str) -> Condition:
    """The column is this value or less."""
    return lambda row, value, _viewer: row.c[column] <= value


def before(column: str) -> Condition:
    """The column is earlier than this value."""
    return lambda row, value, _viewer: row.c[column] < value


def is_set(column: str) -> Flag:
    """true: the column has a value; false: it is null."""
    return lambda row, wanted, _viewer: row.c[column].is_not(None) if wanted else row.c[column].is_(None)


def is_true(column: str) -> Flag:
    """true: the column, which is never null, is true; false: it is false."""
    return lambda row, wanted, _viewer: row.c[column] if wanted else not_(row.c[column])


def holds(condition: Callable[[FromClause], ColumnElement[bool]]) -> Flag:
    """true: the condition holds for the row; false: it does not."""
    return lambda row, wanted, _viewer: condition(row) if wanted else not_(condition(row))


def holds_for(condition: Callable[[FromClause, Viewer], ColumnElement[bool]]) -> Flag:
    """The same for a condition that asks who or where the viewer is."""
    return lambda row, wanted, viewer: condition(row, viewer) if wanted else not_(condition(row, viewer))


def spans(start: str, end: str) -> Condition:
    """This day lies from the day in column ``start`` through the one in ``end``, where null is no end."""
    return lambda row, value, _viewer: and_(row.c[start] <= value, or_(row.c[end].is_(None), row.c[end] >= value))


def refers_to(column: str, table: type[Base], visible: Visible) -> Condition:
    """The reference in the column names this row of another table, and the viewer may see that row.

    Without the second half a filter would tell what the reference's field does not.
    """

    def condition(row: FromClause, value: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
        other = rows_of(table)
        seen = exists().where(other.c.tenant_id == viewer.tenant, other.c.id == value, visible(other, viewer))
        return and_(row.c[column] == value, seen)

    return condition


def below(column: str = "path") -> Condition:
    """Rows whose ``column`` (a path) lies at or below the organization whose id is the filter's value."""

    def condition(row: FromClause, value: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
        root = rows_of(Organization)
        here = (root.c.tenant_id == viewer.tenant, root.c.id == value)
        end = select(_end(root.c.path)).where(*here)
        return and_(row.c[column] >= _path(value, viewer), row.c[column] < end.scalar_subquery())

    return condition


def at_or_below(column: str = "path") -> Relation:
    """Of a connection of organizations (``by``): the rows whose ``column`` is their path or one below it."""
    return lambda other, row: and_(other.c[column] >= row.c.path, other.c[column] < _end(row.c.path))


def exactly_at(column: str = "path") -> Condition:
    """Rows whose ``column`` (a path) is that of the organization whose id is the filter's value."""
    return lambda row, value, viewer: row.c[column] == _path(value, viewer)


def _end(path: ColumnElement[str]) -> ColumnElement[str]:
    """The first text after every path below this one, as ``tenants.viewer.end_of_subtree``."""
    end: ColumnElement[str] = func.left(path, -1).op("||")(literal_column("'0'"))
    return end


def _path(organization_id: ColumnElement[Any], viewer: Viewer) -> ScalarSelect[str]:
    root = rows_of(Organization)
    here = (root.c.tenant_id == viewer.tenant, root.c.id == organization_id)
    return select(root.c.path).where(*here).scalar_subquery()


def found_by(kind: str) -> Condition:
    """All terms of the filter's value (``WORDS``) stand for the row; ``kind`` is its table.

    The ids are looked up first and once: as a semi-join the planner may choose to walk the whole order instead.
    """

    def condition(row: FromClause, value: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
        term = rows_of(SearchTerm)
        found: ScalarSelect[UUID] = (
            select(term.c.subject_id)
            .where(
                term.c.tenant_id == viewer.tenant,
                term.c.kind == literal_column(f"'{kind}'", Text()),
                term.c.term == any_(value),
            )
            .group_by(term.c.subject_id)
            .having(func.count() == func.cardinality(value))
            .scalar_subquery()
        )
        return row.c.id == any_(func.array(found))

    return condition


def _words(text: str) -> list[str]:
    if len(text) > LONGEST_SEARCH:
        message = "A search has at most {most} characters; this one has {found}."
        raise BadInput(message, most=LONGEST_SEARCH, found=len(text))
    terms = asked_terms(clean(text))
    if not terms:
        raise BadInput("A search needs at least one letter or digit.")
    return terms


WORDS = Binding(_words, ARRAY(Text()))


def _any_id(value: str) -> UUID:
    """The UUID of a public id, or one that is shown without its prefix (``AuditEntry.objectId``)."""
    found = split_public_id(value) or split_public_id(f"any_{value}")
    if found is None:
        raise BadInput("This is no id: ids look like case_0192f3c4-....")
    return found[1]


ANY_ID = Binding(_any_id, Uuid())
