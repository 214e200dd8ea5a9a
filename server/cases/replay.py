"""Fold a case's log into its state (sources.md 3.6, invariant 2).

``apply`` is the only place that says what an event does to the stored values: a service writes what it returns, so the
stored state and the replayed one cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

from server.cases.outcomes import VisitEffect
from server.cases.states import (
    MAIN_LINE,
    CaseFacts,
    CaseStatus,
    EventKind,
    Handling,
    Hop,
    Rating,
    Severity,
    Stamp,
    Step,
    Track,
)


class BrokenLog(ValueError):
    """The events cannot be the history of one case: a bug or tampering, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class CaseEventFacts:
    """One event of the log. None means the event does not touch the value.

    version: 1 for REPORTED, then one more each. level, organization_id: where the case sits after the event.
    track, category, severity, organization_id: required for REPORTED. handler_id: the member named at DISPATCHED (None:
    the pool) or the one who claims at CLAIMED. member_id: who acted, of the kinds in ``NAMES_MEMBER``. task_ids: the
    shares assigned, or the one closed. allegations: how many the report holds; allegation: number of the one answered.
    step: the mandatory step it stamps. late: the deadline had passed when the class changed, and stands. template: of
    REPORTED and TEMPLATE_RENEWED, the settings the case goes by (``templates``). ladder_step: number of the step taken; early: before the
    deadline; told: roles. target: the one missed.
    """

    kind: EventKind
    version: int
    at: datetime
    to_status: CaseStatus
    level: str
    organization_id: UUID | None = None
    track: Track | None = None
    category: str | None = None
    severity: Severity | None = None
    reporter_id: UUID | None = None
    reporter_account_id: UUID | None = None
    handler_id: UUID | None = None
    rating: Rating | None = None
    member_id: UUID | None = None
    task_ids: frozenset[UUID] = frozenset()
    allegations: int | None = None
    allegation: int | None = None
    score: int | None = None
    visit_effect: VisitEffect | None = None
    bundle_id: UUID | None = None
    step: Step | None = None
    late: bool = False
    handling: Handling | None = None
    merged_into_id: UUID | None = None
    template: Mapping[str, Any] | None = None
    ladder_step: int | None = None
    early: bool = False
    told: tuple[str, ...] = ()
    target: str | None = None


WORKED = frozenset(
    {
        EventKind.CLAIMED,
        EventKind.STARTED,
        EventKind.PROGRESSED,
        EventKind.EXPLAINED,
        EventKind.URGE_ANSWERED,
        EventKind.ESCALATED,
        EventKind.RESOLVED,
        EventKind.TASK_COMPLETED,
    },
)
"""What somebody does who can no longer judge or supervise the case; whoever handed it up had it in hand."""

NAMES_MEMBER = WORKED | {EventKind.URGED}
"""The events that say which member took the step: nobody answers an urge of their own."""


def replay(events: Iterable[CaseEventFacts]) -> CaseFacts:
    """The state after all events, oldest first. Raises BrokenLog for a log that is empty or has a gap."""
    draft: _Draft | None = None
    for event in events:
        if draft is None:
            draft = _begun(event)
        else:
            _fold(draft, event)
    if draft is None:
        raise BrokenLog("a case begins with a report")
    return _finished(draft)


def begin(event: CaseEventFacts) -> CaseFacts:
    """The state of a case just reported (T1). Raises BrokenLog for any other event."""
    return _finished(_begun(event))


def _begun(event: CaseEventFacts) -> _Draft:
    if event.kind is not EventKind.REPORTED or event.version != 1 or event.to_status is not CaseStatus.REPORTED:
        raise BrokenLog(f"a case begins with a report, not with {event.kind} at version {event.version}")
    if event.track is None or event.category is None or event.severity is None or event.organization_id is None:
        raise BrokenLog("a report says track, category, severity and organization")
    return _Draft(
        status=event.to_status,
        track=event.track,
        level=event.level,
        organization_id=event.organization_id,
        reported_at=event.at,
        category=event.category,
        severity=event.severity,
        reporter_id=event.reporter_id,
        reporter_account_id=event.reporter_account_id,
        allegations=event.allegations or 0,
        began_at=event.at,
    )


def apply(state: CaseFacts, event: CaseEventFacts) -> CaseFacts:
    """The state after one more event. Raises BrokenLog for a gap in the versions or a second report."""
    draft = _Draft(*_VALUES(state))
    _fold(draft, event)
    return _finished(draft)


class _Draft(CaseFacts):
    """A state under change, which one log goes through.

    Making a frozen value of so many fields at each event took a third of the time of a sweep of late cases.
    """

    __slots__ = ()
    __setattr__ = object.__setattr__


_VALUES = attrgetter(*(field.name for field in fields(CaseFacts)))


def _finished(draft: _Draft) -> CaseFacts:
    """The draft itself, which is a state like any other from now on: nothing changes it any more."""
    object.__setattr__(draft, "__class__", CaseFacts)
    return draft


def _set(draft: _Draft, **changes: Any) -> _Draft:
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def _fold(state: _Draft, event: CaseEventFacts) -> None:
    if event.kind is EventKind.REPORTED or event.version != state.version + 1:
        raise BrokenLog(f"{event.kind} at version {event.version} does not follow version {state.version}")
    _set(
        state,
        version=event.version,
        status=event.to_status,
        level=event.level,
        organization_id=event.organization_id or state.organization_id,
        category=event.category or state.category,
        severity=event.severity or state.severity,
        steps_done=_steps_done(state.steps_done, event.to_status),
        stamps=state.stamps | {event.step} if isinstance(event.step, Stamp) else state.stamps,
        climbed=_climbed(state, event),
        handling=state.handling if event.to_status is CaseStatus.IN_PROGRESS else None,
        worked=state.worked | {event.member_id} if event.member_id and event.kind in WORKED else state.worked,
    )
    effect = _EFFECTS.get(event.kind)
    if effect:
        effect(state, event)


def _steps_done(done: frozenset[CaseStatus], reached: CaseStatus) -> frozenset[CaseStatus]:
    if reached not in MAIN_LINE:
        return done
    position = MAIN_LINE.index(reached)
    return frozenset(step for step in done if MAIN_LINE.index(step) < position) | {reached}


def _climbed(state: CaseFacts, event: CaseEventFacts) -> tuple[Hop, ...]:
    """The hops below: one more after each step up, one less after each step down."""
    if event.kind is EventKind.SENT_BACK:
        back = Hop(event.level, event.organization_id or state.organization_id)
        if state.climbed[-1:] != (back,):
            raise BrokenLog("a case is sent back to whom it came from")
        return state.climbed[:-1]
    if event.kind in {EventKind.ESCALATED, EventKind.ESCALATED_OVERDUE} and event.level != state.level:
        return (*state.climbed, Hop(state.level, state.organization_id))
    return state.climbed


_Effect = Callable[[_Draft, CaseEventFacts], object]


def _held_by_nobody(state: _Draft, _event: CaseEventFacts) -> None:
    _set(state, handler_id=None, claimant_id=None)


def _classified(state: _Draft, event: CaseEventFacts) -> None:
    """A missed deadline is missed, whatever the case is called from now on (A-09)."""
    if event.late:
        _set(state, overdue_at=state.overdue_at or event.at)


def _tracked(state: _Draft, event: CaseEventFacts) -> _Draft:
    return _set(state, tracked_at=state.tracked_at or event.at)


def _anew(state: _Draft, event: CaseEventFacts) -> _Draft:
    """Another course: what was late, tracked, urged, explained and judged in the last one is history."""
    return _set(
        state,
        began_at=event.at,
        overdue_at=None,
        ladder_steps=0,
        stamps=frozenset(),
        relayed=0,
        tracked_at=None,
        urges=0,
        urged_at=None,
        urged_by=None,
        explained_at=None,
        resolved_at=None,
        feedback_at=None,
        rating=None,
        answered=frozenset(),
        score=None,
        visited_at=None,
        visit_effect=None,
        publication_waived_at=None,
    )


def _stepped(state: _Draft, event: CaseEventFacts) -> None:
    """One step of the ladder more; from the deadline on, the course is late for good."""
    late_at = state.overdue_at or (None if event.early else event.at)
    _set(state, ladder_steps=state.ladder_steps + 1, overdue_at=late_at)


def _task_closed(state: _Draft, event: CaseEventFacts) -> None:
    _set(state, tasks_open=state.tasks_open - event.task_ids)


def _answered(state: _Draft, event: CaseEventFacts) -> None:
    if event.allegation is None:
        raise BrokenLog("an answer says which allegation it is about")
    _set(state, answered=state.answered | {event.allegation})


_EFFECTS: Mapping[EventKind, _Effect] = MappingProxyType(
    {
        EventKind.ACCEPTED: lambda state, event: _set(state, accepted_at=event.at),
        EventKind.DISPATCHED: lambda state, event: _set(state, handler_id=event.handler_id, claimant_id=None),
        EventKind.CLAIMED: lambda state, event: _set(
            state,
            handler_id=event.handler_id,
            claimant_id=event.handler_id,
        ),
        EventKind.RELEASED: _held_by_nobody,
        EventKind.TAKEN_BACK: _held_by_nobody,
        # Asking for help hands the case over; lateness alone does not take it from whoever is at work on it.
        EventKind.ESCALATED: _held_by_nobody,
        EventKind.ESCALATED_OVERDUE: _stepped,
        EventKind.NOTIFIED: _stepped,
        EventKind.TARGET_MISSED: lambda state, event: _set(state, missed=state.missed | {str(event.target)}),
        EventKind.RESOLVED: lambda state, event: _set(_tracked(state, event), resolved_at=event.at),
        EventKind.FEEDBACK_GIVEN: lambda state, event: _set(state, feedback_at=event.at),
        EventKind.RATED: lambda state, event: _set(state, rating=event.rating),
        EventKind.REOPENED: lambda state, event: _set(_anew(state, event), reopen_count=state.reopen_count + 1),
        EventKind.ARCHIVED: lambda state, event: _set(state, archived_at=event.at),
        EventKind.APPEALED: lambda state, event: _set(_anew(state, event), appealed_at=event.at),
        EventKind.MERGED: lambda state, event: _set(state, merged_into_id=event.merged_into_id),
        EventKind.SENT_BACK: _held_by_nobody,
        EventKind.FEEDBACK_RELAYED: lambda state, _event: _set(state, relayed=state.relayed + 1),
        EventKind.TRACKED: _tracked,
        EventKind.URGED: lambda state, event: _set(
            state,
            urges=state.urges + 1,
            urged_at=event.at,
            urged_by=event.member_id,
        ),
        EventKind.URGE_ANSWERED: lambda state, _event: _set(state, urged_at=None, urged_by=None),
        EventKind.URGE_WAIVED: lambda state, _event: _set(state, urges=state.urges + 1),
        EventKind.PROGRESSED: lambda state, event: _set(
            _tracked(state, event),
            handling=event.handling or state.handling,
        ),
        EventKind.EXPLAINED: lambda state, event: _set(_tracked(state, event), explained_at=event.at),
        EventKind.TRIAGED: _classified,
        EventKind.RECLASSIFIED: _classified,
        EventKind.WITHDRAWN: lambda state, _event: _set(state, tasks_open=frozenset()),
        EventKind.TASKS_ASSIGNED: lambda state, event: _set(state, tasks_open=state.tasks_open | event.task_ids),
        EventKind.TASK_COMPLETED: _task_closed,
        EventKind.TASK_CANCELED: _task_closed,
        EventKind.ALLEGATION_ANSWERED: _answered,
        EventKind.SCORED: lambda state, event: _set(state, score=event.score),
        EventKind.RETURN_VISITED: lambda state, event: _set(
            state,
            visited_at=event.at,
            visit_effect=event.visit_effect,
        ),
        EventKind.LINKED: lambda state, event: _set(state, bundle_id=event.bundle_id),
        EventKind.UNLINKED: lambda state, _event: _set(state, bundle_id=None),
        EventKind.PUBLICATION_WAIVED: lambda state, event: _set(state, publication_waived_at=event.at),
        # The log itself names the reporter no more; what was replayed before that must forget, too.
        EventKind.RETAINED: lambda state, event: _set(
            state, retained_at=event.at, reporter_id=None, reporter_account_id=None
        ),
    },
)
