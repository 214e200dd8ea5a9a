"""The engine: claims a city's due work and runs each row's handler in one transaction of its own.

Any number of engines may run in any number of processes; they never do the same row twice and never wait for each
other. A handler that raises is tried again after a growing pause and buried after ``MAX_ATTEMPTS``; one whose process
dies is tried again when its lease ends. Kinds with a batch handler are done many rows at a time; whatever was tried
before is tried alone, so that one bad row never holds up or takes along the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from server.jobs import work
from server.jobs.work import BatchHandler, Claimed, Handler
from server.transactions import Transactions
from tenants.context import Actor, system_actor
from tenants.registry import Registry
from tenants.sessions import Database

ABREAST = 2
_log = structlog.get_logger(__name__)


class Engine:
    """Does the work of some kinds ("lane"), for one city at a time per call and ``slots`` cities at once.

    A city with batches takes two slots, if they are free: one batch is decided while another is written.

    batches: for kinds of which many rows can be done together, beside their handlers.
    budget_seconds: after that long, and at least one batch, a city makes room for others until the next tick.
    timeout_seconds: how long one handler may take.
    """

    def __init__(
        self,
        lane: str,
        handlers: Mapping[str, Handler],
        *,
        batches: Mapping[str, BatchHandler] | None = None,
        database: Database,
        operator: Database,
        transactions: Transactions,
        registry: Registry,
        slots: int = 2,
        budget_seconds: float = 20,
        timeout_seconds: float = 60,
    ) -> None:
        self.lane = lane
        self.slots = slots
        self.budget_seconds = budget_seconds
        self.timeout_seconds = timeout_seconds
        self._handlers = dict(handlers)
        self._batches = dict(batches or {})
        self._database = database
        self._operator = operator
        self._transactions = transactions
        self._registry = registry
        self._free = asyncio.Semaphore(slots)
        self._busy: set[UUID] = set()
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Begin nothing new; whatever runs is finished."""
        self._closing.set()

    async def due_tenants(self, *, waiting: timedelta = timedelta(0)) -> list[UUID]:
        """The cities with work of this lane that has been waiting for so long."""
        return await work.due_tenants(self._operator, self._handlers, waiting=waiting)

    async def run_tenant(self, tenant_id: UUID) -> int:
        """Do a city's due work until there is none, or the budget is used up; returns how many rows were tried."""
        if tenant_id in self._busy:
            return 0
        self._busy.add(tenant_id)
        try:
            async with asyncio.TaskGroup() as group:
                abreast = [group.create_task(self._drain(tenant_id)) for _ in range(ABREAST if self._batches else 1)]
            return sum(each.result() for each in abreast)
        finally:
            self._busy.discard(tenant_id)

    async def sweep(self, *, waiting: timedelta) -> int:
        """Do what nobody was woken for: the work of every city where some has been waiting for so long."""
        found = await self.due_tenants(waiting=waiting)
        results = await asyncio.gather(*map(self.run_tenant, found), return_exceptions=True)
        for tenant_id, result in zip(found, results, strict=True):
            if isinstance(result, BaseException):
                _log.error("sweep_failed", lane=self.lane, tenant=str(tenant_id), error=repr(result))
        return sum(result for result in results if isinstance(result, int))

    async def _drain(self, tenant_id: UUID) -> int:
        tried = 0
        async with self._free:
            deadline = time.monotonic() + self.budget_seconds
            while not self._closing.is_set():
                found = await self._many(tenant_id) + await self._few(tenant_id)
                tried += found
                if not found or time.monotonic() >= deadline:
                    break
        return tried

    async def _many(self, tenant_id: UUID) -> int:
        """Do a batch of each kind that has batches; returns how many rows were tried."""
        tried = 0
        for kind in self._batches:
            claimed = await work.claim(self._database, tenant_id, (), fresh=[kind], limit=work.BATCH)
            if claimed:
                settled = await self._together(tenant_id, kind, claimed)
                await self._one_by_one(tenant_id, [item for item in claimed if item.id not in settled])
            tried += len(claimed)
        return tried

    async def _few(self, tenant_id: UUID) -> int:
        """Do some rows one by one: of kinds without batches, and whatever a batch left; returns how many were tried."""
        single = self._handlers.keys() - self._batches.keys()
        claimed = await work.claim(self._database, tenant_id, single, tried=self._batches)
        await self._one_by_one(tenant_id, claimed)
        return len(claimed)

    async def _together(self, tenant_id: UUID, kind: str, claimed: Sequence[Claimed]) -> Collection[UUID]:
        """The rows that their batch settled; none when it failed."""
        actor = system_actor(tenant_id, name=f"worker {kind}", request_id=work.request_of(claimed[0].id))
        try:
            async with asyncio.timeout(self.timeout_seconds), self._transactions.open(actor) as session:
                held = await work.hold_all(session, tenant_id, claimed)
                if not held:
                    return ()
                return await self._batches[kind](session, held=held, actor=actor, registry=self._registry)
        except Exception:  # noqa: BLE001 - whatever a batch raises, its rows are tried one by one
            _log.exception("batch_failed", lane=self.lane, kind=kind, rows=len(claimed))
            return ()

    async def _one_by_one(self, tenant_id: UUID, claimed: Sequence[Claimed]) -> None:
        for item in claimed:
            if self._closing.is_set():
                break
            await self._run(tenant_id, item)

    async def _run(self, tenant_id: UUID, item: Claimed) -> None:
        actor = system_actor(tenant_id, name=f"worker {item.kind}", request_id=work.request_of(item.id))
        if item.attempts > work.MAX_ATTEMPTS:
            await self._failed(actor, item, "ProcessDied")
            return
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self._effect(actor, item)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its row is tried again
            _log.exception("work_failed", lane=self.lane, kind=item.kind, work=str(item.id), attempts=item.attempts)
            await self._failed(actor, item, type(error).__name__)

    async def _effect(self, actor: Actor, item: Claimed) -> None:
        async with self._transactions.open(actor) as session:
            row = await work.hold(session, actor.tenant_id, item)
            if row is None:
                return
            was_due_at = row.due_at
            await self._handlers[item.kind](session, work_id=item.id, actor=actor, registry=self._registry)
            await work.conclude(session, row, was_due_at=was_due_at)

    async def _failed(self, actor: Actor, item: Claimed, error: str) -> None:
        """Put the row off or bury it. Where even that cannot be written, the end of the lease brings it back."""
        try:
            async with self._database.write(actor.tenant_id) as session:
                row = await work.hold(session, actor.tenant_id, item)
                if row is None:
                    return
                if item.attempts < work.MAX_ATTEMPTS:
                    await work.put_off(session, row, item.attempts)
                    return
                await work.bury(session, row, error=error, actor=actor)
        except Exception:  # noqa: BLE001 - the lease ends by itself
            _log.exception("work_not_put_off", lane=self.lane, kind=item.kind, work=str(item.id))
            return
        _log.error("work_buried", lane=self.lane, kind=item.kind, work=str(item.id), error=error)
