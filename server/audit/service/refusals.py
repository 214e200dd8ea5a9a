"""What somebody tried who may not: an audit entry with outcome REFUSED, in a transaction of its own.

The refused transaction has been rolled back, so nothing of it is left. Refusals are bounded, or whoever is refused could
fill the disk: of one actor and action the first is written at once and the others of the same minute as one entry with their
number; of one actor at most ``MOST`` actions are told apart in a minute. Each process counts for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from server.audit.rules import AuditOutcome
from server.events.record import audit
from tenants.context import Actor
from tenants.permissions import SEALED_MATTERS
from tenants.sessions import Database

WINDOW_SECONDS = 60.0
MOST = 20
OTHERS = "refused:others"
_SEALED = frozenset(permission.value for permission in SEALED_MATTERS)
_Who = tuple[UUID, UUID | None, str, str | None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Thing:
    """What somebody wanted to touch: an id that the caller sent, which may be nobody's."""

    type: str
    id: UUID


@dataclass(slots=True)
class _Window:
    """A minute of one actor's refusals of one action, after the first. thing: of the last one."""

    actor: Actor
    action: str
    thing: Thing
    count: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Refusals:
    """The refusals of one process."""

    def __init__(self, database: Database, *, window_seconds: float = WINDOW_SECONDS) -> None:
        self._database = database
        self._seconds = window_seconds
        self._windows: dict[tuple[_Who, str], _Window] = {}
        self._open: Counter[_Who] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def note(self, actor: Actor, action: str, *, thing: Thing | None = None) -> None:
        """Write down that the actor was refused the action. Never raises: the refusal stands whatever becomes of its trace.

        Of sealed matters nothing is written here, where others could read it (ADR 0008); the process log has it.
        """
        if action in _SEALED:
            _log.warning("sealed_refused", tenant=str(actor.tenant_id), account=str(actor.account_id), action=action)
            return
        found = thing or _self(actor)
        who: _Who = (actor.tenant_id, actor.account_id, actor.kind.value, actor.username)
        if (who, action) not in self._windows and self._open[who] >= MOST:
            action = OTHERS
        window = self._windows.get((who, action))
        if window is not None:
            window.count, window.actor, window.thing = window.count + 1, actor, found
            return
        self._windows[who, action] = window = _Window(actor, action, found)
        self._open[who] += 1
        _ = self._begin(self._end(who, window))
        await asyncio.shield(self._begin(self._write(actor, action, found, times=1)))

    async def close(self) -> None:
        """End all windows now, and write what they hold."""
        for window in list(self._windows.values()):
            window.ended.set()
        await asyncio.gather(*self._tasks)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end(self, who: _Who, window: _Window) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(window.ended.wait(), self._seconds)
        del self._windows[who, window.action]
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]
        if window.count:
            await self._write(window.actor, window.action, window.thing, times=window.count)

    async def _write(self, actor: Actor, action: str, thing: Thing, *, times: int) -> None:
        try:
            async with self._database.write(actor.tenant_id) as session:
                audit(
                    session,
                    action=action,
                    object_type=thing.type,
                    object_id=thing.id,
                    actor=actor,
                    detail={"times": times},
                    outcome=AuditOutcome.REFUSED.value,
                )
        except Exception:  # noqa: BLE001 - nobody waits for it who could do anything about it
            _log.exception("refusal_not_written", tenant=str(actor.tenant_id), action=action)


def _self(actor: Actor) -> Thing:
    """The account, where nothing else is known to have been touched."""
    return Thing("Account", actor.account_id or actor.tenant_id)
