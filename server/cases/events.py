"""The log of a case: the name of each event for the world, and its content as the ``change`` kept with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from server.cases.outcomes import VisitEffect
from server.cases.replay import CaseEventFacts
from server.cases.states import CaseStatus, EventKind, Handling, Rating, Severity, Track
from server.cases.templates import step_of

SUBJECT = "case"
"""The subject type of every event of this area."""


def event_type(kind: EventKind) -> str:
    """The type in the city's event log: CaseReported, CaseEscalatedOverdue."""
    return "Case" + "".join(word.capitalize() for word in kind.value.split("_"))


def change_of(event: CaseEventFacts) -> dict[str, Any]:
    """The values an event sets, as JSON: ids and codes, only those it touches. ``facts_of`` reads them back."""
    values = {
        "organizationId": event.organization_id,
        "track": event.track,
        "category": event.category,
        "severity": event.severity,
        "reporterId": event.reporter_id,
        "reporterAccountId": event.reporter_account_id,
        "handlerId": event.handler_id,
        "rating": event.rating,
        "memberId": event.member_id,
        "visitEffect": event.visit_effect,
        "bundleId": event.bundle_id,
        "step": event.step,
        "handling": event.handling,
        "mergedIntoId": event.merged_into_id,
    }
    numbers = {"allegations": event.allegations, "allegation": event.allegation, "score": event.score}
    tasks = {"taskIds": sorted(map(str, event.task_ids))} if event.task_ids else {}
    return {
        **{name: str(value) for name, value in values.items() if value is not None},
        **{name: number for name, number in numbers.items() if number is not None},
        **tasks,
        **({"late": True} if event.late else {}),
        **_of_the_clock(event),
        **({"template": dict(event.template)} if event.template else {}),
    }


def _of_the_clock(event: CaseEventFacts) -> dict[str, Any]:
    """What the worker's events set."""
    values = {"ladderStep": event.ladder_step, "target": event.target, "early": event.early, "told": list(event.told)}
    return {name: value for name, value in values.items() if value}


def facts_of(
    *,
    kind: str,
    version: int,
    at: datetime,
    to_status: str,
    level: str,
    change: Mapping[str, Any],
) -> CaseEventFacts:
    """The event of a stored row; ``change`` may hold more than a replay needs."""
    values = {_READ[name][0]: _READ[name][1](value) for name, value in change.items() if name in _READ}
    return CaseEventFacts(EventKind(kind), version, at, CaseStatus(to_status), level, **values)


def _ids(values: Sequence[str]) -> frozenset[UUID]:
    return frozenset(map(UUID, values))


_READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "organizationId": ("organization_id", UUID),
        "track": ("track", Track),
        "category": ("category", str),
        "severity": ("severity", Severity),
        "reporterId": ("reporter_id", UUID),
        "reporterAccountId": ("reporter_account_id", UUID),
        "handlerId": ("handler_id", UUID),
        "rating": ("rating", Rating),
        "memberId": ("member_id", UUID),
        "taskIds": ("task_ids", _ids),
        "allegations": ("allegations", int),
        "allegation": ("allegation", int),
        "score": ("score", int),
        "visitEffect": ("visit_effect", VisitEffect),
        "bundleId": ("bundle_id", UUID),
        "step": ("step", step_of),
        "late": ("late", bool),
        "handling": ("handling", Handling),
        "mergedIntoId": ("merged_into_id", UUID),
        "template": ("template", dict),
        "ladderStep": ("ladder_step", int),
        "early": ("early", bool),
        "told": ("told", tuple),
        "target": ("target", str),
    },
)
"""Which field of the facts each name of a change stands for, and how its JSON is read."""


def last_of(log: Sequence[CaseEventFacts], *kinds: EventKind) -> CaseEventFacts | None:
    """The newest event of these kinds in a log, oldest first."""
    return next((event for event in reversed(log) if event.kind in kinds), None)
