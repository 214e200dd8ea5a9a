"""The log of a case: the name of each event for the world, and its content as the ``change`` kept with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.cases.replay import CaseEventFacts
from server.cases.states import CaseStatus, EventKind, Rating, Severity, Track

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
    }
    return {name: str(value) for name, value in values.items() if value is not None}


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
    return CaseEventFacts(
        kind=EventKind(kind),
        version=version,
        at=at,
        to_status=CaseStatus(to_status),
        level=level,
        organization_id=_id(change, "organizationId"),
        track=Track(change["track"]) if "track" in change else None,
        category=change.get("category"),
        severity=Severity(change["severity"]) if "severity" in change else None,
        reporter_id=_id(change, "reporterId"),
        reporter_account_id=_id(change, "reporterAccountId"),
        handler_id=_id(change, "handlerId"),
        rating=Rating(change["rating"]) if "rating" in change else None,
    )


def _id(change: Mapping[str, Any], name: str) -> UUID | None:
    return UUID(change[name]) if name in change else None


def last_of(log: Sequence[CaseEventFacts], *kinds: EventKind) -> CaseEventFacts | None:
    """The newest event of these kinds in a log, oldest first."""
    return next((event for event in reversed(log) if event.kind in kinds), None)
