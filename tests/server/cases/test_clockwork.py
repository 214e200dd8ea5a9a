"""The clocks at work: steps of the ladder, missed targets, pauses, other calendars, deadlines computed anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from server.cases.jobs import HANDLERS
from server.cases.models import Case
from server.cases.revisions import DeadlineRun
from server.cases.service import closing, dispatch, intake, progress
from server.cases.service.changes import open_case
from server.cases.service.recomputing import RECOMPUTE
from server.cases.service.schedule import ESCALATE, MISS_TARGET
from server.cases.states import Handling, Track
from server.events.models import DueWork
from server.onboarding.service import apply_tenant, console_actor, plan_tenant
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.sessions import Database
from tests.server.cases.steps import do, report
from tests.server.cases.towns import PAST, Town, found_town

OFFICE = [["08:30", "12:00"], ["14:00", "17:30"]]


def document(slug: str = "jiamusi", **sections: Any) -> str:
    """A shipped manifest with other sections."""
    return json.dumps({**parse(shipped.text(slug)).document(), **sections})


def limits(amount: int, unit: str, **more: Any) -> dict[str, Any]:
    """The section ``deadlines`` with one limit for general matters."""
    return {"from": "SUBMISSION", "limits": {"GENERAL": {"amount": amount, "unit": unit}}, **more}


def with_pause(slug: str = "jiamusi") -> list[Any]:
    """Templates in which mediation stops the clocks of disputes."""
    templates: list[Any] = parse(shipped.text(slug)).document()["case_templates"]
    return [{**part, "pauses_in": ["MEDIATING"]} if part["track"] == "DISPUTE" else part for part in templates]


async def run(town: Town, work: DueWork) -> None:
    """What the engine does: the handler of the kind, in a transaction of its own."""
    await town.registry.manifest(town.tenant_id)
    async with town.database.write(town.tenant_id) as session:
        await HANDLERS[work.kind](session, work_id=work.id, actor=town.worker, registry=town.registry)


async def make_due(town: Town, case_id: UUID, kind: str = ESCALATE) -> None:
    async with town.database.write(town.tenant_id) as session:
        await session.execute(
            update(DueWork)
            .where(
                DueWork.tenant_id == town.tenant_id,
                DueWork.subject_id == case_id,
                DueWork.kind == kind,
                DueWork.done_at.is_(None),
            )
            .values(due_at=PAST),
        )


async def waiting(town: Town, case_id: UUID, kind: str = ESCALATE) -> list[DueWork]:
    return [work for work in await town.due_work(case_id) if work.kind == kind and work.done_at is None]


async def in_progress(town: Town) -> tuple[UUID, Any]:
    """A dispute in the hands of its grid chief."""
    grid = await town.grid(town.home, "grid-1")
    chief = await town.staff("grid_chief", grid=grid)
    case_id = await report(town, chief, grid.id, "AID", track=Track.DISPUTE)
    await do(town, intake.accept_case, case_id, chief)
    await do(town, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    await do(town, dispatch.start_case, case_id, chief)
    return case_id, chief


async def kinds(town: Town, case_id: UUID) -> list[str]:
    return [event.kind for event in await town.log(case_id)]


STEPS = [
    {"after_share_percent": 50, "action": "NOTIFY_ONLY", "notify_roles": ["grid_chief"]},
    {"after_share_percent": 100, "notify_roles": ["community_secretary"]},
    {"after": {"amount": 4, "unit": "HOURS"}},
    {"after": {"amount": 8, "unit": "HOURS"}},
    {"after": {"amount": 12, "unit": "HOURS"}},
    {"after": {"amount": 16, "unit": "HOURS"}},
]


async def test_glpi_5319_every_step_of_the_ladder_is_taken_once_and_in_order(
    database: Database, operator_database: Database
) -> None:
    """Only the first level ever fired; and a ladder that is longer than the chain goes on marking (erpnext#6049)."""
    town = await found_town(database, operator_database, document(escalation_ladder={"steps": STEPS}))
    case_id, _ = await in_progress(town)
    due_at = (await town.case(case_id)).due_at
    assert due_at is not None
    found = []
    while steps := await waiting(town, case_id):
        (step,) = steps
        found.append((step.step, step.due_at - due_at))
        await make_due(town, case_id)
        await run(town, step)
        await run(town, step)
    assert found == [
        ("0.1", timedelta(days=-5)),
        ("0.2", timedelta()),
        ("0.3", timedelta(hours=4)),
        ("0.4", timedelta(hours=8)),
        ("0.5", timedelta(hours=12)),
        ("0.6", timedelta(hours=16)),
    ]
    taken = [event for event in await town.log(case_id) if event.change.get("ladderStep")]
    assert [(event.kind, event.level, event.change.get("told", [])) for event in taken] == [
        ("NOTIFIED", "grid", ["grid_chief"]),
        ("ESCALATED_OVERDUE", "community", ["community_secretary"]),
        ("ESCALATED_OVERDUE", "subdistrict", []),
        ("ESCALATED_OVERDUE", "county", []),
        ("ESCALATED_OVERDUE", "city", []),
        ("ESCALATED_OVERDUE", "city", []),
    ]
    assert [work.outcome for work in await town.due_work(case_id)] == [
        "NOTIFIED",
        *["ESCALATED"] * 4,
        "MARKED_OVERDUE",
    ]
    case = await town.case(case_id)
    assert (case.level, case.overdue_at) == ("city", taken[1].at)
    assert [type_ for _, type_ in await town.events(case_id)].count("CaseNotified") == 1


async def test_chatwoot_6889_a_forgotten_case_goes_to_a_manager(jiamusi: Town) -> None:
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    case_id = await report(jiamusi, await jiamusi.staff("grid_worker", grid=grid), grid.id, "AID", track=Track.DISPUTE)
    (work,) = await waiting(jiamusi, case_id)
    await make_due(jiamusi, case_id)
    await run(jiamusi, work)
    assert ((await jiamusi.case(case_id)).status, (await jiamusi.case(case_id)).level) == ("REPORTED", "community")


async def test_a_city_without_a_ladder_still_marks_a_case_late(database: Database, operator_database: Database) -> None:
    town = await found_town(database, operator_database, document(escalation_ladder={"steps": []}))
    case_id, _ = await in_progress(town)
    (work,) = await waiting(town, case_id)
    await make_due(town, case_id)
    await run(town, work)
    case = await town.case(case_id)
    assert (case.level, case.overdue_at is not None) == ("grid", True)
    assert await waiting(town, case_id) == []


TARGETS = limits(
    10,
    "DAYS",
    targets={
        "ACCEPT": {"GENERAL": {"amount": 2, "unit": "WORKING_HOURS"}},
        "DISPATCH": {"GENERAL": {"amount": 1, "unit": "DAYS"}},
        "FIRST_REPLY": {"GENERAL": {"amount": 3, "unit": "DAYS"}},
    },
)


async def test_glpi_4170_a_missed_target_leaves_one_event_and_a_met_one_none(
    database: Database, operator_database: Database
) -> None:
    """There, the level "time to own" never ran at all."""
    town = await found_town(database, operator_database, document(deadlines=TARGETS))
    grid = await town.grid(town.home, "grid-1")
    chief = await town.staff("grid_chief", grid=grid)
    case_id = await report(town, chief, grid.id, "AID", track=Track.DISPUTE)
    works = {work.step: work for work in await waiting(town, case_id, MISS_TARGET)}
    assert sorted(works) == ["ACCEPT", "DISPATCH", "FIRST_REPLY"]
    await do(town, intake.accept_case, case_id, chief)
    assert sorted(work.step for work in await waiting(town, case_id, MISS_TARGET)) == ["DISPATCH", "FIRST_REPLY"]
    for work in works.values():
        await make_due(town, case_id, MISS_TARGET)
        await run(town, work)
        await run(town, work)
    events = [event for event in await town.log(case_id) if event.kind == "TARGET_MISSED"]
    assert sorted(event.change["target"] for event in events) == ["DISPATCH", "FIRST_REPLY"]
    assert {work.step: work.outcome for work in await town.due_work(case_id) if work.kind == MISS_TARGET} == {
        "ACCEPT": "CANCELED",
        "DISPATCH": "MISSED",
        "FIRST_REPLY": "MISSED",
    }
    assert (await town.case(case_id)).level == "grid"
    await do(town, dispatch.dispatch_case, case_id, chief, handler_id=chief.member_id)
    assert await waiting(town, case_id, MISS_TARGET) == []


async def test_mediation_stops_the_clock_and_takes_the_worker_off_the_case(
    database: Database, operator_database: Database
) -> None:
    town = await found_town(database, operator_database, document(case_templates=with_pause()))
    case_id, chief = await in_progress(town)
    before = (await town.case(case_id)).due_at
    words = {"text": "Both sides agreed to talk", "parties_consented": 2, "field_check": None}
    await do(town, progress.progress_case, case_id, chief, handling=Handling.MEDIATING, **words)
    assert (await town.case(case_id)).due_at is None
    assert await waiting(town, case_id) == []
    await do(town, progress.progress_case, case_id, chief, handling=Handling.VISITING, **words)
    case = await town.case(case_id)
    log = await town.log(case_id)
    assert before is not None
    assert case.due_at == before + (log[-1].at - log[-2].at)
    assert [work.due_at for work in await waiting(town, case_id)] == [case.due_at]
    await do(town, closing.resolve_case, case_id, chief, result="They shook hands")
    assert await waiting(town, case_id) == []


async def test_an_organization_counts_by_its_own_calendar(database: Database, operator_database: Database) -> None:
    town = await found_town(database, operator_database, document(deadlines=limits(1, "WORKING_DAYS")))
    always = {name: [["00:00", "24:00"]] for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    calendars = [{"organization": town.home.path, "weekly": always}]
    await apply(town, operator_database, document(deadlines=limits(1, "WORKING_DAYS"), calendars=calendars))
    case_id, _ = await in_progress(town)
    case = await town.case(case_id)
    local = case.reported_at.astimezone(town.policy.calendar.time_zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    assert (case.due_at, case.clock_path) == (midnight + timedelta(days=2), town.home.path)


async def apply(town: Town, operator: Database, text: str, *, open_cases_follow: bool = False) -> int:
    """Put another manifest in force; its version."""
    applied = await apply_tenant(operator, text, actor=console_actor("test"), open_cases_follow=open_cases_follow)
    town.manifest = parse(text)
    town.registry.forget()
    return applied.version


async def runs(town: Town) -> list[DeadlineRun]:
    async with town.database.write(town.tenant_id) as session:
        rows = select(DeadlineRun).where(DeadlineRun.tenant_id == town.tenant_id).order_by(DeadlineRun.asked_at)
        return list(await session.scalars(rows))


async def finish(town: Town) -> DeadlineRun:
    """Let the newest run go on until it is done, however many batches that takes."""
    for _ in range(20):
        newest = (await runs(town))[-1]
        if newest.finished_at is not None:
            return newest
        (work,) = await waiting(town, newest.id, RECOMPUTE)
        await run(town, work)
    raise AssertionError("a run ends")


async def test_frappe_2212_a_changed_holiday_list_updates_open_cases(
    database: Database, operator_database: Database
) -> None:
    """And a preview says before what will move; what has passed stays as it was."""
    days = limits(3, "WORKING_DAYS")
    town = await found_town(database, operator_database, document(deadlines=days))
    case_id, _ = await in_progress(town)
    missed_id, _ = await missed(town)
    before = (await town.case(case_id)).due_at
    assert before is not None
    calendar = parse(document()).document()["work_calendar"]
    day = before.astimezone(town.policy.calendar.time_zone).date().isoformat()
    off = [{"date": day, "name": {"zh-CN": "停工", "en": "Closed"}}]
    changed = {
        **calendar,
        "known_through": "2099-12-31",
        "holidays": [*(holiday for holiday in calendar["holidays"] if holiday["date"] != day), *off],
        "make_up_days": [made for made in calendar["make_up_days"] if made["date"] != day],
    }
    text = document(deadlines=days, work_calendar=changed)
    planned = await plan_tenant(operator_database, text, actor=console_actor("test"))
    assert planned.deadlines is not None
    assert (planned.deadlines.open_cases, planned.deadlines.looked_at, planned.deadlines.moved) == (2, 2, 1)
    (move,) = planned.deadlines.moves
    assert (move.case_id, move.before) == (case_id, before)
    assert (await town.case(case_id)).due_at == before

    version = await apply(town, operator_database, text)
    finished = await finish(town)
    case = await town.case(case_id)
    assert case.due_at is not None
    assert case.due_at == move.after
    assert case.due_at > before
    assert planned.deadlines.furthest == case.due_at - before
    assert [work.due_at for work in await waiting(town, case_id)] == [case.due_at]
    assert ((await kinds(town, case_id))[-1], (await town.log(case_id))[-1].actor_role) == ("DEADLINE_MOVED", "system")
    assert (await town.case(missed_id)).due_at == PAST
    assert "DEADLINE_MOVED" not in await kinds(town, missed_id)
    assert (finished.manifest_version, finished.open_cases, finished.looked_at, finished.moved) == (version, 2, 2, 1)


async def missed(town: Town) -> tuple[UUID, datetime]:
    """A case whose deadline has passed."""
    grid = await town.grid(town.home, "grid-2")
    chief = await town.staff("grid_chief", grid=grid)
    case_id = await report(town, chief, grid.id, "AID", track=Track.DISPUTE)
    async with town.database.write(town.tenant_id) as session:
        mine = update(Case).where(Case.tenant_id == town.tenant_id, Case.id == case_id)
        await session.execute(mine.values(due_at=PAST))
    return case_id, datetime.now(UTC)


async def test_a_manifest_that_does_not_touch_deadlines_recomputes_nothing(
    jiamusi: Town, operator_database: Database
) -> None:
    await in_progress(jiamusi)
    labels: Mapping[str, Any] = {"case": {"zh-CN": "事项", "en": "Matter"}}
    text = document(labels=labels)
    planned = await plan_tenant(operator_database, text, actor=console_actor("test"))
    assert (len(planned.changes) > 0, planned.deadlines) == (True, None)
    await apply(jiamusi, operator_database, text)
    assert await runs(jiamusi) == []


async def test_a_run_that_is_killed_goes_on_where_it_was(
    database: Database, operator_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cases.service.recomputing.BATCH", 2)
    town = await found_town(database, operator_database, document())
    grid = await town.grid(town.home, "grid-1")
    chief = await town.staff("grid_chief", grid=grid)
    case_ids = [await report(town, chief, grid.id, "AID", track=Track.DISPUTE) for _ in range(5)]
    await apply(town, operator_database, document(deadlines=limits(20, "DAYS")))
    newest = (await runs(town))[-1]
    (work,) = await waiting(town, newest.id, RECOMPUTE)
    await run(town, work)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the death comes after the work, before the commit
        async with town.database.write(town.tenant_id) as session:
            await HANDLERS[RECOMPUTE](session, work_id=work.id, actor=town.worker, registry=town.registry)
            raise KeyboardInterrupt
    assert (await runs(town))[-1].looked_at == 2
    finished = await finish(town)
    assert (finished.looked_at, finished.moved) == (5, 5)
    for case_id in case_ids:
        case = await town.case(case_id)
        assert case.due_at == case.reported_at + timedelta(days=20)
        assert (await kinds(town, case_id)).count("DEADLINE_MOVED") == 1
    await run(town, work)
    assert (await runs(town))[-1].looked_at == 5


async def test_another_ladder_counts_from_the_next_step_on(jiamusi: Town, operator_database: Database) -> None:
    case_id, _ = await in_progress(jiamusi)
    due_at = (await jiamusi.case(case_id)).due_at
    assert due_at is not None
    sooner = {"steps": [{"after_share_percent": 50, "action": "NOTIFY_ONLY"}, {"after_share_percent": 100}]}
    await apply(jiamusi, operator_database, document(escalation_ladder=sooner))
    assert (await finish(jiamusi)).moved == 0
    assert [work.due_at for work in await waiting(jiamusi, case_id)] == [due_at - timedelta(days=5)]
    assert "DEADLINE_MOVED" not in await kinds(jiamusi, case_id)


async def test_open_cases_keep_their_course_unless_they_are_told_to_follow(
    jiamusi: Town, operator_database: Database
) -> None:
    case_id, _ = await in_progress(jiamusi)
    templates = parse(document()).document()["case_templates"]
    changed = document(case_templates=[{**part, "max_reopens": 7} for part in templates])
    await apply(jiamusi, operator_database, changed)
    assert await runs(jiamusi) == []
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        kept = await open_case(session, case_id, policy=jiamusi.policy, actor=jiamusi.worker)
    assert (kept.template.max_reopens, kept.row.version) == (2, len(kept.log))

    await apply(jiamusi, operator_database, changed, open_cases_follow=True)
    finished = await finish(jiamusi)
    assert (finished.renews, finished.looked_at, finished.renewed, finished.moved) == (True, 1, 1, 0)
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        renewed = await open_case(session, case_id, policy=jiamusi.policy, actor=jiamusi.worker)
    assert renewed.template == replace(kept.template, max_reopens=7)
    assert renewed.facts == replace(kept.facts, version=kept.facts.version + 1)
    assert (await kinds(jiamusi, case_id))[-1] == "TEMPLATE_RENEWED"
    await apply(jiamusi, operator_database, changed, open_cases_follow=True)
    assert (await finish(jiamusi)).renewed == 0


async def test_a_case_where_the_new_course_has_no_place_goes_on_by_its_own(
    jiamusi: Town, operator_database: Database
) -> None:
    grid = await jiamusi.grid(jiamusi.home, "grid-1")
    chief = await jiamusi.staff("grid_chief", grid=grid)
    case_id = await report(jiamusi, chief, grid.id, "AID", track=Track.DISPUTE)
    templates = [part for part in parse(document()).document()["case_templates"] if part["track"] != "DISPUTE"]
    await apply(jiamusi, operator_database, document(case_templates=templates), open_cases_follow=True)
    assert (await finish(jiamusi)).renewed == 0
    assert "TEMPLATE_RENEWED" not in await kinds(jiamusi, case_id)
