"""What the reporter is told of hard matters, and what changing their class cannot hide (AQ-03, AQ-05, A-09, T18)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from server.cases.models import Case
from server.cases.service import closing, dispatch, intake, progress
from server.cases.service.progress import FieldCheck
from server.cases.states import Handling, Rating, Severity
from tenants.clock import now
from tenants.context import Actor
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town

COMPLEX = {"category": None, "severity": Severity.COMPLEX}


async def in_hand(town: Town) -> tuple[UUID, Actor, Actor, Actor]:
    """A case in progress, its reporter, who dispatches and who handles it."""
    grid = await town.grid(town.home, "grid-1")
    resident = await town.resident(grid)
    secretary = await town.staff("first_secretary", at=town.home)
    posted = await town.staff("posted_member", at=town.home)
    case_id = await report(town, resident, grid.id)
    await do(town, dispatch.dispatch_case, case_id, secretary, handler_id=None)
    await do(town, dispatch.claim_case, case_id, posted)
    await do(town, dispatch.start_case, case_id, posted)
    return case_id, resident, secretary, posted


async def pass_days(town: Town, case_id: UUID, days: int) -> None:
    """Let the deadline come nearer, as if so many days had passed."""
    async with town.database.write(town.tenant_id) as session:
        await session.execute(
            update(Case)
            .where(Case.tenant_id == town.tenant_id, Case.id == case_id)
            .values(due_at=Case.due_at - timedelta(days=days)),
        )


async def test_on_day_9_a_reason_is_needed_and_the_deadline_goes(daye: Town) -> None:
    case_id, _, secretary, posted = await in_hand(daye)
    await pass_days(daye, case_id, 9)
    assert await refused(daye, intake.reclassify_case, case_id, secretary, reason="", **COMPLEX) == "REASON_REQUIRED"
    assert await refused(daye, intake.reclassify_case, case_id, posted, reason="Hard", **COMPLEX) == "FORBIDDEN"
    same = {"category": "SANITATION", "severity": Severity.GENERAL, "reason": "Why not"}
    assert await refused(daye, intake.reclassify_case, case_id, secretary, **same) == "CASE_CLASS_UNCHANGED"
    await do(daye, intake.reclassify_case, case_id, secretary, reason="Three owners", **COMPLEX)
    case = await daye.case(case_id)
    assert (case.severity, case.due_at, case.overdue_at, case.supervision) == ("COMPLEX", None, None, "NONE")
    assert [work.outcome for work in await daye.due_work(case_id)] == ["CANCELED"]
    assert case.explanation_due_at == case.reported_at + timedelta(days=10)


async def test_on_day_11_the_case_is_late_for_good(daye: Town) -> None:
    case_id, _, secretary, posted = await in_hand(daye)
    await pass_days(daye, case_id, 11)
    missed = (await daye.case(case_id)).due_at
    await do(daye, intake.reclassify_case, case_id, secretary, reason="Three owners", **COMPLEX)
    case, event = await daye.case(case_id), (await daye.log(case_id))[-1]
    assert (case.severity, case.due_at, case.overdue_at) == ("COMPLEX", missed, event.at)
    assert case.supervision == "OVERDUE"
    assert [work.outcome for work in await daye.due_work(case_id)] == [None]
    general = {"category": None, "severity": Severity.GENERAL}
    await do(daye, intake.reclassify_case, case_id, secretary, reason="One owner after all", **general)
    case = await daye.case(case_id)
    assert (case.due_at, case.overdue_at) == (missed, event.at)
    await do(daye, closing.resolve_case, case_id, posted, result="Done")
    assert (await daye.case(case_id)).overdue_at == event.at


async def test_progress_tells_what_was_seen_on_the_spot(daye: Town) -> None:
    """AQ-03."""
    case_id, resident, secretary, posted = await in_hand(daye)
    check = FieldCheck(now() - timedelta(hours=3), "A landslide broke the tower")
    words = {"text": "A new site is chosen", "parties_consented": None, "field_check": check}
    assert await refused(daye, progress.progress_case, case_id, resident, handling=None, **words) == "FORBIDDEN"
    assert await refused(daye, progress.progress_case, case_id, secretary, handling=None, **words) == "FORBIDDEN"
    await do(daye, progress.progress_case, case_id, posted, handling=Handling.PROJECT, **words)
    event, case = (await daye.log(case_id))[-1], await daye.case(case_id)
    assert (event.kind, event.note, event.handling) == ("PROGRESSED", "A new site is chosen", "PROJECT")
    assert (event.checked_at, event.findings) == (check.at, "A landslide broke the tower")
    assert (case.handling, case.supervision) == ("PROJECT", "TRACKED")
    mediating = words | {"handling": Handling.MEDIATING, "field_check": None}
    refusal = await refused(daye, progress.progress_case, case_id, posted, **mediating | {"parties_consented": 1})
    assert refusal == "CASE_CONSENT_REQUIRED"
    refusal = await refused(daye, progress.progress_case, case_id, posted, **mediating | {"parties_consented": -1})
    assert refusal == "CASE_PARTIES_INVALID"
    await do(daye, progress.progress_case, case_id, posted, **mediating | {"parties_consented": 2})
    assert (await daye.log(case_id))[-1].parties_consented == 2
    await do(daye, closing.resolve_case, case_id, posted, result="Agreed")
    assert (await daye.case(case_id)).handling is None


async def test_an_explanation_is_owed_until_the_matter_is_settled(daye: Town) -> None:
    """T18, AQ-05."""
    case_id, _, secretary, posted = await in_hand(daye)
    why = {"text": "Three owners must agree"}
    assert await refused(daye, progress.explain_case, case_id, posted, **why) == "CASE_NOT_COMPLEX"
    await do(daye, intake.reclassify_case, case_id, secretary, reason="Three owners", **COMPLEX)
    assert await refused(daye, progress.explain_case, case_id, posted, text=" ") == "TEXT_REQUIRED"
    await do(daye, progress.explain_case, case_id, posted, **why)
    case = await daye.case(case_id)
    assert case.explained_at == (await daye.log(case_id))[-1].at
    assert case.explanation_due_at == case.explained_at + timedelta(days=10)
    await do(daye, closing.resolve_case, case_id, posted, result="Agreed")
    assert (await daye.case(case_id)).explanation_due_at is None


async def test_an_open_case_goes_on_by_the_template_it_began_with(daye: Town) -> None:
    """Whatever the city applies meanwhile: the track gone, another dispatcher, further steps."""
    case_id, resident, secretary, posted = await in_hand(daye)
    changed = shipped.text("daye").replace("- track: SERVICE_ORDER", "- track: TOPIC", 1)
    head, tail = changed.rsplit("  # Default course.\n  - track: TOPIC", 1)
    daye.manifest = parse(head + tail[tail.index("\n\n") + 1 :])
    assert "SERVICE_ORDER" not in daye.policy.templates
    grid_id = (await daye.case(case_id)).grid_id
    assert (await daye.case(await report(daye, resident, grid_id))).track != "SERVICE_ORDER"
    await do(daye, dispatch.release_case, case_id, secretary, reason="Needed elsewhere")
    await do(daye, dispatch.claim_case, case_id, posted)
    await do(daye, dispatch.start_case, case_id, posted)
    await do(daye, closing.resolve_case, case_id, posted, result="Done")
    await do(daye, closing.rate_case, case_id, resident, rating=Rating.SATISFIED, comment=None)
    await do(daye, closing.archive_case, case_id, secretary)
    assert [event.step for event in await daye.log(case_id) if event.step] == [
        "REPORTED",
        "DISPATCHED",
        "CLAIMED",
        "CLAIMED",
        "RATED",
    ]
