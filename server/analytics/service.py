"""Keeping the figures: counts anew what has changed since the last time, and all of it once a day.

The figures are derived and nobody's act: a roll-up leaves no event and no audit row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import CTE

from server.analytics import metrics
from server.analytics.models import MetricDay
from server.analytics.sources import Extent, everything, touched
from server.events.models import Event
from server.organizations.models import Organization
from tenants.clock import now
from tenants.context import Actor
from tenants.models import TenantCounter
from tenants.sessions import WriteSession

MOST_EVENTS = 5_000
"""More new events than this, and counting everything anew is the shorter way."""


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What a roll-up did. seq: the last event that is in the figures. paths: places counted anew, None for all."""

    seq: int
    paths: int | None
    written: int
    removed: int


async def roll_up(session: WriteSession, *, time_zone: str, actor: Actor, full: bool = False) -> RolledUp:
    """Bring the figures of the actor's city up to date; a second time in a row it changes nothing but the stamp.

    Roll-ups of one city wait for each other. ``full``, the first one ever and the first of a local day count
    everything; others the places that the events since the last one touched. A city without a root has no figures.
    """
    stamp = await _stamp(session, actor.tenant_id)
    if stamp is None:
        return RolledUp(seq=0, paths=0, written=0, removed=0)
    at = now()
    seq = await _last_event(session, actor.tenant_id)
    extent = Extent(actor.tenant_id, time_zone, at)
    if not full and not _new_day(stamp, at, time_zone):
        extent = await _narrowed(session, extent, stamp, seq)
    written, removed = (0, 0) if extent.paths == () else await _write(session, extent)
    stamp.value = seq
    stamp.rolled_up_at = at
    await session.flush()
    return RolledUp(seq, None if extent.paths is None else len(extent.paths), written, removed)


async def _stamp(session: WriteSession, tenant_id: UUID) -> MetricDay | None:
    """The city's stamp row, locked; made at the first time with a sequence number before every event's."""
    root = (
        await session.execute(
            select(Organization.id, Organization.path)
            .where(Organization.tenant_id == tenant_id, Organization.parent_id.is_(None))
            .order_by(Organization.path)
            .limit(1),
        )
    ).one_or_none()
    if root is None:
        return None
    key: dict[str, Any] = {
        "tenant_id": tenant_id,
        "organization_id": root.id,
        "day": metrics.ROLLED_UP_DAY,
        "metric": metrics.ROLLED_UP,
    }
    fresh = insert(MetricDay).values(**key, path=root.path, value=-1, rolled_up_at=now())
    await session.execute(fresh.on_conflict_do_nothing())
    return await session.scalar(select(MetricDay).filter_by(**key).with_for_update())


async def _last_event(session: WriteSession, tenant_id: UUID) -> int:
    last = await session.scalar(
        select(TenantCounter.last).where(TenantCounter.tenant_id == tenant_id, TenantCounter.name == "event"),
    )
    return last or 0


def _new_day(stamp: MetricDay, at: datetime, time_zone: str) -> bool:
    """Whether the figures were never made, or last made on another day: what no event told of is mended then."""
    zone = ZoneInfo(time_zone)
    return stamp.value < 0 or stamp.rolled_up_at.astimezone(zone).date() != at.astimezone(zone).date()


async def _narrowed(session: WriteSession, extent: Extent, stamp: MetricDay, seq: int) -> Extent:
    """Only the places where something happened since the stamp; the whole city where too much did."""
    if seq - stamp.value > MOST_EVENTS:
        return extent
    subjects = await session.scalars(
        select(Event.subject_id)
        .where(Event.tenant_id == extent.tenant_id, Event.seq > stamp.value, Event.seq <= seq)
        .distinct(),
    )
    paths = await session.scalars(touched(extent, subjects.all(), since=stamp.rolled_up_at))
    return Extent(extent.tenant_id, extent.time_zone, extent.at, tuple(sorted(set(paths))))


async def _write(session: WriteSession, extent: Extent) -> tuple[int, int]:
    """Replace the figures of the extent in one statement; how many rows were written and removed."""
    fresh = _fresh(extent)
    removed = (
        delete(MetricDay)
        .where(
            MetricDay.tenant_id == extent.tenant_id,
            MetricDay.metric != metrics.ROLLED_UP,
            extent.place(MetricDay.path),
            ~exists().where(
                fresh.c.organization_id == MetricDay.organization_id,
                fresh.c.day == MetricDay.day,
                fresh.c.metric == MetricDay.metric,
            ),
        )
        .returning(MetricDay.day)
        .cte("removed")
    )
    # Rows that are right already are left out before the insert: looking each up as a conflict costs far more.
    kept = MetricDay.__table__.alias("kept")
    same = and_(
        kept.c.tenant_id == extent.tenant_id,
        kept.c.organization_id == fresh.c.organization_id,
        kept.c.day == fresh.c.day,
        kept.c.metric == fresh.c.metric,
        kept.c.value == fresh.c.value,
    )
    changed = select(fresh).outerjoin_from(fresh, kept, same).where(kept.c.tenant_id.is_(None))
    rows = insert(MetricDay).from_select(list(fresh.c.keys()), changed)
    excluded = rows.excluded
    written = (
        rows.on_conflict_do_update(
            index_elements=[MetricDay.tenant_id, MetricDay.organization_id, MetricDay.day, MetricDay.metric],
            set_={"path": excluded.path, "value": excluded.value, "rolled_up_at": excluded.rolled_up_at},
        )
        .returning(MetricDay.day)
        .cte("written")
    )
    counts = await session.execute(select(_count(written), _count(removed)))
    row = counts.one()
    return row[0], row[1]


def _fresh(extent: Extent) -> CTE:
    """The figures as they should be: one row per organization, day and metric, in the order all writers lock them."""
    found = everything(extent).subquery("found")
    value = func.sum(found.c.value)
    return (
        select(
            Organization.tenant_id,
            Organization.id.label("organization_id"),
            found.c.day,
            found.c.metric,
            Organization.path,
            value.label("value"),
            literal(extent.at).label("rolled_up_at"),
        )
        .join_from(found, Organization, Organization.path == found.c.path)
        .where(Organization.tenant_id == extent.tenant_id)
        .group_by(Organization.tenant_id, Organization.id, Organization.path, found.c.day, found.c.metric)
        .having(value != 0)
        .cte("fresh")
    )


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()
