"""A sealed matter as the holder of its code may know it, and who the reporter is as a lead may know it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.planner.prices import listed
from schema.sealed.words import SealedSatisfaction, SealedStatus
from server.sealed.rules import MOST_ALLEGATIONS
from server.sealed.service import tracking
from server.sealed.service.reading import Reporter
from tenants.ids import public_id

_PREFIXES = {"RESIDENT": "resident", "MEMBER": "member"}


@strawberry.type(description="Something complained of, and the answer.")
class TrackedAllegation:
    """One allegation."""

    position: int = strawberry.field(description="Its number in the report, from 1.")
    text: str = strawberry.field(description="What was complained of.")
    feedback: str | None = strawberry.field(description="The answer; null while there is none.")
    feedback_at: datetime | None = strawberry.field(description="When it was answered.")


@strawberry.type(description="A sealed matter as the holder of its code may know it.")
class TrackedSealedCase:
    """One matter."""

    status: SealedStatus = strawberry.field(description="Where it stands.")
    received_at: datetime = strawberry.field(description="When it was reported.")
    closed_at: datetime | None = strawberry.field(description="When it was closed.")
    satisfaction: SealedSatisfaction = strawberry.field(description="The verdict; silence is NOT_RATED.")
    verdict_asked: bool = strawberry.field(
        description="Whether every allegation has its feedback and the reporter is asked what to say of it."
    )
    allegations: list[TrackedAllegation] = strawberry.field(
        description="What was complained of, each with its answer.", metadata=listed(MOST_ALLEGATIONS)
    )

    @classmethod
    def of(cls, told: tracking.TrackedSealed) -> TrackedSealedCase:
        """From ``server.sealed.service.tracking``."""
        return cls(
            status=told.status,
            received_at=told.received_at,
            closed_at=told.closed_at,
            satisfaction=told.satisfaction,
            verdict_asked=told.verdict_asked,
            allegations=[
                TrackedAllegation(
                    position=each.position, text=each.said, feedback=each.feedback, feedback_at=each.feedback_at
                )
                for each in told.allegations
            ],
        )


@strawberry.type(description="Who reported a sealed matter.")
class SealedReporter:
    """A person."""

    person_id: strawberry.ID | None = strawberry.field(
        description="Id of the resident or member; null for an account that belongs to neither."
    )
    name: str = strawberry.field(description="The name at the time of the report.")

    @classmethod
    def of(cls, found: Reporter) -> SealedReporter:
        """From ``server.sealed.service.reading``."""
        prefix = _PREFIXES.get(found.kind)
        known = public_id(prefix, found.id) if prefix and found.id else None
        return cls(person_id=None if known is None else strawberry.ID(known), name=found.name)
