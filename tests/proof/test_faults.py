"""Web, worker, PostgreSQL and Valkey are killed at seeded moments: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from server.cases.models import Case, CaseEvent
from server.events.models import AuditEntry, DueWork, Event
from tenants.ids import public_id
from tests.proof.cities import peopled
from tests.proof.clients import Client, Shared
from tests.proof.history import Outcome, Stored, faults, gaps
from tests.proof.machines import Platform, platform
from tests.server.cases.late import (
    STEPS,
    check_each_step_once,
    end_leases,
    eventually,
    steps_taken,
)
from tests.server.cases.towns import Town

pytestmark = pytest.mark.slow

CLIENTS = 6
VICTIMS = ("web", "postgres", "worker", "valkey")
RECOVERS_IN = 60
"""Seconds, and twice as long as a start of all processes takes on this machine: one that was killed has to start first."""


async def strike(found: Platform, victim: str, chance: Random) -> None:
    """Kill one of them with -9, leave it dead for a moment, and bring it back."""
    if victim in {"postgres", "valkey"}:
        store = found.postgres if victim == "postgres" else found.valkey
        await store.kill()
        await asyncio.sleep(chance.uniform(0, 1.5))
        await store.start()
        return
    process = chance.choice(found.webs if victim == "web" else found.workers)
    await process.kill()
    await asyncio.sleep(chance.uniform(0, 1.0))
    await process.start()


async def stored(town: Town) -> dict[str, Stored]:
    """Every case that came by a key, as it is now."""
    tenant_id = town.tenant_id
    async with town.database.write(tenant_id) as session:
        rows = list(
            await session.scalars(select(Case).where(Case.tenant_id == tenant_id, Case.idempotency_key.is_not(None)))
        )
        history = list(
            await session.scalars(select(CaseEvent).where(CaseEvent.tenant_id == tenant_id).order_by(CaseEvent.version))
        )
    by_case: dict[UUID, list[tuple[int, str]]] = {row.id: [] for row in rows}
    for event in history:
        if event.case_id in by_case:
            by_case[event.case_id].append((event.version, event.kind))
    return {public_id("case", row.id): Stored(row.version, row.idempotency_key, by_case[row.id]) for row in rows}


async def check_trails(town: Town, late: Sequence[UUID]) -> None:
    """The city's log has no gap; every event of a case stands once in its history and once in the audit trail."""
    tenant_id = town.tenant_id
    async with town.database.write(tenant_id) as session:
        events = list(await session.scalars(select(Event).where(Event.tenant_id == tenant_id).order_by(Event.seq)))
        history = list(
            await session.scalars(select(CaseEvent.seq).where(CaseEvent.tenant_id == tenant_id).order_by(CaseEvent.seq))
        )
        audited = Counter(
            await session.scalars(
                select(AuditEntry.object_id).where(
                    AuditEntry.tenant_id == tenant_id, AuditEntry.object_type == "case", AuditEntry.outcome == "DONE"
                )
            )
        )
        dead = await session.scalar(
            select(func.count()).where(DueWork.tenant_id == tenant_id, DueWork.outcome == "DEAD_LETTER")
        )
    assert list(gaps([event.seq for event in events])) == []
    of_cases = [event for event in events if event.subject_type == "case"]
    assert history == [event.seq for event in of_cases]
    assert dead == 0
    # What the test wrote itself has no audit entry for the report.
    assert audited + Counter(late) == Counter(event.subject_id for event in of_cases)


async def check_faults(data: Path, *, seed: int, strikes: Sequence[str]) -> None:
    """Let the clients work while the platform is struck again and again; then look at everything there is."""
    chance = Random(seed)  # noqa: S311 - chance that can be had again
    say(f"seed {seed}: {', '.join(strikes)}")
    async with platform(data) as found, peopled(found.urls, [web.url for web in found.webs]) as city:
        shared = city.shared
        began = time.monotonic()
        await found.start()
        patience = RECOVERS_IN + 2 * (time.monotonic() - began)
        say(f"  serves after {time.monotonic() - began:.1f} s")
        async with httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                own = Random(seed * 1000 + number)  # noqa: S311 - as above
                group.create_task(Client(number, own, shared, http).run())
            try:
                for victim in strikes:
                    await asyncio.sleep(chance.uniform(0.2, 1.5))
                    await city.be_late(chance)
                    await strike(found, victim, chance)
                    await recovers(found, shared, victim, patience)
                await found.ready()
                await asyncio.sleep(1)
            finally:
                shared.over.set()
        await end_leases(city.town)

        async def swept() -> bool:
            return await steps_taken(city.town) == len(city.late) * STEPS

        seconds = await eventually(swept, patience)
        counts = ", ".join(f"{shared.count(outcome)} {outcome.lower()}" for outcome in Outcome)
        say(f"seed {seed}: {counts}; swept {seconds:.1f} s after the end")
        assert list(faults(shared.history, await stored(city.town))) == []
        await check_trails(city.town, city.late)
        await check_each_step_once(city.town, city.late)
        assert shared.count(Outcome.OK) > 20 * len(strikes)


def say(line: str) -> None:
    """Tell what is needed to see it again, and the figures of the proof; shown when a test fails, or with -s."""
    print(line)  # noqa: T201 - as above


async def recovers(found: Platform, shared: Shared, victim: str, patience: float) -> None:
    """Wait until somebody's change is acknowledged that began after the strike; fails after so many seconds."""
    struck = time.monotonic()

    async def works() -> bool:
        if again := await found.tend():
            say(f"  {again} found no database and started again")
        return any(
            each.outcome is Outcome.OK and each.kind != "READ" and each.began > struck for each in shared.history[-500:]
        )

    try:
        seconds = await eventually(works, patience)
    except AssertionError as error:
        error.add_note(found.told())
        error.add_note("\n".join(str(each) for each in shared.history[-12:]))
        raise
    say(f"  {victim}: changes again after {seconds:.1f} s")


@pytest.mark.timeout(400)
async def test_each_of_them_is_killed_once(tmp_path: Path) -> None:
    await check_faults(tmp_path, seed=4, strikes=VICTIMS)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(12))
async def test_they_are_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    await check_faults(tmp_path, seed=seed, strikes=Random(seed).choices(VICTIMS, k=16))  # noqa: S311 - as above
