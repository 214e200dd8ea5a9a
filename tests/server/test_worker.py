"""The worker process: works with and without Redis, and ends in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

import pytest
from pydantic import SecretStr

from migrations.roles import DatabaseUrls
from server import worker
from server.analytics.jobs import ROLL_UP
from server.events.models import DueWork
from server.settings import Settings, SettingsError
from tenants.clock import now
from tenants.ids import uuid7
from tenants.sessions import Database
from tests.conftest import SECRET
from tests.fixtures.counted_city import CountedCity, fill, found_city

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
async def city(db_urls: DatabaseUrls, database: Database) -> CountedCity:
    found = await found_city(db_urls, database)
    await fill(found, 31, cases=5)
    return found


def settings(db_urls: DatabaseUrls, redis_url: str) -> Settings:
    return Settings.model_construct(
        database_url=db_urls.app,
        operator_database_url=db_urls.operator,
        redis_url=redis_url,
        secret=SecretStr(SECRET),
    )


async def rolled_up(city: CountedCity) -> None:
    """Wait until the figures are there."""
    async with asyncio.timeout(90):
        while await city.figures() != city.recount():  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.1)


async def test_without_redis_due_work_is_done_by_the_sweep(city: CountedCity, db_urls: DatabaseUrls) -> None:
    await city.add(
        DueWork(
            tenant_id=city.id,
            id=uuid7(),
            kind=ROLL_UP,
            subject_id=city.id,
            step="standing",
            due_at=now() - timedelta(minutes=1),
        ),
    )
    stop = asyncio.Event()
    async with worker.joined(settings(db_urls, NOWHERE)) as parts:
        working = asyncio.create_task(worker.work_until(stop, parts))
        await rolled_up(city)
        stop.set()
        await working


async def test_a_city_gets_its_standing_work_and_arq_wakes_it(
    city: CountedCity,
    db_urls: DatabaseUrls,
    redis_url: str,
) -> None:
    stop = asyncio.Event()
    async with worker.joined(settings(db_urls, f"{redis_url.rstrip('/').removesuffix('/0')}/8")) as parts:
        working = asyncio.create_task(worker.work_until(stop, parts))
        await rolled_up(city)
        stop.set()
        await working


async def test_sigterm_ends_the_process_in_order(city: CountedCity, db_urls: DatabaseUrls, redis_url: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": db_urls.app,
        "CIVICGRID_OPERATOR_DATABASE_URL": db_urls.operator,
        "CIVICGRID_OWNER_DATABASE_URL": db_urls.owner,
        "CIVICGRID_SECRET": "a secret for tests, 32 characters or more",
        "REDIS_URL": f"{redis_url.rstrip('/').removesuffix('/0')}/9",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.cli",
        "worker",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"worker_ready" not in (line := await process.stderr.readline()):
            assert line, "the process ended before it was ready"
        await rolled_up(city)
        process.send_signal(signal.SIGTERM)
        _out, rest = await process.communicate()
    assert process.returncode == 0
    assert b"worker_ended" in rest


async def test_a_missing_setting_is_named(db_urls: DatabaseUrls) -> None:
    incomplete = Settings.model_construct(database_url=db_urls.app, redis_url=NOWHERE)
    with pytest.raises(SettingsError, match="CIVICGRID_OPERATOR_DATABASE_URL"):
        async with worker.joined(incomplete):
            pass
