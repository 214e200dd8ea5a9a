"""The worker process: joins settings, pools, the areas' handlers and the engines, and keeps them going.

Each lane is woken by arq over Redis and, besides, sweeps by itself: with Redis wiped, restarted or away for good,
due work is late by ``SWEEP_SECONDS`` and ``SWEEP_WAITS`` at most. SIGTERM and SIGINT end it in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from server import logs, tables
from server.analytics import jobs as analytics
from server.attachments import jobs as attachments
from server.audit import jobs as audit
from server.audit.keys import keys_of
from server.cases import jobs as cases
from server.files.store import open_store
from server.jobs import queue, work
from server.jobs.engine import Engine
from server.phones import jobs as phones
from server.phones.senders import sender_of
from server.pubsub import PubSub
from server.retention import jobs as retention
from server.settings import Settings, require
from server.transactions import Transactions
from tenants.keys import Keyring
from tenants.registry import Registry
from tenants.sessions import Database

SWEEP_SECONDS = 10.0
SWEEP_WAITS = timedelta(seconds=10)
_STANDING_SECONDS = 15.0
_LOOKED_AFTER_SECONDS = 600.0  # how long a city's standing work is taken for granted
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_STEADY_SECONDS = 60.0
_STATEMENT_TIMEOUT_MS = 300_000  # a large city counted for the first time
_NEW_OBJECTS = 50_000
_WHY = "the worker process needs it"
_STANDING = (analytics.ROLL_UP, retention.RETAIN)
_STANDING_EVERYWHERE = (audit.SEAL, audit.LOOK)  # the platform's own trail included
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the worker consists of."""

    engines: tuple[Engine, ...]
    database: Database
    registry: Registry
    redis_url: str


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; returns 0.

    Errors: SettingsError for a missing setting; PermissionError when a database role could step around row security;
    OSError when the database cannot be reached at the start. Later on it waits for database and Redis to come back.
    """
    logs.configure(settings.log_level)
    tables.resolve()
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with joined(settings) as parts:
        _settle()
        _log.info("worker_ready", lanes=[engine.lane for engine in parts.engines])
        await work_until(stop, parts)
    _log.info("worker_ended")


def _settle() -> None:
    """Look for garbage neither in what start-up made, nor as often: a batch makes many objects and keeps none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)


@asynccontextmanager
async def joined(settings: Settings) -> AsyncIterator[Parts]:
    """The worker's parts, connected; closed when the block ends. Errors as ``run``."""
    app_url = require(settings.database_url, "DATABASE_URL", _WHY)
    operator_url = require(settings.operator_database_url, "CIVICGRID_OPERATOR_DATABASE_URL", _WHY)
    redis_url = require(settings.redis_url, "REDIS_URL", _WHY)
    secret = require(settings.secret, "CIVICGRID_SECRET", _WHY).get_secret_value()
    async with contextlib.AsyncExitStack() as stack:
        pubsub = PubSub(redis_url)
        stack.push_async_callback(pubsub.close)
        size = settings.write_pool_size
        database = await _connected(stack, app_url, size + 5)
        # Of its own, because a handler asks it while it holds a connection of the other.
        registry = Registry(await _connected(stack, app_url, 2))
        operator = await _connected(stack, operator_url, 2)
        transactions = Transactions(database, pubsub)

        def engine(
            lane: str,
            handlers: Mapping[str, work.Handler],
            *,
            slots: int,
            timeout_seconds: float,
            batches: Mapping[str, work.BatchHandler] | None = None,
        ) -> Engine:
            return Engine(
                lane,
                handlers,
                batches=batches,
                database=database,
                operator=operator,
                transactions=transactions,
                registry=registry,
                slots=slots,
                timeout_seconds=timeout_seconds,
            )

        deadlines = engine("deadlines", cases.HANDLERS, batches=cases.BATCHES, slots=size, timeout_seconds=20)
        nightly = {**analytics.HANDLERS, **retention.HANDLERS}
        figures = engine("figures", nightly, slots=1, timeout_seconds=300)
        files = engine("files", attachments.handlers(open_store(settings)), slots=2, timeout_seconds=60)
        trails = engine("audit", audit.handlers(keys_of(settings)), slots=1, timeout_seconds=60)
        carried = phones.handlers(sender_of(settings), Keyring(secret, database))
        messages = engine("messages", carried, slots=2, timeout_seconds=20)
        yield Parts((deadlines, figures, files, trails, messages), database, registry, redis_url)


async def work_until(stop: asyncio.Event, parts: Parts) -> None:
    """Run every loop of the worker until ``stop`` is set; what is under way then is finished first."""

    async def close() -> None:
        await stop.wait()
        for engine in parts.engines:
            engine.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(close())
        group.create_task(_repeat(stop, _STANDING_SECONDS, _standing_work(parts)))
        for engine in parts.engines:
            group.create_task(_woken(stop, engine, parts.redis_url))
            group.create_task(_repeat(stop, SWEEP_SECONDS, _sweep(engine)))


async def _woken(stop: asyncio.Event, engine: Engine, redis_url: str) -> None:
    """Keep a lane's arq worker running: it ends whenever Redis does."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        began = time.monotonic()
        try:
            await queue.serve(queue.wakeups(engine, redis_url), stop)
        except Exception as error:  # noqa: BLE001 - whatever ended it, it is started again
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            _log.warning("wakeups_lost", lane=engine.lane, error=repr(error), again_in=pause)
            await _until(stop, pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _sweep(engine: Engine) -> Callable[[], Awaitable[None]]:
    async def sweep() -> None:
        found = await engine.sweep(waiting=SWEEP_WAITS)
        if found:
            _log.info("swept", lane=engine.lane, rows=found)

    return sweep


def _standing_work(parts: Parts) -> Callable[[], Awaitable[None]]:
    looked_after: dict[UUID, float] = {}

    async def look_after() -> None:
        for tenant in await parts.registry.all():
            if looked_after.get(tenant.id, float("-inf")) > time.monotonic():
                continue
            for kind in (*_STANDING_EVERYWHERE, *(_STANDING if tenant.kind == "CITY" else ())):
                await work.keep_standing(parts.database, tenant.id, kind)
            looked_after[tenant.id] = time.monotonic() + _LOOKED_AFTER_SECONDS

    return look_after


async def _repeat(stop: asyncio.Event, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    """Take the step every so many seconds; a step that fails is logged and taken again."""
    while not stop.is_set():
        try:
            await step()
        except Exception:  # noqa: BLE001 - a loop of the worker never ends but by ``stop``
            _log.exception("step_failed")
        await _until(stop, seconds)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _connected(stack: contextlib.AsyncExitStack, url: str, size: int) -> Database:
    database = await Database.connect(
        url,
        read_pool_size=1,
        write_pool_size=size,
        statement_timeout_ms=_STATEMENT_TIMEOUT_MS,
    )
    stack.push_async_callback(database.close)
    await database.refuse_privileged_role()
    return database
