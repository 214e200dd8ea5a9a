"""Cases with their whole histories, in the order in which things happened, so that the event log reads like one."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from server.cases import rules
from server.cases.events import SUBJECT, change_of, event_type
from server.cases.models import Case, CaseEvent
from server.cases.service.policy import CasePolicy, Category, policy_of
from server.cases.service.reporting import numbered
from server.cases.service.schedule import ESCALATE, ESCALATED, MARKED_OVERDUE
from server.cases.states import UNRESOLVED, CaseStatus, EventKind, Severity, Track
from server.demo.bulk import BATCH, Row, insert
from server.demo.courses import Copy, Course, Matter, Step
from server.demo.desk import Desk
from server.demo.fates import Fate, Turn, fates
from server.demo.handling import Handling
from server.demo.ids import id_at
from server.demo.people import Neighbor, People
from server.demo.places import Places
from server.demo.publishing import rows_of
from server.events.models import DueWork, Event
from server.events.record import next_number
from server.publications.models import Publication, PublishedCase

_WORDS = ("情况反映", "问题求助", "需要处理", "线索上报")
_DETAILS = (
    "居民反映该问题已持续数日,希望尽快处理。",
    "网格巡查中发现,已拍照留存,请安排处理。",
    "多位居民提出,建议实地查看后解决。",
    "请协助办理,方便时电话联系。",
)

Pending = tuple[datetime, int, int, UUID, Step]


@dataclass(slots=True)
class Ledger:
    """What is to be written next; ``pending`` is a heap of the steps that follow reports still to come."""

    cases: list[Row] = field(default_factory=list)
    works: list[Row] = field(default_factory=list)
    drafts: list[Row] = field(default_factory=list)
    copies: list[Row] = field(default_factory=list)
    steps: list[Pending] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)


class Clerk:
    """Writes the cases of one city."""

    def __init__(self, desk: Desk, places: Places, people: People) -> None:
        self._desk = desk
        self._places = places
        self._people = people
        self._policy: CasePolicy = policy_of(desk.manifest)
        self._ledger = Ledger()
        self._struck_off = 0

    async def write(self) -> None:
        """Every case of the plan, batch by batch."""
        found = fates(self._desk, self._places, self._policy)
        ledger = self._ledger
        for number, fate in enumerate(found, start=1):
            while ledger.pending and ledger.pending[0][0] < fate.reported_at:
                ledger.steps.append(heapq.heappop(ledger.pending))
            self._case(number, fate)
            if len(ledger.steps) >= BATCH:
                await self._flush()
                self._desk.say(f"{number} of {len(found)} cases")
        while ledger.pending:
            ledger.steps.append(heapq.heappop(ledger.pending))
        await self._flush()
        await insert(self._desk.session, DueWork, ledger.works, tenant_id=self._desk.tenant_id)
        if found:
            await next_number(self._desk.session, self._desk.tenant_id, "case", count=len(found))
        if self._struck_off:
            await next_number(self._desk.session, self._desk.tenant_id, "strike_off", count=self._struck_off)

    def _case(self, number: int, fate: Fate) -> None:
        desk = self._desk
        course = Course(self._matter(fate), self._policy, self._people, desk.random, until=desk.now)
        Handling(course, fate).run()
        case_id = id_at(desk.random, fate.reported_at)
        self._ledger.cases.append(self._row(case_id, number, course))
        for version, step in enumerate(course.steps, start=1):
            heapq.heappush(self._ledger.pending, (step.event.at, number, version, case_id, step))
        self._ledger.works += _works(desk, case_id, course)
        if course.copy is not None:
            self._publish(case_id, course, course.copy)

    def _publish(self, case_id: UUID, course: Course, copy: Copy) -> None:
        label = self._desk.manifest.find_category(course.facts.category)
        name = label.name.zh_cn if label else course.facts.category
        draft, public = rows_of(self._desk, case_id, course, copy, name)
        self._ledger.drafts.append(draft)
        self._ledger.copies.append(public)

    def _matter(self, fate: Fate) -> Matter:
        """What the case is about; most are reported by residents, events of the grid also by its worker."""
        desk = self._desk
        dropped = fate.until in {CaseStatus.REJECTED, CaseStatus.WITHDRAWN}
        ordinary = fate.track is Track.GRID_EVENT and not fate.home and not dropped
        by_worker = ordinary and desk.random.randrange(3) == 0
        neighbors = self._people.neighbors.get(fate.cell.id, [])
        reporter: Neighbor | None = None
        if neighbors and not by_worker:
            # Every other case at home is of the resident with the account.
            reporter = neighbors[0] if fate.home and desk.random.randrange(2) else desk.random.choice(neighbors)
        return Matter(fate.cell, fate.track, self._category(fate), reporter, fate.reported_at)

    def _category(self, fate: Fate) -> Category:
        disputes = fate.track is Track.DISPUTE
        fitting = [
            category for category in self._policy.categories.values() if ("DISPUTE" in category.code) is disputes
        ]
        if fate.turn in {Turn.LATE, Turn.DUE_NOW}:
            fitting = [category for category in fitting if category.severity is Severity.GENERAL]
        return self._desk.random.choice(fitting)

    def _row(self, case_id: UUID, number: int, course: Course) -> Row:
        facts, matter, desk = course.facts, course.matter, self._desk
        label = desk.manifest.find_category(facts.category)
        name = label.name.zh_cn if label else facts.category
        if facts.archived_at is not None:
            self._struck_off += 1
        return {
            "id": case_id,
            "number": numbered(self._policy, "", matter.reported_at, number),
            "track": facts.track.value,
            "category": facts.category,
            "title": name + desk.random.choice(_WORDS),
            "description": desk.random.choice(_DETAILS),
            "status": facts.status.value,
            "severity": facts.severity.value,
            "containment": matter.category.containment.value if matter.category.containment else None,
            "grid_id": matter.cell.id,
            "path": matter.cell.organization.path,
            "organization_id": facts.organization_id,
            "custody_path": course.custody.path,
            "clock_path": course.clock_path,
            "level": facts.level,
            "reporter_id": facts.reporter_id,
            "reporter_account_id": facts.reporter_account_id,
            "claimant_id": facts.claimant_id,
            "handler_id": facts.handler_id,
            "reported_at": facts.reported_at,
            "accepted_at": facts.accepted_at,
            "due_at": course.due_at,
            "overdue_at": facts.overdue_at,
            "resolved_at": facts.resolved_at,
            "feedback_at": facts.feedback_at,
            "archived_at": facts.archived_at,
            "result": course.result,
            "rating": facts.rating.value if facts.rating else None,
            "rating_comment": course.rating_comment,
            "reopen_count": facts.reopen_count,
            "strike_off_number": (
                numbered(self._policy, "X", facts.archived_at, self._struck_off) if facts.archived_at else None
            ),
            "supervision": facts.supervision.value,
            "urged_at": facts.urged_at,
            "handling": facts.handling.value if facts.handling else None,
            "explained_at": facts.explained_at,
            "explanation_due_at": rules.explanation_due_at(facts, course.template),
            "visited_at": facts.visited_at,
            "visit_effect": facts.visit_effect.value if facts.visit_effect else None,
            "visit_text": course.finding if facts.visited_at else None,
            "publication_waived_at": facts.publication_waived_at,
            "version": facts.version,
            "changed_at": course.steps[-1].event.at,
        }

    async def _flush(self) -> None:
        """Write cases, then what happened to them in the order it happened, under the next numbers of the log."""
        desk, ledger = self._desk, self._ledger
        await insert(desk.session, Case, ledger.cases, tenant_id=desk.tenant_id)
        await insert(desk.session, Publication, ledger.drafts, tenant_id=desk.tenant_id)
        await insert(desk.session, PublishedCase, ledger.copies, tenant_id=desk.tenant_id)
        if ledger.steps:
            last = await next_number(desk.session, desk.tenant_id, "event", count=len(ledger.steps))
            first = last - len(ledger.steps) + 1
            rows = [_case_event(desk, seq, pending) for seq, pending in enumerate(ledger.steps, start=first)]
            await insert(desk.session, CaseEvent, rows, tenant_id=desk.tenant_id)
            events = (_event(desk, seq, pending) for seq, pending in enumerate(ledger.steps, start=first))
            await insert(desk.session, Event, events, tenant_id=desk.tenant_id)
        ledger.cases, ledger.steps, ledger.drafts, ledger.copies = [], [], [], []


def _case_event(desk: Desk, seq: int, pending: Pending) -> Row:
    at, _number, version, case_id, step = pending
    change: dict[str, Any] = change_of(step.event)
    if step.due_at is not None:
        change["dueAt"] = step.due_at.isoformat()
    return {
        "id": id_at(desk.random, at),
        "case_id": case_id,
        "seq": seq,
        "version": version,
        "kind": step.event.kind.value,
        "from_status": step.before.value if step.before else None,
        "to_status": step.event.to_status.value,
        "level": step.event.level,
        "actor_member_id": step.member_id,
        "actor_role": step.role,
        "note": step.note,
        "step": step.event.step.value if step.event.step else None,
        "handling": step.event.handling.value if step.event.handling else None,
        "change": change,
        "at": at,
    }


def _event(desk: Desk, seq: int, pending: Pending) -> Row:
    at, _number, _version, case_id, step = pending
    return {
        "id": id_at(desk.random, at),
        "seq": seq,
        "type": event_type(step.event.kind),
        "subject_type": SUBJECT,
        "subject_id": case_id,
        "at": at,
    }


def _works(desk: Desk, case_id: UUID, course: Course) -> Iterator[Row]:
    """The worker's step of an open case's present course: done, or still to come."""
    facts = course.facts
    if facts.status not in UNRESOLVED:
        return
    moment = course.escalates_at
    if moment is None and facts.overdue_at is None:
        return
    late = next((event for event in reversed(course.log) if event.kind is EventKind.ESCALATED_OVERDUE), None)
    done = ESCALATED if late and late.organization_id else MARKED_OVERDUE
    yield {
        "id": id_at(desk.random, course.matter.reported_at),
        "kind": ESCALATE,
        "subject_id": case_id,
        "step": f"{facts.reopen_count}.1",
        "due_at": moment or course.due_at or facts.overdue_at,
        "lease_until": None,
        "attempts": 1 if facts.overdue_at else 0,
        "done_at": facts.overdue_at,
        "outcome": done if facts.overdue_at else None,
        "created_at": course.matter.reported_at,
    }


async def report_cases(desk: Desk, places: Places, people: People) -> None:
    """The cases of the plan with their events, and the worker's steps that are due."""
    if desk.plan.cases:
        await Clerk(desk, places, people).write()
