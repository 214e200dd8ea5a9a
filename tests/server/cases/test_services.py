"""What the desk does for whoever asks for a service: how long, with what along, and how the paper is sent (CZ-02 to CZ-04)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.cases.origins import Intake, ServiceMode, Source, check_service_times, one_trip
from server.cases.questions import check_answers
from server.errors import AppError
from tenants.clock import now
from tenants.manifest import shipped
from tenants.manifest.faults import ManifestInvalid, parse
from tenants.manifest.reader import read
from tenants.sessions import Database
from tests.server.cases.steps import report
from tests.server.cases.towns import found_town

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
SERVICE: dict[str, list[Any]] = {
    "materials": [
        {"code": "ID_CARD", "name": {"zh-CN": "身份证", "en": "Identity card"}},
        {"code": "LEASE", "name": {"zh-CN": "租赁合同", "en": "Lease"}},
    ],
    "steps": [{"zh-CN": "现场自助办理", "en": "Apply at the terminal"}],
}


def huangshan() -> dict[str, Any]:
    """The shipped manifest, to be changed."""
    document, faults = read(shipped.text("huangshan"))
    assert isinstance(document, dict)
    assert faults == []
    return document


def business(document: dict[str, Any]) -> dict[str, Any]:
    """Huangshan's category of business registration."""
    found: dict[str, Any] = next(part for part in document["case_categories"] if part["code"] == "BUSINESS_REG")
    return found


@pytest.mark.parametrize(
    ("started", "finished", "fits"),
    [
        (None, None, True),
        (AT - FIVE, AT, True),
        (AT - FIVE, None, True),
        (AT, AT, True),
        (None, AT, False),
        (AT, AT - FIVE, False),
        (AT - FIVE, AT + FIVE, False),
        (AT + FIVE, None, False),
    ],
)
def test_a_service_begins_and_ends_by_now(started: datetime | None, finished: datetime | None, fits: bool) -> None:
    intake = Intake(mode=ServiceMode.GUIDE, started_at=started, finished_at=finished)
    if fits:
        check_service_times(intake, AT)
        return
    with pytest.raises(AppError) as caught:
        check_service_times(intake, AT)
    assert (caught.value.code, caught.value.field) == ("SERVICE_TIME_INVALID", ("service", "finishedAt"))


@pytest.mark.parametrize(
    ("brought", "needed", "enough"),
    [
        (None, ("A", "B"), None),
        ((), (), None),
        ((), ("A",), False),
        (("A",), ("A", "B"), False),
        (("B", "A"), ("A", "B"), True),
        (("A", "A", "B"), ("A", "B"), True),
    ],
)
def test_one_trip_is_enough_with_everything_along(
    brought: tuple[str, ...] | None, needed: tuple[str, ...], enough: bool | None
) -> None:
    """CZ-04: ready, one comes but once."""
    assert one_trip(brought, needed) is enough


def test_what_is_not_needed_is_named() -> None:
    with pytest.raises(AppError) as caught:
        one_trip(("A", "X"), ("A",))
    assert (caught.value.code, caught.value.field) == ("MATERIAL_UNKNOWN", ("service", "materials"))


async def test_the_desk_writes_down_how_long_it_took_and_whether_all_was_there(
    database: Database, operator_database: Database
) -> None:
    document = huangshan()
    business(document)["service"] = SERVICE
    town = await found_town(database, operator_database, json.dumps(document))
    grid = await town.grid(town.home, "grid-1")
    worker = await town.staff("grid_worker", grid=grid)
    began, ended = now() - FIVE, now()
    desk = Intake(source=Source.DESK, mode=ServiceMode.ASSIST, started_at=began, finished_at=ended)
    for brought, enough in ((("ID_CARD",), False), (("ID_CARD", "LEASE"), True), (None, None)):
        intake = replace(desk, materials=brought)
        case = await town.case(await report(town, worker, grid.id, "BUSINESS_REG", intake=intake))
        assert (case.service_started_at, case.service_finished_at, case.one_trip) == (began, ended, enough)


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({"delivery": "MAIL", "address": "Invented Road 1"}, None),
        ({"delivery": "PICKUP"}, None),
        ({}, None),
        ({"delivery": "MAIL"}, ("ANSWER_REQUIRED", ("answers", "address"))),
        ({"delivery": "PICKUP", "address": "Invented Road 1"}, ("ANSWER_UNKNOWN", ("answers", "address"))),
        ({"address": "Invented Road 1"}, ("ANSWER_UNKNOWN", ("answers", "address"))),
    ],
)
def test_mail_needs_an_address_and_pickup_keeps_none(answers: dict[str, Any], refusal: object) -> None:
    """CZ-03."""
    category = parse(shipped.text("huangshan")).find_category("BUSINESS_REG")
    assert category is not None
    assert category.questions is not None
    asked = category.questions.json_schema()
    if refusal is None:
        assert (check_answers(asked, answers) or {}) == answers
        return
    with pytest.raises(AppError) as caught:
        check_answers(asked, answers)
    assert (caught.value.code, caught.value.field) == refusal


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"onlyIf": {"question": "nothing", "answers": ["MAIL"]}}, "onlyIf/question"),
        ({"onlyIf": {"question": "address", "answers": ["MAIL"]}}, "onlyIf/question"),
        ({"onlyIf": {"question": "delivery", "answers": ["MAIL", "DRONE"]}}, "onlyIf/answers/1"),
    ],
)
def test_a_condition_hangs_on_a_question_that_is_asked(change: dict[str, Any], at: str) -> None:
    document = huangshan()
    business(document)["questions"]["properties"]["address"].update(change)
    with pytest.raises(ManifestInvalid) as caught:
        parse(document)
    assert [fault.path.partition("/address/")[2] for fault in caught.value.faults] == [at]


def test_what_follows_on_a_condition_is_not_required_besides_and_materials_are_listed_once() -> None:
    document = huangshan()
    business(document)["questions"]["required"] = ["address"]
    business(document)["service"] = {"materials": [*SERVICE["materials"], SERVICE["materials"][0]]}
    with pytest.raises(ManifestInvalid) as caught:
        parse(document)
    assert sorted(fault.path.partition("/case_categories/")[2].partition("/")[2] for fault in caught.value.faults) == [
        "questions/properties/address/onlyIf",
        "service/materials/2/code",
    ]
