"""The standing work that erases, night by night, what a city has kept long enough: it puts itself off, for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from server.cases.service.policy import policy_of
from server.errors import AppError
from server.events.models import DueWork
from server.retention.rules import next_night
from server.retention.service.erasing import retain_case
from server.retention.service.overdue import keeping_of, overdue
from tenants.clock import database_now
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import WriteSession

RETAIN = "case.retain"
AT_ONCE = 20
_NEXT = timedelta(seconds=1)
_log = structlog.get_logger(__name__)


async def retain(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Erase what is overdue, AT_ONCE cases at a time; be due again at once while there is more, else in the city's night.

    One transaction: what dies in between has erased nothing, and begins again.
    """
    manifest = await registry.manifest(actor.tenant_id)
    policy, zone = policy_of(manifest), ZoneInfo(manifest.time_zone)
    at = await database_now(session)
    keeping = keeping_of(manifest.retention, policy)
    found = await overdue(session, keeping, at=at, zone=zone, tenant_id=actor.tenant_id, most=AT_ONCE)
    done = 0
    for case_id in found:
        try:
            await retain_case(session, case_id, at=at, policy=policy, actor=actor)
            done += 1
        except AppError as refusal:
            _log.warning("not_retained", case=str(case_id), code=refusal.code)
    row = await session.scalar(select(DueWork).where(DueWork.tenant_id == actor.tenant_id, DueWork.id == work_id))
    if row is not None:
        row.due_at = at + _NEXT if done == AT_ONCE else next_night(at, zone)


HANDLERS: Mapping[str, Callable[..., Awaitable[None]]] = MappingProxyType({RETAIN: retain})
