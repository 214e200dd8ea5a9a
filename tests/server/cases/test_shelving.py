"""Strike-off numbers under concurrency, and cases that the worker archives by itself (T25, JM-10)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.cases import jobs
from server.cases.service import closing
from server.cases.service.schedule import ARCHIVE
from server.errors import AppError
from server.events.models import DueWork
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.server.cases.steps import do, refused
from tests.server.cases.towns import Town, found_town
from tests.server.publications.matters import Press, found_press, let_time_pass

DAYS = "    publishes: true\n    archive_after_days: 5\n"
TRIES = 3


@pytest.fixture
async def press(database: Database, operator_database: Database) -> Press:
    """Jiamusi, where grid matters are archived five days after rating is closed."""
    document = shipped.text("jiamusi").replace("    publishes: true\n", DAYS, 1)
    return await found_press(await found_town(database, operator_database, document))


async def work_of(town: Town, case_id: UUID) -> DueWork:
    (row,) = [work for work in await town.due_work(case_id) if work.kind == ARCHIVE]
    return row


async def worker_passes(town: Town, case_id: UUID) -> str | None:
    """What the engine does: the handler of the kind, in a transaction of its own."""
    work = await work_of(town, case_id)
    async with town.database.write(town.tenant_id) as session:
        await jobs.HANDLERS[ARCHIVE](session, work_id=work.id, actor=town.worker, registry=town.registry)
    return (await work_of(town, case_id)).outcome


async def test_a_case_is_archived_when_its_time_has_come_and_once(press: Press, db_urls: DatabaseUrls) -> None:
    town, case_id = press.town, await press.rated()
    await press.waive(case_id)
    case = await town.case(case_id)
    assert case.feedback_at is not None
    assert ((await work_of(town, case_id)).due_at - case.feedback_at).days == 14 + 5
    assert await worker_passes(town, case_id) is None
    assert (await town.case(case_id)).status == "RATED"
    await let_time_pass(db_urls, town, days=20)
    assert [await worker_passes(town, case_id) for _ in range(TRIES)] == ["ARCHIVED"] * TRIES
    case = await town.case(case_id)
    assert (case.status, case.strike_off_number) == ("ARCHIVED", f"JIAMUSI-X{case.archived_at:%Y}-000001")
    log = await town.log(case_id)
    assert [(event.kind, event.actor_role) for event in log[-1:]] == [("ARCHIVED", "system")]
    assert await refused(town, closing.archive_case, case_id, press.chief) == "CASE_WRONG_STATUS"


async def test_what_still_lacks_a_step_waits_for_it(press: Press, db_urls: DatabaseUrls) -> None:
    town, case_id = press.town, await press.fed_back()
    await let_time_pass(db_urls, town, days=20)
    assert await worker_passes(town, case_id) == "CASE_STEPS_MISSING"
    assert (await town.case(case_id)).strike_off_number is None
    await press.waive(case_id)
    assert (await work_of(town, case_id)).done_at is None
    assert await worker_passes(town, case_id) == "ARCHIVED"


async def test_a_reopened_case_is_taken_off_the_shelf(press: Press) -> None:
    town, case_id = press.town, await press.rated()
    await do(town, closing.reopen_case, case_id, press.resident, reason="Dark again")
    assert (await work_of(town, case_id)).outcome == "CANCELED"


async def test_a_city_that_says_nothing_archives_nothing(jiamusi: Town) -> None:
    press = await found_press(jiamusi)
    case_id = await press.rated()
    assert [work.kind for work in await jiamusi.due_work(case_id) if work.kind == ARCHIVE] == []


async def test_strike_off_numbers_are_each_given_once_whoever_archives_at_once(jiamusi: Town) -> None:
    """Each case by two people at the same moment: one wins, and no number is lost or given twice."""
    press = await found_press(jiamusi)
    ids = [await press.rated() for _ in range(5)]
    for case_id in ids:
        await press.waive(case_id)

    async def archive(case_id: UUID) -> str:
        try:
            await do(jiamusi, closing.archive_case, case_id, press.chief)
        except AppError as error:
            return error.code
        return "ARCHIVED"

    outcomes = await asyncio.gather(*(archive(case_id) for case_id in ids * 2))
    assert sorted(outcomes).count("ARCHIVED") == len(ids)
    assert set(outcomes) <= {"ARCHIVED", "VERSION_CONFLICT", "CASE_WRONG_STATUS"}
    numbers = [str((await jiamusi.case(case_id)).strike_off_number) for case_id in ids]
    assert sorted(number[-6:] for number in numbers) == [f"{count:06d}" for count in range(1, len(ids) + 1)]
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        open_work = select(DueWork.id).where(DueWork.tenant_id == jiamusi.tenant_id, DueWork.done_at.is_(None))
        assert list(await session.scalars(open_work)) == []
