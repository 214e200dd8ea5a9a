"""Fold a case's log into its state (sources.md 3.6, invariant 2).

``apply`` is the only place that says what an event does to the stored values: a service writes what it returns, so the
stored state and the replayed one cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from server.cases.states import MAIN_LINE, CaseFacts, CaseStatus, EventKind, Rating, Severity, Track


class BrokenLog(ValueError):
    """The events cannot be the history of one case: a bug or tampering, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class CaseEventFacts:
    """One event of the log. None means the event does not touch the value.

    version: 1 for REPORTED, then one more each. level, organization_id: where the case sits after the event.
    track, category, severity, organization_id: required for REPORTED. handler_id: the member named at DISPATCHED (None:
    the pool) or the one who claims at CLAIMED.
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


def replay(events: Iterable[CaseEventFacts]) -> CaseFacts:
    """The state after all events, oldest first. Raises BrokenLog for a log that is empty or has a gap."""
    state: CaseFacts | None = None
    for event in events:
        state = begin(event) if state is None else apply(state, event)
    if state is None:
        raise BrokenLog("a case begins with a report")
    return state


def begin(event: CaseEventFacts) -> CaseFacts:
    """The state of a case just reported (T1). Raises BrokenLog for any other event."""
    if event.kind is not EventKind.REPORTED or event.version != 1 or event.to_status is not CaseStatus.REPORTED:
        raise BrokenLog(f"a case begins with a report, not with {event.kind} at version {event.version}")
    if event.track is None or event.category is None or event.severity is None or event.organization_id is None:
        raise BrokenLog("a report says track, category, severity and organization")
    return CaseFacts(
        status=event.to_status,
        track=event.track,
        level=event.level,
        organization_id=event.organization_id,
        reported_at=event.at,
        category=event.category,
        severity=event.severity,
        reporter_id=event.reporter_id,
        reporter_account_id=event.reporter_account_id,
    )


def apply(state: CaseFacts, event: CaseEventFacts) -> CaseFacts:
    """The state after one more event. Raises BrokenLog for a gap in the versions or a second report."""
    if event.kind is EventKind.REPORTED or event.version != state.version + 1:
        raise BrokenLog(f"{event.kind} at version {event.version} does not follow version {state.version}")
    moved = replace(
        state,
        version=event.version,
        status=event.to_status,
        level=event.level,
        organization_id=event.organization_id or state.organization_id,
        category=event.category or state.category,
        severity=event.severity or state.severity,
        steps_done=_steps_done(state.steps_done, event.to_status),
    )
    effect = _EFFECTS.get(event.kind)
    return effect(moved, event) if effect else moved


def _steps_done(done: frozenset[CaseStatus], reached: CaseStatus) -> frozenset[CaseStatus]:
    if reached not in MAIN_LINE:
        return done
    position = MAIN_LINE.index(reached)
    return frozenset(step for step in done if MAIN_LINE.index(step) < position) | {reached}


_Effect = Callable[[CaseFacts, CaseEventFacts], CaseFacts]


def _held_by_nobody(state: CaseFacts, _event: CaseEventFacts) -> CaseFacts:
    return replace(state, handler_id=None, claimant_id=None)


def _reopened(state: CaseFacts, _event: CaseEventFacts) -> CaseFacts:
    return replace(
        state,
        reopen_count=state.reopen_count + 1,
        overdue_at=None,
        resolved_at=None,
        feedback_at=None,
        rating=None,
    )


_EFFECTS: Mapping[EventKind, _Effect] = MappingProxyType(
    {
        EventKind.ACCEPTED: lambda state, event: replace(state, accepted_at=event.at),
        EventKind.DISPATCHED: lambda state, event: replace(state, handler_id=event.handler_id, claimant_id=None),
        EventKind.CLAIMED: lambda state, event: replace(
            state,
            handler_id=event.handler_id,
            claimant_id=event.handler_id,
        ),
        EventKind.RELEASED: _held_by_nobody,
        EventKind.TAKEN_BACK: _held_by_nobody,
        # Asking for help hands the case over; lateness alone does not take it from whoever is at work on it.
        EventKind.ESCALATED: _held_by_nobody,
        EventKind.ESCALATED_OVERDUE: lambda state, event: replace(state, overdue_at=event.at),
        EventKind.RESOLVED: lambda state, event: replace(state, resolved_at=event.at),
        EventKind.FEEDBACK_GIVEN: lambda state, event: replace(state, feedback_at=event.at),
        EventKind.RATED: lambda state, event: replace(state, rating=event.rating),
        EventKind.REOPENED: _reopened,
        EventKind.ARCHIVED: lambda state, event: replace(state, archived_at=event.at),
    },
)
