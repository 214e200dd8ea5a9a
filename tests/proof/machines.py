"""A whole platform in processes of its own, any of which a test may kill with -9 and bring back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psutil

from migrations import roles, runner
from migrations.roles import DatabaseUrls
from server.embedded import postgres, valkey
from server.embedded.home import Home, locked, settle, with_free_ports
from server.embedded.processes import free_port
from tests.conftest import SECRET

DATABASE = "civicgrid_faults"
_BUDGETS = ("COST", "TENANT_COST", "ANONYMOUS_COST")
_READY_SECONDS = 120
Serves = Callable[[Home], AbstractContextManager[str]]


@dataclass(slots=True)
class Store:
    """PostgreSQL or Valkey: its server runs in a thread that lives as long as the platform, which the server needs."""

    name: str
    home: Home
    serves: Serves
    thread: ThreadPoolExecutor
    running: AbstractContextManager[str] | None = None

    async def start(self) -> str:
        """Its address; what was acknowledged before is there again."""
        self.running = self.serves(self.home)
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.running.__enter__)

    async def kill(self) -> None:
        """``kill -9`` for it and all its children; returns when they are gone."""
        folder = self.home.path / self.name
        pid = int((folder / {"postgres": "postmaster.pid", "valkey": "valkey.pid"}[self.name]).read_text().split()[0])
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await self.stop()
        await asyncio.to_thread(psutil.wait_procs, family[1:], 30)

    async def stop(self) -> None:
        """End it in order, or collect what was killed."""
        if self.running is not None:
            await asyncio.get_running_loop().run_in_executor(self.thread, self.running.__exit__, None, None, None)
            self.running = None


@dataclass(slots=True)
class Process:
    """One ``civicgrid serve`` or ``civicgrid worker``. port: None for a worker. began: where its log begins, in bytes."""

    command: str
    environment: dict[str, str]
    log: Path
    port: int | None = None
    running: asyncio.subprocess.Process | None = None
    began: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it; ``ready`` tells when it serves."""
        with self.log.open("ab") as output:
            self.began = output.tell()
            self.running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.cli", self.command, env=self.environment, stdout=output, stderr=output
            )

    async def ready(self) -> None:
        """Return when it serves. Errors: TimeoutError, and as ``tend``."""
        async with asyncio.timeout(_READY_SECONDS), httpx.AsyncClient() as client:
            while not await self._serves(client):
                await self.tend()
                await asyncio.sleep(0.1)

    async def tend(self) -> bool:
        """Start it again when it found its database away at its own start and ended, as whatever runs it is to do.

        Whether it had. Errors: AssertionError with its log when it ended later than that.
        """
        assert self.running is not None
        if self.running.returncode is None:
            return False
        log = self._told()
        assert b"worker_ready" not in log if self.port is None else b"startup failed" in log, log[-4000:]
        await self.start()
        return True

    async def kill(self) -> None:
        """``kill -9``."""
        if self.running is not None and self.running.returncode is None:
            self.running.kill()
            await self.running.wait()

    async def _serves(self, client: httpx.AsyncClient) -> bool:
        if self.port is None:
            return b"worker_ready" in self._told()
        with contextlib.suppress(httpx.HTTPError):
            return (await client.get(f"{self.url}/readyz")).status_code == httpx.codes.OK
        return False

    def _told(self) -> bytes:
        return self.log.read_bytes()[self.began :]


@dataclass(slots=True)
class Platform:
    """Everything that runs."""

    urls: DatabaseUrls
    postgres: Store
    valkey: Store
    webs: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    @property
    def processes(self) -> Sequence[Process]:
        return (*self.webs, *self.workers)

    async def start(self) -> None:
        """Start the processes, all at once."""
        for process in self.processes:
            await process.start()
        await self.ready()

    async def tend(self) -> int:
        """How many processes had to be started again."""
        return sum([await process.tend() for process in self.processes])

    def told(self) -> str:
        """Of every process whether it runs, and the end of its log."""
        return "\n".join(
            f"{each.log.stem}, ended with {each.running and each.running.returncode}:\n{each.log.read_text()[-800:]}"
            for each in self.processes
        )

    async def ready(self) -> None:
        """Return when every process serves."""
        await asyncio.gather(*[process.ready() for process in self.processes])


@asynccontextmanager
async def platform(data: Path, *, webs: int = 2, workers: int = 2) -> AsyncIterator[Platform]:
    """Durable stores, an empty migrated database, and processes that are not started yet; all ended with the block."""
    with locked(data), ThreadPoolExecutor(1) as thread:
        home = settle(data, durable=True, notice=lambda _line: None)
        home = Home(home.path, home.programs, home.account, with_free_ports(data, home.state))
        stores = [
            Store("postgres", home, partial(postgres.run, durable=True), thread),
            Store("valkey", home, partial(valkey.run, durable=True), thread),
        ]
        try:
            admin_url, redis_url = [await store.start() for store in stores]
            urls = await roles.prepare(admin_url, secret=SECRET, database=DATABASE)
            await runner.upgrade(urls.owner)
            found = Platform(urls, stores[0], stores[1])
            environment = _environment(urls, redis_url)
            for number in range(webs):
                port = free_port()
                log = data / f"web-{number}.log"
                found.webs.append(Process("serve", {**environment, "CIVICGRID_PORT": str(port)}, log, port))
            found.workers += [
                Process("worker", environment, data / f"worker-{number}.log") for number in range(workers)
            ]
            try:
                yield found
            finally:
                for process in found.processes:
                    await process.kill()
        finally:
            for store in reversed(stores):
                await store.stop()


def _environment(urls: DatabaseUrls, redis_url: str) -> dict[str, str]:
    """What every process gets; budgets that nobody exhausts."""
    budgets = {f"CIVICGRID_{name}_{what}": "1000000" for name in _BUDGETS for what in ("CAPACITY", "RESTORE")}
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": urls.app,
        "CIVICGRID_OPERATOR_DATABASE_URL": urls.operator,
        "REDIS_URL": redis_url,
        "CIVICGRID_SECRET": SECRET,
        **budgets,
    }
