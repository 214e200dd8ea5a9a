"""A town full of late cases, worker processes that one may kill, and what must be true of every step in the end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update

from migrations.roles import DatabaseUrls
from server.cases.models import Case, CaseEvent
from server.cases.service.schedule import ESCALATE
from server.cases.states import EventKind, Track
from server.events.models import AuditEntry, DueWork, Event
from server.events.record import next_number
from server.grids.models import Grid
from tenants.ids import uuid7
from tenants.manifest import shipped
from tests.conftest import SECRET
from tests.server.cases.towns import Town

LADDER = """\
    - {after_share_percent: 100, to: NEXT_LEVEL}
    - {after: {amount: 2, unit: HOURS}, to: NEXT_LEVEL}
    - {after: {amount: 4, unit: HOURS}, to: NEXT_LEVEL}
"""
STEPS = 3
LIMIT = timedelta(days=10)
WORKER = ("-m", "server.cli", "worker")
SKEWED = str(Path(__file__).with_name("skewed_worker.py"))


def with_ladder(ladder: str) -> str:
    """Jiamusi's manifest with another ladder."""
    lines = shipped.text("jiamusi").splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if "after_share_percent: 100" in line)
    lines[at] = ladder
    return "".join(lines)


async def late_cases(town: Town, grid: Grid, due: Sequence[datetime]) -> list[UUID]:
    """New cases as they were reported so long ago that they are due at these times, each with its first step to come."""
    home = town.home
    ids = [uuid7() for _ in due]
    async with town.database.write(town.tenant_id) as session:
        last = await next_number(session, town.tenant_id, "event", count=len(due))
        first = last - len(due) + 1
        for place, (case_id, due_at) in enumerate(zip(ids, due, strict=True)):
            seq, at = first + place, due_at - LIMIT
            plain = {"tenant_id": town.tenant_id, "id": uuid7()}
            session.add(
                Case(
                    tenant_id=town.tenant_id,
                    id=case_id,
                    number=f"LATE-{seq}",
                    track=Track.DISPUTE,
                    category="AID",
                    title="The light is out",
                    description="",
                    status="REPORTED",
                    severity="GENERAL",
                    grid_id=grid.id,
                    path=grid.path,
                    organization_id=home.id,
                    custody_path=home.path,
                    clock_path=home.path,
                    level=home.level,
                    reported_at=at,
                    due_at=due_at,
                    changed_at=at,
                ),
            )
            await session.flush()
            change = {"track": "DISPUTE", "category": "AID", "severity": "GENERAL", "organizationId": str(home.id)}
            session.add_all(
                [
                    CaseEvent(
                        **plain,
                        case_id=case_id,
                        seq=seq,
                        version=1,
                        kind="REPORTED",
                        to_status="REPORTED",
                        level=home.level,
                        actor_role="grid_worker",
                        change=change,
                        at=at,
                    ),
                    Event(**plain, seq=seq, type="CaseReported", subject_type="case", subject_id=case_id, at=at),
                    DueWork(**plain, kind=ESCALATE, subject_id=case_id, step="0.1", due_at=due_at),
                ],
            )
    return ids


@dataclass(slots=True)
class Workers:
    """Worker processes on one database, all of them ended with the block that started them."""

    urls: DatabaseUrls
    redis_url: str
    running: list[asyncio.subprocess.Process] = field(default_factory=list)
    logs: list[asyncio.Task[bytes]] = field(default_factory=list)

    async def start(self, *argv: str) -> asyncio.subprocess.Process:
        """One more, once it is ready. argv: of the interpreter; usually ``WORKER``."""
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.urls.app,
            "CIVICGRID_OPERATOR_DATABASE_URL": self.urls.operator,
            "CIVICGRID_SECRET": SECRET,
            "REDIS_URL": self.redis_url,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(argv or WORKER),
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        self.running.append(process)
        assert process.stderr is not None
        async with asyncio.timeout(90):
            while b"worker_ready" not in (line := await process.stderr.readline()):
                assert line, "the process ended before it was ready"
        self.logs.append(asyncio.create_task(process.stderr.read()))  # so that its log never fills the pipe
        return process

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """``kill -9``."""
        process.kill()
        await process.wait()
        self.running.remove(process)


@asynccontextmanager
async def workers(urls: DatabaseUrls, redis_url: str) -> AsyncIterator[Workers]:
    """Nobody yet; whoever is left is killed in the end."""
    found = Workers(urls, redis_url)
    try:
        yield found
    finally:
        for process in list(found.running):
            await found.kill(process)
        await asyncio.gather(*found.logs)


async def end_leases(town: Town) -> None:
    """Let the time pass in which what somebody claimed is left alone: a dead one's, and a living one's too."""
    async with town.database.write(town.tenant_id) as session:
        await session.execute(
            update(DueWork)
            .where(DueWork.tenant_id == town.tenant_id, DueWork.done_at.is_(None), DueWork.lease_until.is_not(None))
            .values(lease_until=None),
        )


async def open_steps(town: Town) -> int:
    """How many steps of the ladder are due and not done."""
    async with town.database.write(town.tenant_id) as session:
        counted = select(func.count()).where(
            DueWork.tenant_id == town.tenant_id,
            DueWork.kind == ESCALATE,
            DueWork.done_at.is_(None),
            DueWork.due_at <= func.now(),
        )
        return await session.scalar(counted) or 0


async def steps_taken(town: Town) -> int:
    """How many steps of the ladder have been taken so far."""
    async with town.database.write(town.tenant_id) as session:
        counted = select(func.count()).where(DueWork.tenant_id == town.tenant_id, DueWork.outcome == "ESCALATED")
        return await session.scalar(counted) or 0


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float) -> float:
    """How many seconds it took until it held; fails when it takes longer than that."""
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def all_done(town: Town, seconds: float) -> float:
    """How many seconds it took until nothing was due any more; fails when it takes longer than that."""

    async def done() -> bool:
        return await open_steps(town) == 0

    return await eventually(done, seconds)


async def check_each_step_once(town: Town, ids: Sequence[UUID], *, steps: int = STEPS) -> None:
    """Every case took each step once and in order; city's log, history and audit trail tell the same, without a gap."""
    tenant_id = town.tenant_id
    async with town.database.write(tenant_id) as session:
        history = list(
            await session.scalars(select(CaseEvent).where(CaseEvent.tenant_id == tenant_id).order_by(CaseEvent.seq)),
        )
        events = list(await session.scalars(select(Event).where(Event.tenant_id == tenant_id).order_by(Event.seq)))
        told = Counter(
            await session.scalars(
                select(AuditEntry.object_id).where(
                    AuditEntry.tenant_id == tenant_id,
                    AuditEntry.action == "case:escalate",
                ),
            ),
        )
        work = list(await session.scalars(select(DueWork).where(DueWork.tenant_id == tenant_id)))
        cases = {row.id: row for row in await session.scalars(select(Case).where(Case.tenant_id == tenant_id))}
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.seq for event in history] == [event.seq for event in events if event.subject_type == "case"]
    chain = list(reversed(town.policy.chain))[: steps + 1]
    for case_id in ids:
        late = [event for event in history if event.case_id == case_id and event.kind == EventKind.ESCALATED_OVERDUE]
        assert [event.version for event in late] == list(range(2, steps + 2))
        assert [event.level for event in late] == chain[1:]
        assert told[case_id] == steps
        assert (cases[case_id].version, cases[case_id].level) == (steps + 1, chain[-1])
        done = {row.step: row for row in work if row.subject_id == case_id and row.kind == ESCALATE}
        assert {step: row.outcome for step, row in done.items() if row.done_at} == {
            f"0.{number}": "ESCALATED" for number in range(1, steps + 1)
        }
        for event, number in zip(late, range(1, steps + 1), strict=True):
            assert event.at >= done[f"0.{number}"].due_at
