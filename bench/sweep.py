"""Late cases swept by two worker processes, against one set-based UPDATE of the same rows, in alternating rounds.

Each round fills a fresh database of its own and copies it: the UPDATE has one copy to itself, the workers the other.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

import asyncpg
import orjson
from sqlalchemy.engine import make_url

from bench import ground
from bench.cities import CITY, GRIDS, City
from bench.console import figure, say
from bench.ground import Ground
from bench.servers import Server, ServerError
from server.cases.service.policy import policy_of
from server.cases.states import Track
from server.cases.templates import settings_of
from server.embedded.processes import death_signal
from server.embedded.services import Services
from server.settings import Settings
from server.supervisor.addresses import environment_of
from tenants.manifest import shipped
from tenants.manifest.faults import parse

CASES = 100_000
WORKERS = 2
_HERE = Path(__file__).parent
_READY = b"worker_ready"
_READY_SECONDS, _STOP_SECONDS = 60, 30
_MOST_SECONDS = 1_800
_POLL_SECONDS = 0.25

# The columns that a step of the ladder changes, set to what it sets them to.
_UPDATE = """
update "case" c
set level = above.level, organization_id = above.id, custody_path = above.path, overdue_at = now(),
    version = c.version + 1, changed_at = now()
from organization here join organization above on above.tenant_id = $1 and above.id = here.parent_id
where c.tenant_id = $1 and here.tenant_id = $1 and here.id = c.organization_id
"""
_LEFT = "select exists (select from due_work where kind = 'case.escalate' and done_at is null and due_at <= now())"
_SEEN = """
select count(*) as events, count(distinct subject_id) as cases, max(seq) - min(seq) + 1 as numbers,
       (select count(*) from case_event where tenant_id = $1 and kind = 'ESCALATED_OVERDUE') as steps,
       (select count(*) from audit_entry where tenant_id = $1 and action = 'case:escalate') as audits,
       (select count(*) from due_work where tenant_id = $1 and kind = 'case.escalate' and outcome = 'ESCALATED') as done
from event where tenant_id = $1 and type = 'CaseEscalatedOverdue'
"""


class UnevenSweep(Exception):
    """A step was taken twice or not at all, so how fast it went means nothing."""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the UPDATE and of the workers, and the most memory of each worker in MiB."""

    update: float
    sweep: float
    memory: tuple[float, ...]


def run(data: Path, running: Services, *, rounds: int, cases: int) -> None:
    """Print one figure: ``ratio`` is the workers' rate over the UPDATE's, the medians of the rounds.

    Errors: ``UnevenSweep``, ``ServerError`` when a worker does not start or gets stuck.
    """
    found = asyncio.run(ground.prepare(data, running, kind="sweep", cities=(City(CITY, 0, GRIDS, members=4_000),)))
    seen = [asyncio.run(_round(found, cases)) for _ in range(rounds)]
    update, sweep = (median(getattr(each, name) for each in seen) for name in ("update", "sweep"))
    figure(
        bench="sweep",
        peer="update",
        ratio=round(update / sweep, 3),
        ours=round(cases / sweep),
        theirs=round(cases / update),
        unit="cases/s",
        ratios=[round(each.update / each.sweep, 3) for each in seen],
        seconds=round(sweep, 2),
        theirs_seconds=round(update, 2),
        rss_mib=[max(each.memory[number] for each in seen) for number in range(WORKERS)],
        cases=cases,
        workers=WORKERS,
    )


async def _round(found: Ground, cases: int) -> Round:
    async with _copy(found) as filled:
        await _fill(filled, cases)
        async with _copy(filled) as copy:
            update = await _updated(copy, cases)
        async with _copy(filled) as copy:
            sweep, memory = await _swept(copy, cases)
    say(f"{cases:,} cases: UPDATE {update:.1f} s, {WORKERS} workers {sweep:.1f} s")
    return Round(update, sweep, memory)


async def _fill(found: Ground, cases: int) -> None:
    admin = await asyncpg.connect(found.admin_url)
    try:
        await admin.execute("set session_replication_role = replica; set work_mem = '256MB'")
        template = orjson.dumps(settings_of(policy_of(parse(shipped.text(CITY))).template(Track.GRID_EVENT))).decode()
        await admin.execute((_HERE / "sweep.sql").read_text(encoding="utf-8"), found.tenant_id, cases, template)
        await admin.execute("vacuum (freeze, analyze)")
        await admin.execute("checkpoint")
    finally:
        await admin.close()


async def _updated(found: Ground, cases: int) -> float:
    """Seconds of the one UPDATE, committed, as the application's role under row security."""
    connection = await asyncpg.connect(found.app_url)
    try:
        started = time.perf_counter()
        async with connection.transaction():
            await connection.execute("select set_tenant($1)", found.tenant_id)
            done = await connection.execute(_UPDATE, found.tenant_id)
        taken = time.perf_counter() - started
    finally:
        await connection.close()
    if done != f"UPDATE {cases}":
        raise UnevenSweep(f"the UPDATE said {done}, not {cases}")
    return taken


async def _swept(found: Ground, cases: int) -> tuple[float, tuple[float, ...]]:
    """Seconds from the first worker's being ready to the last case, and the memory of each worker."""
    admin = await asyncpg.connect(found.admin_url)
    try:
        with _workers(found) as workers:
            started = time.perf_counter()
            while await admin.fetchval(_LEFT):
                if time.perf_counter() > started + _MOST_SECONDS or any(each.poll() is not None for each in workers):
                    raise ServerError(f"the workers did not come to an end; see {found.data}/sweep-*.log")
                await asyncio.sleep(_POLL_SECONDS)
            taken = time.perf_counter() - started
            memory = tuple(Server("worker", "", each).peak_mebibytes() for each in workers)
        seen = await admin.fetchrow(_SEEN, found.tenant_id)
    finally:
        await admin.close()
    if seen is None or set(seen.values()) != {cases}:
        raise UnevenSweep(f"of {cases} steps were written: {dict(seen or {})}")
    return taken, memory


@contextmanager
def _workers(found: Ground) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Two workers as they ship; the block begins when the first is ready."""
    logs = [found.data / f"sweep-{number}.log" for number in range(WORKERS)]
    processes = []
    try:
        for log in logs:
            with log.open("wb") as output:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "server.cli", "worker"],
                        env=environment_of(found.settings),
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                        preexec_fn=death_signal(signal.SIGTERM),  # noqa: PLW1509 - one system call, no allocation
                    )
                )
        until = time.monotonic() + _READY_SECONDS
        while not any(_READY in log.read_bytes() for log in logs):
            if time.monotonic() > until:
                raise ServerError(f"no worker was ready in {_READY_SECONDS} s; see {logs[0]}")
            time.sleep(0.01)
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(_STOP_SECONDS)


@asynccontextmanager
async def _copy(found: Ground) -> AsyncIterator[Ground]:
    """The same ground over a copy of its database, which nobody else knows; dropped when the block ends."""
    name = f"sweep_{uuid4().hex[:16]}"
    admin = await asyncpg.connect(
        make_url(found.admin_url).set(database="postgres").render_as_string(hide_password=False)
    )
    try:
        await admin.execute(
            f'create database "{name}" template "{make_url(found.admin_url).database}" strategy file_copy'
        )
        yield Ground(found.data, _moved(found.settings, name), _to(found.admin_url, name), found.tenant_id)
    finally:
        await admin.execute(f'drop database if exists "{name}" with (force)')
        await admin.close()


def _moved(settings: Settings, database: str) -> Settings:
    names = ("database_url", "owner_database_url", "operator_database_url")
    return settings.model_copy(update={name: _to(getattr(settings, name), database) for name in names})


def _to(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)
