"""What the worker does about cases, by kind of due work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from server.cases.service.escalation import due_work, escalate_due
from server.cases.service.policy import policy_of
from server.cases.service.schedule import ESCALATE
from tenants.context import Actor
from tenants.registry import Registry
from tenants.sessions import WriteSession


async def handle(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Escalate a late case and mark its row of due work done, in the caller's transaction; harmless when repeated.

    registry: one with connections of its own, since the transaction holds one while the manifest is read.
    """
    manifest = await registry.manifest(actor.tenant_id)
    work = await due_work(session, work_id, actor=actor)
    await escalate_due(session, work=work, policy=policy_of(manifest), actor=actor)


HANDLERS: Mapping[str, Callable[..., Awaitable[None]]] = MappingProxyType({ESCALATE: handle})
"""The handlers of this area's due work, called as ``handle(session, work_id=..., actor=..., registry=...)``."""
