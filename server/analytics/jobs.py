"""The standing work that keeps a city's figures fresh: it puts itself off, for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from server.analytics import service
from server.events.models import DueWork
from tenants.clock import database_now
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import WriteSession

ROLL_UP = "analytics.roll_up"
ROLL_UP_EVERY = timedelta(seconds=30)


async def roll_up(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Bring the city's figures up to date, then be due again after ``ROLL_UP_EVERY``."""
    tenant = await registry.by_id(actor.tenant_id)
    await service.roll_up(session, time_zone=tenant.time_zone, actor=actor)
    row = await session.scalar(select(DueWork).where(DueWork.tenant_id == actor.tenant_id, DueWork.id == work_id))
    if row is not None:
        row.due_at = await database_now(session) + ROLL_UP_EVERY


HANDLERS: Mapping[str, Callable[..., Awaitable[None]]] = MappingProxyType({ROLL_UP: roll_up})
