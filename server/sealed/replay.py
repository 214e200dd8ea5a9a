"""Fold the log of a sealed matter into its state (sources.md 3.6, invariant 2).

``apply`` alone says what a step does; the services write what it returns, so the stored state is the replayed one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from server.sealed.rules import SealedEventKind, SealedFacts, SealedSatisfaction, SealedStatus, status_after


class BrokenSealedLog(ValueError):
    """The events cannot be the history of one matter: a bug or tampering, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class SealedEventFacts:
    """One step. owner_id, zone_id: who has the matter after it. allegations: of RECEIVED, how many. allegation: of
    FEEDBACK_GIVEN, the position of the one answered. satisfaction: of RATED.
    """

    kind: SealedEventKind
    version: int
    owner_id: UUID | None = None
    zone_id: UUID | None = None
    allegations: int | None = None
    allegation: int | None = None
    satisfaction: SealedSatisfaction | None = None


def apply(facts: SealedFacts | None, event: SealedEventFacts) -> SealedFacts:
    """The state after an event; None is the state before the first. Raises BrokenSealedLog."""
    if facts is None:
        if event.kind is not SealedEventKind.RECEIVED or event.version != 1 or not event.allegations:
            message = "a log begins with RECEIVED, number 1, and the count of allegations"
            raise BrokenSealedLog(message)
        return SealedFacts(SealedStatus.RECEIVED, 1, event.allegations, event.owner_id, event.zone_id)
    if event.version != facts.version + 1 or event.kind is SealedEventKind.RECEIVED:
        message = f"{event.kind} as number {event.version} after number {facts.version}"
        raise BrokenSealedLog(message)
    return replace(
        facts,
        status=status_after(event.kind, facts.status),
        version=event.version,
        owner_id=event.owner_id,
        zone_id=event.zone_id,
        answered=facts.answered if event.allegation is None else facts.answered | {event.allegation},
        satisfaction=event.satisfaction or facts.satisfaction,
    )


def replay(events: Iterable[SealedEventFacts]) -> SealedFacts:
    """The state a whole log, oldest first, leads to. Raises BrokenSealedLog, also for an empty one."""
    facts: SealedFacts | None = None
    for event in events:
        facts = apply(facts, event)
    if facts is None:
        message = "a matter without a history"
        raise BrokenSealedLog(message)
    return facts
