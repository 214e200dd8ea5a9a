"""Roll-ups equal a recount, whatever happened in between, and write nothing twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.analytics import jobs
from server.analytics.models import MetricDay
from server.events.models import AuditEntry, DueWork, Event
from tenants.clock import now
from tenants.context import system_actor
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database
from tests.fixtures.counted_city import START, CountedCity, fill, found_city


@pytest.mark.parametrize("seed", range(4))
async def test_a_roll_up_equals_a_recount(city: CountedCity, seed: int) -> None:
    await fill(city, seed)
    expected = city.recount()
    done = await city.roll_up()
    assert await city.figures() == expected
    assert (done.paths, done.written, done.removed) == (None, len(expected), 0)


async def test_a_second_roll_up_changes_nothing_but_the_stamp(city: CountedCity) -> None:
    await fill(city, 5)
    await city.roll_up()
    before = await city.figures()
    again = await city.roll_up()
    assert (again.paths, again.written, again.removed) == (0, 0, 0)
    recounted = await city.roll_up(full=True)
    assert (recounted.paths, recounted.written, recounted.removed) == (None, 0, 0)
    assert await city.figures() == before


async def test_only_the_places_that_events_touched_are_counted_anew(city: CountedCity) -> None:
    await fill(city, 6)
    await city.roll_up()
    case = next(case for case in city.cases if case.resolved_at is None)
    case.resolved_at, case.status = START + timedelta(days=50), "RESOLVED"
    await city.change(case)
    done = await city.roll_up()
    assert (done.seq, done.paths) == (1, 1)
    assert await city.figures() == city.recount()


async def test_a_figure_that_vanishes_is_removed(city: CountedCity) -> None:
    await city.add(city.grid("city/a/c0/", "URBAN", START.date()))
    await city.add(city.case(city.grids[0], START, resolved_at=START + timedelta(days=3), status="RESOLVED"))
    await city.roll_up()
    case = city.cases[0]
    case.resolved_at, case.status = None, "IN_PROGRESS"
    await city.change(case)
    done = await city.roll_up()
    assert (done.written, done.removed) == (0, 1)
    assert await city.figures() == city.recount()


async def test_new_things_of_every_kind_are_found_by_their_events(city: CountedCity) -> None:
    await city.add(city.grid("city/b/c1/", "URBAN", START.date()))
    await city.roll_up()
    await fill(city, 7, cases=20)
    checks = [check for _path, check in city.checks]
    await city.tell(*city.grids, *city.cases, *city.volunteers, *city.hours, *checks)
    done = await city.roll_up()
    assert done.paths == 9
    assert await city.figures() == city.recount()


async def test_a_deadline_that_passes_counts_without_an_event(city: CountedCity) -> None:
    await city.add(city.grid("city/a/", "URBAN", START.date()))
    due_at = now() + timedelta(seconds=1)
    await city.add(city.case(city.grids[0], START, due_at=due_at, status="IN_PROGRESS"))
    await city.roll_up()
    assert [key for key in await city.figures() if key[2] == "cases_overdue"] == []
    await asyncio.sleep((due_at - now()).total_seconds())
    done = await city.roll_up()
    assert (done.paths, done.written) == (1, 1)
    assert await city.figures() == city.recount()


async def test_what_no_event_told_of_is_mended_the_next_day(city: CountedCity) -> None:
    await fill(city, 8, cases=5)
    await city.roll_up()
    await city.add(city.case(city.grids[0], START))
    assert (await city.roll_up()).written == 0
    async with city.database.write(city.id) as session:
        stamp = (
            await session.scalars(
                select(MetricDay).where(MetricDay.tenant_id == city.id, MetricDay.metric == "rolled_up"),
            )
        ).one()
        stamp.rolled_up_at -= timedelta(days=1)
    assert (await city.roll_up()).paths is None
    assert await city.figures() == city.recount()


async def test_days_are_those_of_the_city(city: CountedCity) -> None:
    await city.add(city.grid("city/a/c2/", "URBAN", START.date()))
    await city.add(city.case(city.grids[0], datetime(2026, 1, 1, 15, 59, 59, tzinfo=UTC)))
    await city.add(city.case(city.grids[0], datetime(2026, 1, 1, 16, 0, 0, tzinfo=UTC)))
    await city.roll_up()
    found = {key[1]: value for key, value in (await city.figures()).items() if key[2] == "cases_reported"}
    assert found == {date(2026, 1, 1): 1, date(2026, 1, 2): 1}


async def test_roll_ups_leave_no_event_and_no_audit_row(city: CountedCity) -> None:
    await fill(city, 9, cases=3)
    await city.roll_up()
    async with city.database.write(city.id) as session:
        assert (await session.scalars(select(Event).where(Event.tenant_id == city.id))).all() == []
        assert (await session.scalars(select(AuditEntry).where(AuditEntry.tenant_id == city.id))).all() == []


async def test_one_citys_roll_up_leaves_its_neighbor_alone(
    city: CountedCity,
    db_urls: DatabaseUrls,
    database: Database,
) -> None:
    neighbor = await found_city(db_urls, database, "zz-neighbor")
    await fill(city, 10, cases=10)
    await fill(neighbor, 11, cases=10)
    await city.roll_up()
    assert await neighbor.figures() == {}
    await neighbor.roll_up()
    assert await city.figures() == city.recount()
    assert await neighbor.figures() == neighbor.recount()


async def test_the_standing_work_rolls_up_and_puts_itself_off(city: CountedCity) -> None:
    await fill(city, 12, cases=3)
    work = DueWork(
        tenant_id=city.id,
        id=uuid7(),
        kind=jobs.ROLL_UP,
        subject_id=city.id,
        step="standing",
        due_at=now(),
    )
    await city.add(work)
    began = now()
    async with city.database.write(city.id) as session:
        actor = system_actor(city.id, name="test")
        await jobs.roll_up(session, work_id=work.id, actor=actor, registry=Registry(city.database))
    async with city.database.write(city.id) as session:
        row = (await session.scalars(select(DueWork).where(DueWork.tenant_id == city.id))).one()
    assert row.done_at is None
    assert row.due_at >= began + jobs.ROLL_UP_EVERY
    assert await city.figures() == city.recount()
