"""What is personal of a case is erased on its day, and what a city's figures stand on stays (T25, P-13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from migrations.roles import DatabaseUrls
from server.attachments.models import Attachment
from server.cases.models import Case
from server.cases.participation import Thread
from server.cases.replay import replay
from server.cases.service import closing, intake
from server.cases.service.changes import STATE_COLUMNS, read_log
from server.errors import AppError
from server.events.models import DueWork
from server.jobs.work import STANDING
from server.retention import jobs
from server.retention.service import holds
from server.search.models import SearchTerm
from server.threads.models import CaseMessage
from server.threads.rules import Draft
from server.threads.service import post_message
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tests.server.cases.steps import do, report
from tests.server.cases.towns import PAST, Town
from tests.server.publications.matters import Press, let_time_pass


async def night(town: Town) -> DueWork:
    """The worker comes by once; the standing row as it leaves it."""
    async with town.database.write(town.tenant_id) as session:
        row = await session.scalar(
            select(DueWork).where(DueWork.tenant_id == town.tenant_id, DueWork.kind == jobs.RETAIN)
        )
        if row is None:
            row = DueWork(
                tenant_id=town.tenant_id,
                id=uuid7(),
                kind=jobs.RETAIN,
                subject_id=town.tenant_id,
                step=STANDING,
                due_at=PAST,
            )
            session.add(row)
            await session.flush()
        await jobs.retain(session, work_id=row.id, actor=town.worker, registry=town.registry)
        return row


async def rows(town: Town, model: type[Any], **where: Any) -> list[Any]:
    async with town.database.write(town.tenant_id) as session:
        return list(await session.scalars(select(model).where(model.tenant_id == town.tenant_id).filter_by(**where)))


async def archived(press: Press) -> UUID:
    """A published and archived case with a message, a file and a half-finished upload."""
    town, case_id = press.town, await press.rated()
    async with town.database.write(town.tenant_id) as session:
        draft = Draft(case_id=case_id, thread=Thread.PRIVATE, text="It is dark here")
        await post_message(session, draft=draft, idempotency_key=None, actor=press.resident)
    await town.add(
        Attachment(
            tenant_id=town.tenant_id,
            id=uuid7(),
            case_id=case_id,
            purpose="EVIDENCE",
            state="READY",
            filename="dark.png",
            media_type="image/png",
            size=10,
            uploader_account_id=uuid7(),
            created_at=now(),
            expires_at=now(),
        )
    )
    await press.check(await press.draft(case_id))
    await press.publish(case_id)
    await do(town, closing.archive_case, case_id, press.chief)
    return case_id


async def hold(press: Press, case_id: UUID, actor: Actor, *, release: bool = False) -> None:
    use_case = holds.release_hold if release else holds.hold_case
    async with press.town.database.write(press.town.tenant_id) as session:
        await use_case(session, case_id=case_id, reason="A court asks for it", actor=actor)


async def admin(press: Press) -> Actor:
    return await press.town.staff("tenant_admin", at=press.town.branch["city"])


async def test_the_skeleton_stays_and_replays_when_the_rest_is_erased(press: Press, db_urls: DatabaseUrls) -> None:
    town, case_id = press.town, await archived(press)
    before = await town.case(case_id)
    await let_time_pass(db_urls, town, days=364)
    await night(town)
    assert (await town.case(case_id)).retained_at is None
    await let_time_pass(db_urls, town, days=3)
    row = await night(town)
    assert row.due_at > now()
    case = await town.case(case_id)
    assert case.retained_at is not None
    erased = ("title", "description", "result", "rating_comment", "answers", "reporter_id", "reporter_account_id")
    assert [getattr(case, name) for name in erased] == ["", "", None, None, None, None, None]
    kept = ("number", "category", "track", "status", "rating", "strike_off_number", "grid_id", "claimant_id")
    assert [getattr(case, name) for name in kept] == [getattr(before, name) for name in kept]
    log = await town.log(case_id)
    assert [event.note for event in log] == [None] * len(log)
    assert "reporterId" not in log[0].change
    assert "reporterAccountId" not in log[0].change
    assert [event.step for event in log if event.step][-2:] == ["PUBLISHED", "ARCHIVED"]
    assert (log[-1].kind, log[-1].actor_role) == ("RETAINED", "system")
    assert (await town.events(case_id))[-1][1] == "CaseRetained"
    async with town.database.write(town.tenant_id) as session:
        facts = replay(await read_log(session, case_id, tenant_id=town.tenant_id))
    assert [getattr(case, name) for name in STATE_COLUMNS] == [getattr(facts, name) for name in STATE_COLUMNS]
    assert (facts.reporter_id, facts.reporter_account_id) == (None, None)
    for model in (CaseMessage, Attachment):
        assert await rows(town, model, case_id=case_id) == []
    terms = await rows(town, SearchTerm, subject_id=case_id)
    assert {term.term for term in terms} & {"bins", "full"} == set()
    draft = await press.publication(case_id)
    assert (draft.title, draft.asked, draft.done) == ("", "", "")
    (copy,) = await press.copies()
    assert copy.title == "Lamps"
    removals = [work for work in await rows(town, DueWork, kind="attachment.tidy") if work.step == "remove"]
    assert len(removals) == 1
    version = case.version
    await night(town)
    assert await town.version(case_id) == version


async def test_a_hold_suspends_it_until_it_is_released(press: Press, db_urls: DatabaseUrls) -> None:
    town, case_id, keeper = press.town, await archived(press), await admin(press)
    for actor, code in ((press.checker, "FORBIDDEN"), (press.resident, "FORBIDDEN")):
        with pytest.raises(AppError) as caught:
            await hold(press, case_id, actor)
        assert caught.value.code == code
    with pytest.raises(AppError) as caught:
        await hold(press, case_id, keeper, release=True)
    assert caught.value.code == "CASE_NOT_HELD"
    await hold(press, case_id, keeper)
    with pytest.raises(AppError) as caught:
        await hold(press, case_id, keeper)
    assert caught.value.code == "CASE_HELD"
    await let_time_pass(db_urls, town, days=4000)
    await night(town)
    assert (await town.case(case_id)).retained_at is None
    await hold(press, case_id, keeper, release=True)
    await night(town)
    assert (await town.case(case_id)).retained_at is not None
    with pytest.raises(AppError) as caught:
        await hold(press, case_id, keeper)
    assert caught.value.code == "CASE_RETAINED"


async def test_years_go_by_category_before_track_and_nothing_open_is_touched(
    press: Press, db_urls: DatabaseUrls
) -> None:
    town = press.town
    fire, aid = await press.rated(), await press.rated("AID")
    for case_id in (fire, aid):
        await press.waive(case_id)
        await do(town, closing.archive_case, case_id, press.chief)
    still_open = await press.fed_back()
    withdrawn = await report(town, press.resident, press.grid_id, "HAZARD")
    await do(town, intake.withdraw_case, withdrawn, press.resident, reason="Solved")
    errand = await report(town, press.resident, press.grid_id, "AGENCY", track="SERVICE_ORDER")
    await do(town, intake.withdraw_case, errand, press.resident, reason="Solved")
    retained: dict[UUID, int] = {}
    for year in range(1, 5):
        await let_time_pass(db_urls, town, days=367)
        await night(town)
        for row in await rows(town, Case):
            if row.retained_at is not None:
                retained.setdefault(row.id, year)
    assert retained == {fire: 1, withdrawn: 1, aid: 3}
    assert {still_open, errand} & retained.keys() == set()


async def test_history_of_what_goes_on_cannot_be_erased(press: Press) -> None:
    """The one way to take words out of a history is closed until the case has ended."""
    town, case_id = press.town, await press.rated()
    async with town.database.write(town.tenant_id) as session:
        connection = await session.connection()
        await connection.exec_driver_sql("select app_erase_history($1, $2)", (town.tenant_id, case_id))
    log = await town.log(case_id)
    assert "reporterId" in log[0].change
    assert [event.note for event in log if event.kind == "RESOLVED"] == ["Mended"]


async def test_many_are_erased_a_few_at_a_time(press: Press, db_urls: DatabaseUrls) -> None:
    town = press.town
    ids = []
    for _ in range(jobs.AT_ONCE + 1):
        case_id = await report(town, press.resident, press.grid_id, "HAZARD")
        await do(town, intake.withdraw_case, case_id, press.resident, reason="Solved")
        ids.append(case_id)
    await let_time_pass(db_urls, town, days=400)
    soon, later = (await night(town)).due_at, (await night(town)).due_at
    assert (soon - now()).total_seconds() < 2
    assert (later - now()).total_seconds() > 2
    assert [row.id for row in await rows(town, Case) if row.retained_at is None] == []
