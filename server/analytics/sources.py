"""What each figure is counted from: every source yields (path, day, metric, value) of one city in its time zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect

from server.analytics import metrics
from server.cases.models import Case
from server.cases.states import CaseStatus
from server.grids.models import Grid
from server.health_checks.models import HealthCheck
from server.residents.models import Resident
from server.volunteers.models import HourEntry, Volunteer

_DROPPED = (CaseStatus.REJECTED.value, CaseStatus.WITHDRAWN.value, CaseStatus.MERGED.value)
Rows = Select[Any]


@dataclass(frozen=True, slots=True)
class Extent:
    """What is counted: one city, as things stand at ``at``, only places with one of the ``paths`` (None: all)."""

    tenant_id: UUID
    time_zone: str
    at: datetime
    paths: tuple[str, ...] | None = None

    def place(self, path: Any) -> ColumnElement[bool]:
        """Whether a row's own place is counted."""
        if self.paths is None:
            return true()
        inside: ColumnElement[bool] = path == any_(bindparam(None, list(self.paths), type_=ARRAY(Text())))
        return inside

    def day(self, at: Any) -> ColumnElement[Any]:
        """The city's calendar day of an instant."""
        return cast(func.timezone(self.time_zone, at), Date)


def everything(extent: Extent) -> CompoundSelect[Any]:
    """Every figure of the extent, one row per source, path, day and metric; values are never zero for flows."""
    return union_all(
        _cases(extent, metrics.CASES_REPORTED, Case.reported_at, true()),
        _cases(extent, metrics.CASES_ACCEPTED, Case.accepted_at, Case.accepted_at.is_not(None)),
        _cases(extent, metrics.CASES_CONCLUDED, Case.resolved_at, Case.resolved_at.is_not(None)),
        _cases(extent, metrics.CASES_OVERDUE, Case.due_at, _late(extent)),
        _grids(extent, Grid.valid_from, 1, true()),
        _grids(extent, Grid.valid_to + 1, -1, Grid.valid_to.is_not(None)),
        _volunteers(extent),
        _volunteer_minutes(extent),
        _health_checks(extent),
    )


def touched(extent: Extent, subjects: Sequence[UUID], *, since: datetime) -> CompoundSelect[Any]:
    """The paths whose figures may have changed: places of the subjects of new events, and of deadlines gone by.

    Subjects are matched by id alone, whatever they are called in the log.
    """
    ids = any_(bindparam("subjects", list(subjects), type_=ARRAY(Uuid())))
    tenant = extent.tenant_id
    return union_all(
        select(Case.path).where(Case.tenant_id == tenant, Case.id == ids),
        select(Case.path).where(Case.tenant_id == tenant, Case.due_at > since, Case.due_at <= extent.at),
        select(Grid.path).where(Grid.tenant_id == tenant, Grid.id == ids),
        select(Volunteer.path).where(Volunteer.tenant_id == tenant, Volunteer.id == ids),
        _by_volunteer(select(Volunteer.path), tenant).where(HourEntry.id == ids),
        _by_resident(select(Resident.path), tenant).where(
            or_(HealthCheck.id == ids, HealthCheck.record_id == ids, HealthCheck.resident_id == ids),
        ),
    )


def _rows(path: Any, day: Any, metric: Any, value: Any) -> Rows:
    # By position: a parameter within an expression is another one each time it is written.
    return select(
        path.label("path"),
        day.label("day"),
        cast(metric, Text).label("metric"),
        cast(value, BigInteger).label("value"),
    ).group_by(text("1, 2, 3"))


def _cases(extent: Extent, metric: metrics.Metric, at: Any, condition: ColumnElement[bool]) -> Rows:
    rows = _rows(Case.path, extent.day(at), literal(metric.code), func.count())
    return rows.where(Case.tenant_id == extent.tenant_id, extent.place(Case.path), condition)


def _late(extent: Extent) -> ColumnElement[bool]:
    return and_(Case.due_at < func.coalesce(Case.resolved_at, extent.at), Case.status.not_in(_DROPPED))


def _grids(extent: Extent, day: Any, change: int, condition: ColumnElement[bool]) -> Rows:
    rows = _rows(Grid.path, day, literal(metrics.GRIDS) + Grid.kind, func.count() * change)
    return rows.where(Grid.tenant_id == extent.tenant_id, extent.place(Grid.path), condition)


def _volunteers(extent: Extent) -> Rows:
    rows = _rows(Volunteer.path, extent.day(Volunteer.registered_at), literal(metrics.VOLUNTEERS.code), func.count())
    return rows.where(Volunteer.tenant_id == extent.tenant_id, extent.place(Volunteer.path))


def _volunteer_minutes(extent: Extent) -> Rows:
    code = literal(metrics.VOLUNTEER_MINUTES.code)
    rows = _rows(Volunteer.path, HourEntry.served_on, code, func.sum(HourEntry.minutes))
    return _by_volunteer(rows, extent.tenant_id).where(HourEntry.status == "VERIFIED", extent.place(Volunteer.path))


def _health_checks(extent: Extent) -> Rows:
    rows = _rows(Resident.path, HealthCheck.checked_on, literal(metrics.HEALTH_CHECKS.code), func.count())
    return _by_resident(rows, extent.tenant_id).where(extent.place(Resident.path))


def _by_volunteer(rows: Rows, tenant_id: UUID) -> Rows:
    joined = and_(Volunteer.tenant_id == HourEntry.tenant_id, Volunteer.id == HourEntry.volunteer_id)
    return (
        rows.select_from(HourEntry)
        .join(Volunteer, joined)
        .where(HourEntry.tenant_id == tenant_id, Volunteer.tenant_id == tenant_id)
    )


def _by_resident(rows: Rows, tenant_id: UUID) -> Rows:
    joined = and_(Resident.tenant_id == HealthCheck.tenant_id, Resident.id == HealthCheck.resident_id)
    return (
        rows.select_from(HealthCheck)
        .join(Resident, joined)
        .where(HealthCheck.tenant_id == tenant_id, Resident.tenant_id == tenant_id)
    )
