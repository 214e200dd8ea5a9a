"""The only door to arq: one queue per lane, a tick that lists cities with due work, and one wake-up per city.

Redis may forget everything at any moment: what it carries says "look", never what is to be done. Messages are JSON,
since whoever can write to Redis could run code through pickle. A city's wake-up has a fixed id, so that there is never
more than one of it; results are not kept, because arq would refuse the id for as long as they are.
"""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Any, cast
from uuid import UUID

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings
from arq.cron import cron
from arq.worker import Worker, func

from server.jobs.engine import Engine

TICK_SECONDS = 5
HEALTH_SECONDS = 15
_FORGET_MS = 60_000  # a wake-up nobody took in a minute is stale: the next tick makes another
_GRACE_SECONDS = 20
_log = structlog.get_logger(__name__)


def wakeups(engine: Engine, redis_url: str) -> Worker:
    """An arq worker for one lane; it needs a running event loop and takes no signals of its own."""
    name = f"{engine.lane}.run_tenant"

    async def tick(context: dict[Any, Any]) -> None:
        redis: ArqRedis = context["redis"]
        for tenant_id in await engine.due_tenants():
            await redis.enqueue_job(name, str(tenant_id), _job_id=f"{engine.lane}:{tenant_id}")

    async def run_tenant(_context: dict[Any, Any], tenant_id: str) -> None:
        await engine.run_tenant(UUID(tenant_id))

    redis = RedisSettings.from_dsn(redis_url)
    redis.conn_retries = 0  # whoever serves starts again, with a pause of its own
    seconds = set(range(0, 60, TICK_SECONDS))
    return Worker(
        functions=[func(cast("Any", run_tenant), name=name, timeout=engine.budget_seconds + engine.timeout_seconds)],
        cron_jobs=[
            cron(cast("Any", tick), name=f"{engine.lane}.tick", second=seconds, run_at_startup=True, timeout=30),
        ],
        queue_name=f"civicgrid:{engine.lane}",
        redis_settings=redis,
        job_serializer=orjson.dumps,
        job_deserializer=orjson.loads,
        max_jobs=engine.slots + 1,  # the tick, too, is a job
        keep_result=0,
        expires_extra_ms=_FORGET_MS,
        health_check_interval=HEALTH_SECONDS,
        handle_signals=False,
        timezone=UTC,
    )


async def serve(worker: Worker, stop: asyncio.Event) -> None:
    """Run until ``stop`` is set; raises when Redis is lost. Work under way is finished, within reason, either way."""
    main = asyncio.create_task(worker.async_run(), name="arq")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({main, stopped}, return_when=asyncio.FIRST_COMPLETED)
        worker.allow_pick_jobs = False
        if worker.job_tasks:
            await asyncio.wait(set(worker.job_tasks.values()), timeout=_GRACE_SECONDS)
        if main.done():
            await main
    finally:
        tasks = {main, stopped, *worker.tasks.values()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if worker.pool is not None:
            await worker.pool.aclose(close_connection_pool=True)
