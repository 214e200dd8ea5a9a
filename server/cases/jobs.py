"""What the worker does about cases, by kind of due work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from server.cases.service.escalation import due_work, escalate_due
from server.cases.service.misses import miss_target
from server.cases.service.policy import policy_of
from server.cases.service.recomputing import RECOMPUTE, continue_run
from server.cases.service.schedule import ARCHIVE, ESCALATE, MISS_TARGET
from server.cases.service.shelving import archive_due
from server.cases.service.sweep import escalate_many
from server.jobs.work import BatchHandler, Held
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


async def handle_many(
    session: WriteSession,
    *,
    held: Sequence[Held],
    actor: Actor,
    registry: Registry,
) -> Collection[UUID]:
    """The same for many late cases of a city at once; the ids of the rows of due work that are done with."""
    manifest = await registry.manifest(actor.tenant_id)
    return await escalate_many(session, held=held, policy=policy_of(manifest), actor=actor)


async def handle_target(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Write a missed target down; harmless when repeated."""
    manifest = await registry.manifest(actor.tenant_id)
    work = await due_work(session, work_id, actor=actor)
    await miss_target(session, work=work, policy=policy_of(manifest), actor=actor)


async def handle_archive(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """Archive a case whose time has come; harmless when repeated."""
    manifest = await registry.manifest(actor.tenant_id)
    work = await due_work(session, work_id, actor=actor)
    await archive_due(session, work=work, policy=policy_of(manifest), actor=actor)


async def handle_run(session: WriteSession, *, work_id: UUID, actor: Actor, registry: Registry) -> None:
    """One batch of deadlines computed anew; the row comes back until all are."""
    version = (await registry.by_id(actor.tenant_id)).manifest_version
    manifest = await registry.manifest(actor.tenant_id)
    work = await due_work(session, work_id, actor=actor)
    await continue_run(session, work=work, policy=policy_of(manifest), manifest_version=version, actor=actor)


HANDLERS: Mapping[str, Callable[..., Awaitable[None]]] = MappingProxyType(
    {ESCALATE: handle, MISS_TARGET: handle_target, ARCHIVE: handle_archive, RECOMPUTE: handle_run},
)
"""The handlers of this area's due work, called as ``handle(session, work_id=..., actor=..., registry=...)``."""

BATCHES: Mapping[str, BatchHandler] = MappingProxyType({ESCALATE: handle_many})
"""Those that can do many rows together."""
