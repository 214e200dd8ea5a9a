"""Which cases of a city have been kept long enough: ended, in no hold, and past their years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, DateTime, Text, column, exists, func, literal, select
from sqlalchemy.sql.selectable import TableValuedAlias

from server.cases.models import Case
from server.cases.service.policy import CasePolicy
from server.retention.models import CaseHold
from server.retention.rules import ENDED, Keeping, ended_before
from tenants.manifest.keeping import RetentionRules
from tenants.sessions import WriteSession


def keeping_of(rules: RetentionRules, policy: CasePolicy) -> Keeping:
    """The years of every track and category; those of a wider category hold for the narrower ones."""
    stated = dict(rules.categories)
    categories: dict[str, int] = {}
    for code in policy.categories:
        years = next((stated[above] for above in policy.widening(code) if above in stated), None)
        if years is not None:
            categories[code] = years
    return Keeping({track.value: years for track, years in rules.tracks.items()}, categories)


async def overdue(
    session: WriteSession, keeping: Keeping, *, at: datetime, zone: ZoneInfo, tenant_id: UUID, most: int
) -> Sequence[UUID]:
    """The ids of at most so many, the longest ended first, locked; what somebody is changing waits."""
    if not keeping.tracks and not keeping.categories:
        return ()
    by_track = _cutoffs(keeping.tracks, at, zone, "by_track")
    by_category = _cutoffs(keeping.categories, at, zone, "by_category")
    ended = func.coalesce(Case.archived_at, Case.changed_at)
    limit = func.coalesce(by_category.c.before, by_track.c.before)
    held = exists().where(CaseHold.tenant_id == tenant_id, CaseHold.case_id == Case.id, CaseHold.released_at.is_(None))
    found = (
        select(Case.id)
        .outerjoin(by_track, by_track.c.word == Case.track)
        .outerjoin(by_category, by_category.c.word == Case.category)
        .where(
            Case.tenant_id == tenant_id,
            Case.retained_at.is_(None),
            Case.status.in_(ENDED),
            ended < limit,
            ~held,
        )
        .order_by(ended, Case.id)
        .limit(most)
        .with_for_update(of=Case, skip_locked=True)
    )
    return (await session.scalars(found)).all()


def _cutoffs(years: Mapping[str, int], at: datetime, zone: ZoneInfo, name: str) -> TableValuedAlias:
    """Rows (word, before): since when what is called so is too recent."""
    moments = [ended_before(at, each, zone) for each in years.values()]
    rows = func.unnest(literal(list(years), ARRAY(Text())), literal(moments, ARRAY(DateTime(timezone=True))))
    return rows.table_valued(
        column("word", Text()), column("before", DateTime(timezone=True)), name=name
    ).render_derived()
