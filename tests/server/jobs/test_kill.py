"""kill -9 in the middle of a job: the effect is gone with the process, and happens once when the row comes back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from migrations.roles import DatabaseUrls
from tests.server.jobs.conftest import MakeEngine, Town

PROGRAM = Path(__file__).with_name("dying_worker.py")


async def test_a_killed_process_leaves_no_effect_and_its_work_is_done_once(
    town: Town,
    db_urls: DatabaseUrls,
    redis_url: str,
    make_engine: MakeEngine,
) -> None:
    (work_id,) = await town.plan()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        db_urls.app,
        db_urls.operator,
        redis_url,
        str(town.id),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"in the middle\n"
    process.kill()
    await process.wait()
    assert await town.rung() == {}
    row = await town.row(work_id)
    assert (row.done_at, row.attempts) == (None, 1)
    assert await make_engine().run_tenant(town.id) == 0, "its lease has not ended"
    async with asyncio.timeout(30):
        while not await town.rung():  # the server may need a moment to see that the process is gone
            await town.end_leases()
            await make_engine().run_tenant(town.id)
    assert await town.rung() == {work_id: 1}
    assert (await town.row(work_id)).outcome == "DONE"
