"""Tunxi's five steps: what the article names is demanded, and nothing it does not name (HS-06)."""

from __future__ import annotations

import pytest

from server.cases.outcomes import VisitEffect
from server.cases.service import appraisal, closing, dispatch, intake, progress
from server.cases.states import Severity, Track
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.server.cases.steps import do, refused, report
from tests.server.cases.towns import Town, found_town

TRIAGE = {"category": "FIRE_HAZARD", "severity": Severity.GENERAL, "containment": None, "reason": None}
PROGRESS = {"text": "On our way", "handling": None, "parties_consented": None, "field_check": None}
VISIT = {"effect": VisitEffect.SOLVED, "text": "Told the result and asked: it holds"}


@pytest.fixture
async def huangshan(database: Database, operator_database: Database) -> Town:
    return await found_town(database, operator_database, shipped.text("huangshan"))


@pytest.mark.parametrize("fed_back", [False, True])
async def test_the_return_visit_tells_and_asks_the_reporter_and_closes_the_loop(
    huangshan: Town, fed_back: bool
) -> None:
    town = huangshan
    grid = await town.grid(town.home, "grid-1")
    resident = await town.resident(grid)
    dispatcher = await town.staff("dispatcher", at=town.home)
    chief = await town.staff("grid_chief", grid=grid)
    case_id = await report(town, resident, grid.id, "FIRE_HAZARD", track=Track.GRID_EVENT)
    await do(town, intake.accept_case, case_id, dispatcher)
    await do(town, intake.triage_case, case_id, dispatcher, **TRIAGE)
    await do(town, dispatch.dispatch_case, case_id, dispatcher, handler_id=chief.member_id)
    await do(town, dispatch.start_case, case_id, chief)
    await do(town, progress.progress_case, case_id, chief, **PROGRESS)
    await do(town, closing.resolve_case, case_id, chief, result="Cleared")
    assert await refused(town, closing.archive_case, case_id, dispatcher) == "CASE_STEPS_MISSING"
    if fed_back:
        await do(town, closing.give_feedback, case_id, chief, feedback="It is cleared")
        assert await refused(town, closing.archive_case, case_id, dispatcher) == "CASE_STEPS_MISSING"
    await do(town, appraisal.record_return_visit, case_id, dispatcher, **VISIT)
    await do(town, closing.archive_case, case_id, dispatcher)
    stamped = [event.step for event in await town.log(case_id) if event.step]
    assert stamped == ["REPORTED", "TRIAGED", "IN_PROGRESS", "TRACKED", "RETURN_VISITED"]
