"""The engine: claims a city's due work and runs each row's handler in one transaction of its own.

Any number of engines may run in any number of processes; they never do the same row twice and never wait for each
other. A handler that raises is tried again after a growing pause and buried after ``MAX_ATTEMPTS``; one whose process
dies is tried again when its lease ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog

from server.jobs import work
from server.jobs.work import Claimed, Handler
from server.transactions import Transactions
from tenants.context import Actor, system_actor
from tenants.registry import Registry
from tenants.sessions import Database

_log = structlog.get_logger(__name__)


class Engine:
    """Does the work of some kinds ("lane"), for one city at a time per call and ``slots`` cities at once.

    budget_seconds: after that long, and at least one batch, a city makes room for others until the next tick.
    timeout_seconds: how long one handler may take.
    """

    def __init__(
        self,
        lane: str,
        handlers: Mapping[str, Handler],
        *,
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
            async with self._free:
                return await self._drain(tenant_id)
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
        deadline = time.monotonic() + self.budget_seconds
        while not self._closing.is_set():
            claimed = await work.claim(self._database, tenant_id, self._handlers)
            for item in claimed:
                if self._closing.is_set():
                    break
                await self._run(tenant_id, item)
                tried += 1
            if not claimed or time.monotonic() >= deadline:
                break
        return tried

    async def _run(self, tenant_id: UUID, item: Claimed) -> None:
        actor = system_actor(tenant_id, name=f"worker {item.kind}", request_id=f"work_{item.id}")
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
                    work.put_off(row, item.attempts)
                    return
                work.bury(session, row, error=error, actor=actor)
        except Exception:  # noqa: BLE001 - the lease ends by itself
            _log.exception("work_not_put_off", lane=self.lane, kind=item.kind, work=str(item.id))
            return
        _log.error("work_buried", lane=self.lane, kind=item.kind, work=str(item.id), error=error)
