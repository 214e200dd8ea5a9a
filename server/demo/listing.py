"""The four lists of some grids (HS-05): problems at every stage, from nothing planned to closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from server.demo.bulk import Row, insert
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.demo.people import People
from server.demo.places import Cell, Places
from server.events.models import Event
from server.events.record import next_number
from server.lists.models import ListEvent, ListMeasure, ListProblem, ListResponsibility, ListResult
from server.lists.rules import ItemKind, ListEventKind, event_type
from server.lists.service.changes import SUBJECT

# Category, problem, measure, result.
_MATTERS = (
    ("FIRE_HAZARD", "楼道堆放杂物,堵塞消防通道", "清理楼道并张贴提示", "杂物已清运,通道畅通"),
    ("THEFT_HAZARD", "老街夜间照明不足", "检修路灯并安排夜间巡查", "损坏路灯已全部更换"),
    ("MARKET_REG", "沿街商铺占道经营", "划定经营区域并逐户告知", "商户已按区域经营"),
    ("HEALTH", "老年居民不清楚体检安排", "入户发放体检通知", "通知已送达各户"),
    ("PARTY_BUILDING", "网格党员活动参与不足", "每月安排一次党员议事", "本季度议事会已召开"),
)
_STAGES = 5  # nothing planned, nobody responsible, under way, past its day, closed
_BEGAN = timedelta(days=40)
_HELD = timedelta(days=20)


Steps = list[tuple[ListEventKind, ItemKind, UUID, dict[str, date | str | UUID | None]]]


@dataclass(slots=True)
class _Ledger:
    """Rows to be written, by table; events in the order they happened."""

    problems: list[Row] = field(default_factory=list)
    measures: list[Row] = field(default_factory=list)
    responsibilities: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


async def keep_lists(desk: Desk, places: Places, people: People) -> None:
    """The problems of the plan in the city's first grids, with what hangs on them and their history."""
    if not desk.plan.problems:
        return
    ledger = _Ledger()
    cells = places.home_grids
    for number in range(desk.plan.problems):
        _problem(desk, ledger, people, cells[number // _STAGES % len(cells)], number)
    ledger.events.sort(key=lambda event: event["at"])
    last = await next_number(desk.session, desk.tenant_id, "event", count=len(ledger.events))
    for seq, event in enumerate(ledger.events, start=last - len(ledger.events) + 1):
        event["seq"] = seq
    for model, rows in (
        (ListProblem, ledger.problems),
        (ListMeasure, ledger.measures),
        (ListResponsibility, ledger.responsibilities),
        (ListResult, ledger.results),
        (ListEvent, ledger.events),
        (Event, [_logged(desk, event) for event in ledger.events]),
    ):
        await insert(desk.session, model, rows, tenant_id=desk.tenant_id)


def _problem(desk: Desk, ledger: _Ledger, people: People, cell: Cell, number: int) -> None:
    """One problem; its stage goes with its number."""
    stage = number % _STAGES
    category, text, planned, reached = _MATTERS[number // _STAGES % len(_MATTERS)]
    chief = people.chiefs[cell.id].id
    began = desk.now - _BEGAN + timedelta(minutes=desk.random.randrange(6_000))
    moments = [began + step * timedelta(days=2) for step in range(5)]
    place = {"grid_id": cell.id, "path": cell.organization.path}
    due_on = desk.local_day(desk.now - _HELD if stage == 3 else desk.now + _HELD)  # noqa: PLR2004 - past its day
    problem = _item(desk, chief, began, text=text, category=category, case_id=None, **place)
    steps: Steps = [
        (ListEventKind.PROBLEM_LISTED, ItemKind.PROBLEM, problem["id"], {"text": text, "category": category})
    ]
    if stage >= 1:
        measure = _item(desk, chief, moments[1], problem_id=problem["id"], text=planned, owned=stage > 1, **place)
        ledger.measures.append(measure)
        steps.append((ListEventKind.MEASURE_PLANNED, ItemKind.MEASURE, measure["id"], {"text": planned}))
    if stage > 1:
        owner = _owner(people, cell, number)
        hangs = {"problem_id": problem["id"], "measure_id": measure["id"], **place}
        part = _item(desk, chief, moments[2], due_on=due_on, done=stage == _STAGES - 1, **hangs, **owner)
        ledger.responsibilities.append(part)
        said = {"due_on": due_on, "member_id": owner["member_id"], "organization_id": owner["organization_id"]}
        steps.append((ListEventKind.RESPONSIBILITY_ASSIGNED, ItemKind.RESPONSIBILITY, part["id"], said))
    if stage == _STAGES - 1:
        result = _item(desk, chief, moments[3], problem_id=problem["id"], responsibility_id=part["id"], text=reached)
        ledger.results.append(result)
        steps.append((ListEventKind.RESULT_RECORDED, ItemKind.RESULT, result["id"], {"text": reached}))
        steps.append(
            (ListEventKind.PROBLEM_CLOSED, ItemKind.PROBLEM, problem["id"], {"text": text, "category": category})
        )
    closed = stage == _STAGES - 1
    ledger.problems.append(
        {
            **problem,
            "version": len(steps),
            "measures": int(stage >= 1),
            "unowned": int(stage == 1),
            "pending": int(1 < stage < _STAGES - 1),
            "next_due_on": due_on if 1 < stage < _STAGES - 1 else None,
            "changed_at": moments[len(steps) - 1],
            "closed_at": moments[4] if closed else None,
            "closed_by_id": chief if closed else None,
        }
    )
    ledger.events += _told(desk, problem["id"], chief, steps, moments)


def _item(desk: Desk, chief: UUID, at: datetime, **values: Any) -> dict[str, Any]:
    return {
        "id": id_at(desk.random, at),
        "version": 1,
        "added_by_id": chief,
        "added_at": at,
        "account_id": None,
        "idempotency_key": None,
        "idempotency_digest": None,
        **values,
    }


def _owner(people: People, cell: Cell, number: int) -> dict[str, Any]:
    """The grid's worker, or the community."""
    if number % 2:
        return {"member_id": people.workers[cell.id].id, "organization_id": None, "owner_path": None}
    return {"member_id": None, "organization_id": cell.community.id, "owner_path": cell.community.path}


def _told(desk: Desk, problem_id: UUID, chief: UUID, steps: Steps, moments: list[datetime]) -> Iterator[dict[str, Any]]:
    said = dict.fromkeys(("text", "category", "due_on", "member_id", "organization_id"))
    for version, ((kind, item_kind, item_id, content), at) in enumerate(zip(steps, moments, strict=False), start=1):
        yield {
            "id": id_at(desk.random, at),
            "problem_id": problem_id,
            "version": version,
            "kind": kind.value,
            "item_kind": item_kind.value,
            "item_id": item_id,
            **said,
            **content,
            "actor_member_id": chief,
            "at": at,
        }


def _logged(desk: Desk, event: dict[str, Any]) -> Row:
    return {
        "id": id_at(desk.random, event["at"]),
        "seq": event["seq"],
        "type": event_type(ListEventKind(event["kind"])),
        "subject_type": SUBJECT,
        "subject_id": event["problem_id"],
        "at": event["at"],
    }
