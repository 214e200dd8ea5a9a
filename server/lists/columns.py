"""What follows from the rows of the lists without being stored in them, as SQL."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Text,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.selectable import FromClause

from server.lists.models import ListResponsibility
from server.lists.rules import ItemKind, ListGap
from server.members.models import Member
from server.members.visibility import members
from server.organizations.models import Organization
from tenants.db import rows_of
from tenants.models import Tenant
from tenants.viewer import Viewer


def is_open(row: FromClause) -> ColumnElement[bool]:
    """Of a problem: not yet closed."""
    closed_at: ColumnElement[Any] = row.c.closed_at
    return closed_at.is_(None)


def is_owned(row: FromClause) -> ColumnElement[bool]:
    """Of a measure: whether somebody answers for it."""
    owned: ColumnElement[bool] = row.c.owned
    return owned


def is_done(row: FromClause) -> ColumnElement[bool]:
    """Of a responsibility: whether there is a result."""
    done: ColumnElement[bool] = row.c.done
    return done


def is_past_due(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Of a problem: whether something of it should have had its result by a day that is over in the city."""
    return and_(row.c.next_due_on.is_not(None), row.c.next_due_on < _today(viewer.tenant))


def is_late(row: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Of a responsibility: whether its last day is over in the city, and there is no result."""
    return and_(not_(row.c.done), row.c.due_on < _today(viewer.tenant))


def gaps(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """Of a problem: the words of ``ListGap`` that hold, in that order."""
    found: list[ColumnElement[Any]] = [case((condition, _word(gap))) for gap, condition in _gaps(row, viewer).items()]
    words: array[Any] = array(found, type_=Text())
    return func.array_remove(words, literal_column("null"), type_=ARRAY(Text()))


def has_gap(row: FromClause, asked: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Of a problem: whether one of the gaps asked for (an array, or a single word) holds."""
    wanted = any_(asked) if isinstance(asked.type, ARRAY) else asked
    return or_(*(and_(_word(gap) == wanted, condition) for gap, condition in _gaps(row, viewer).items()))


def is_owned_by(row: FromClause, member_id: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Of a problem: whether this member, whom the viewer may see, answers for something of it."""
    member, part = rows_of(Member), rows_of(ListResponsibility)
    seen = exists().where(member.c.tenant_id == viewer.tenant, member.c.id == member_id, members(member, viewer))
    return and_(_parts(row, part, part.c.member_id == member_id, viewer), seen)


def is_owned_by_organization(
    row: FromClause, organization_id: ColumnElement[Any], viewer: Viewer
) -> ColumnElement[bool]:
    """Of a problem: whether this very organization answers for something of it."""
    part = rows_of(ListResponsibility)
    return _parts(row, part, part.c.organization_id == organization_id, viewer)


def owner_name(row: FromClause, viewer: Viewer) -> ColumnElement[Any]:
    """The name of the member or organization in the row: whoever sees a list sees who answers for what."""
    member, organization = rows_of(Member), rows_of(Organization)
    names = (
        select(member.c.name).where(member.c.tenant_id == viewer.tenant, member.c.id == row.c.member_id),
        select(organization.c.name).where(
            organization.c.tenant_id == viewer.tenant, organization.c.id == row.c.organization_id
        ),
    )
    return func.coalesce(*(name.correlate(row).scalar_subquery() for name in names))


def item(kind: ItemKind) -> Any:
    """Of an event: the id of the item it left behind, if that is of this kind; as an ``Expression``."""

    def id_of(row: FromClause, _viewer: Viewer) -> ColumnElement[Any]:
        return case((row.c.item_kind == literal_column(f"'{kind}'", Text()), row.c.item_id))

    return id_of


def bare_here(problem: FromClause, place: FromClause) -> ColumnElement[bool]:
    """Problems without a measure, of a grid or anywhere below an organization; as a ``Relation``."""
    return and_(problem.c.measures == literal_column("0"), _here(problem, place))


def unowned_here(measure: FromClause, place: FromClause) -> ColumnElement[bool]:
    """Measures that nobody answers for, likewise."""
    return and_(not_(measure.c.owned), _here(measure, place))


def late_here(responsibility: FromClause, place: FromClause) -> ColumnElement[bool]:
    """Responsibilities past their day without a result, likewise."""
    # By the tenant of the place around it: asked of each responsibility, no index could use the day.
    day = _today(place.c.tenant_id, place)
    return and_(not_(responsibility.c.done), _here(responsibility, place), responsibility.c.due_on < day)


def _here(row: FromClause, place: FromClause) -> ColumnElement[bool]:
    if "organization_id" in place.c:  # a grid, attached to one
        return and_(row.c.path == place.c.path, row.c.grid_id == place.c.id)
    end: ColumnElement[str] = func.left(place.c.path, -1).op("||")(literal_column("'0'"))
    return and_(row.c.path >= place.c.path, row.c.path < end)


def _gaps(row: FromClause, viewer: Viewer) -> dict[ListGap, ColumnElement[bool]]:
    return {
        ListGap.NO_MEASURE: row.c.measures == literal_column("0"),
        ListGap.NO_OWNER: row.c.unowned > literal_column("0"),
        ListGap.PAST_DUE: is_past_due(row, viewer),
    }


def _parts(row: FromClause, part: FromClause, owned: ColumnElement[bool], viewer: Viewer) -> ColumnElement[bool]:
    """Their problems' ids are looked up first and once, as by ``conditions.found_by``."""
    ids = select(part.c.problem_id).where(part.c.tenant_id == viewer.tenant, owned)
    return row.c.id == any_(func.array(ids.scalar_subquery()))


def _word(gap: ListGap) -> ColumnElement[str]:
    return literal_column(f"'{gap}'", Text())


def _today(tenant_id: ColumnElement[Any], *around: FromClause) -> ColumnElement[date]:
    """The city's present day."""
    day = cast(func.timezone(Tenant.time_zone, func.now()), Date)
    return select(day).where(Tenant.id == tenant_id).correlate(*around).scalar_subquery()
