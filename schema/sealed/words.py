"""The words of sealed matters as clients see them; whatever mentions one in a type takes it from here, declared."""

from __future__ import annotations

import strawberry

from server.sealed.rules import (
    SealedEventKind,
    SealedFactor,
    SealedReading,
    SealedSatisfaction,
    SealedStatus,
    SealedVerdict,
    ZonePart,
    ZoneRuleStatus,
)

__all__ = [
    "SealedEventKind",
    "SealedFactor",
    "SealedReading",
    "SealedSatisfaction",
    "SealedStatus",
    "SealedVerdict",
    "ZonePart",
    "ZoneRuleStatus",
]

strawberry.enum(SealedStatus, description="Where a sealed matter stands.")
strawberry.enum(SealedEventKind, description="What happened to a sealed matter.")
strawberry.enum(SealedFactor, description="What an analysis found that bears on who can inquire.")
strawberry.enum(SealedVerdict, description="What a reporter says of the answers.")
strawberry.enum(SealedSatisfaction, description="A reporter's verdict, or that there is none.")
strawberry.enum(SealedReading, description="How a sealed matter was read.")
strawberry.enum(ZonePart, description="What an organization is in a cooperation zone.")
strawberry.enum(ZoneRuleStatus, description="Whether a rule document is on trial or fully in force.")
