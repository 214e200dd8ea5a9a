"""One case on its way, step by step through the city's own rules: what they would refuse cannot be invented.

Every step leaves its event; the state is what the events replay to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from server.cases import rules
from server.cases.outcomes import VisitEffect
from server.cases.replay import CaseEventFacts, apply, begin
from server.cases.service.changes import next_event
from server.cases.service.policy import CasePolicy, Category
from server.cases.service.schedule import due_of, next_step
from server.cases.states import (
    UNRESOLVED,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    EventKind,
    Rating,
    Severity,
    Track,
)
from server.cases.templates import settings_of
from server.cases.timing import CaseClock
from server.demo.people import Neighbor, People, Person
from server.demo.places import Cell, Place

_MOVES_DEADLINE = (EventKind.REPORTED, EventKind.TRIAGED, EventKind.REOPENED)
_SEVERITIES = (*(Severity.GENERAL,) * 17, *(Severity.COMPLEX,) * 2, Severity.MAJOR)


@dataclass(frozen=True, slots=True)
class Step:
    """One event with who did it in which role; due_at: of the case after it; before: the state it came from."""

    event: CaseEventFacts
    before: CaseStatus | None
    member_id: UUID | None
    role: str
    note: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Copy:
    """What was made public of a case, by whom drafted and by whom checked."""

    drafted_by: UUID
    drafted_at: datetime
    checked_by: UUID
    checked_at: datetime
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """What a case is about and who reports it: a resident, or the grid's worker (None)."""

    cell: Cell
    track: Track
    category: Category
    reporter: Neighbor | None
    reported_at: datetime


class Course:
    """A case from its report on.

    at: the present moment. escalates_at: when the worker is to take its next step, None when there is none to take.
    """

    def __init__(self, matter: Matter, policy: CasePolicy, people: People, random: Random, *, until: datetime) -> None:
        """Report the case. until: nothing happens after it."""
        self.matter = matter
        self.policy = policy
        self.template = policy.template(matter.track)
        self.people = people
        self.random = random
        self.until = until
        self.steps: list[Step] = []
        self.log: list[CaseEventFacts] = []
        self.custody = _first_custody(matter.cell, policy)
        self.result: str | None = None
        self.finding: str | None = None
        self.rating_comment: str | None = None
        self.copy: Copy | None = None
        self.clock_path = self.custody.path
        self.due_at: datetime | None = None
        self.escalates_at: datetime | None = None
        self.at = matter.reported_at
        self.facts = self._report()

    def pass_time(self, least_minutes: int, most_minutes: int) -> None:
        """Let time go by before the next step; when the deadline passes on the way, the worker steps in (T17)."""
        self.at = min(
            self.at + timedelta(seconds=self.random.randrange(least_minutes * 60, most_minutes * 60)), self.until
        )
        self.escalate_if_late()

    def escalate_if_late(self) -> None:
        """What the worker did when the deadline passed, if it has: one level up, once a course."""
        late_at = self.escalates_at
        if late_at is None or late_at >= self.at or self.facts.status not in UNRESOLVED:
            return
        now = self.at
        self.at = late_at + timedelta(seconds=self.random.randrange(1, 20))
        above = self._above(Action.ESCALATE_OVERDUE)
        self.do(Action.ESCALATE_OVERDUE, None, "system", above=above)
        self.at = max(now, self.at)

    @property
    def _clock(self) -> CaseClock:
        return CaseClock(self.policy.timing, self.log, self.clock_path)

    def _next_escalation_at(self) -> datetime | None:
        step = None if self.facts.ladder_steps else next_step(self._clock, self.facts, self.due_at)
        return step.due_at if step else None

    def do(
        self,
        action: Action,
        person: Person | None,
        role: str,
        *,
        note: str = "",
        handler: Person | None = None,
        category: str | None = None,
        severity: Severity | None = None,
        rating: Rating | None = None,
        effect: VisitEffect | None = None,
        above: Place | None = None,
    ) -> None:
        """Take a step at the present moment. Raises what the rules raise: then the invention is wrong."""
        member_id = person.id if person else None
        resident = self.matter.reporter if role == "resident" else None
        attempt = Attempt(
            now=self.at,
            member_id=member_id,
            resident_id=resident.id if resident else None,
            note=note,
            handler_id=handler.id if handler else None,
            category=category,
            severity=severity,
            rating=rating,
            visit_effect=effect,
            copy_checked=self.copy is not None,
            private=self.policy.is_private(self.facts.category),
            late=self.due_at is not None and self.due_at <= self.at,
        )
        event = next_event(
            self.facts,
            self.template,
            action,
            attempt=attempt,
            level=above.level if above else self.facts.level,
            organization_id=above.id if above else None,
        )
        self.custody = above or self.custody
        before = self.facts.status
        self._append(event, apply(self.facts, event), before, member_id, role, note or None)

    def ask_for_help(self, person: Person, role: str, note: str) -> bool:
        """Hand the case to the level above (T12), unless nobody there could act; whether it was."""
        above = self._above(Action.ESCALATE)
        if above is None or above.level not in {"community", "subdistrict"}:
            return False
        self.do(Action.ESCALATE, person, role, note=note, above=above)
        return True

    def severity(self) -> Severity:
        """What a triage finds."""
        return self.random.choice(_SEVERITIES)

    def _report(self) -> CaseFacts:
        matter = self.matter
        event = CaseEventFacts(
            kind=EventKind.REPORTED,
            version=1,
            at=matter.reported_at,
            to_status=CaseStatus.REPORTED,
            level=self.custody.level,
            organization_id=self.custody.id,
            track=matter.track,
            category=matter.category.code,
            severity=matter.category.severity,
            reporter_id=matter.reporter.id if matter.reporter else None,
            step=CaseStatus.REPORTED if CaseStatus.REPORTED in self.template.mandatory_steps else None,
            template=settings_of(self.template),
        )
        worker = self.people.workers[matter.cell.id]
        member_id, role = (None, "resident") if matter.reporter else (worker.id, "grid_worker")
        self._append(event, begin(event), None, member_id, role, None)
        if self.template.automatic_accept:
            self.do(Action.ACCEPT, None, "system")
        return self.facts

    def _append(
        self,
        event: CaseEventFacts,
        facts: CaseFacts,
        before: CaseStatus | None,
        member_id: UUID | None,
        role: str,
        note: str | None,
    ) -> None:
        self.facts = facts
        self.log.append(event)
        if facts.status in UNRESOLVED and event.kind in _MOVES_DEADLINE and not event.late:
            if event.kind is not EventKind.TRIAGED:
                self.clock_path = self.custody.path
            self.due_at = due_of(self._clock, facts)
            self.escalates_at = self._next_escalation_at()
        elif event.kind is EventKind.ESCALATED_OVERDUE:
            self.escalates_at = None
        self.steps.append(Step(event, before, member_id, role, note, self.due_at))

    def _above(self, action: Action) -> Place | None:
        if self.facts.level not in self.template.escalation_chain[1:]:
            return None
        return self.custody.at_level(rules.level_after(action, self.facts, self.template))


def _first_custody(cell: Cell, policy: CasePolicy) -> Place:
    """The grid's own organization or the nearest above it on the escalation chain."""
    place: Place | None = cell.organization
    while place is not None and place.level not in policy.chain:
        place = place.parent
    return place or cell.organization
