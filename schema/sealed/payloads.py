"""Payloads of the mutations of sealed matters and zones."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.mutations import UserError, user_errors
from schema.planner.fields import loaded
from schema.sealed.tracked import SealedReporter
from schema.sealed.types import CooperationZone, SealedCase, ZoneRule
from schema.sealed.words import SealedSatisfaction


@strawberry.type(description="Answer to reportSealed.")
class ReportSealedPayload:
    """A code, or why there is none."""

    tracking_code: str | None = strawberry.field(
        default=None,
        description="By this alone the matter is followed and its answers are rated: whoever holds it is the reporter.",
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to rateSealed.")
class RateSealedPayload:
    """The verdict, or why there is none."""

    satisfaction: SealedSatisfaction | None = strawberry.field(default=None, description="The verdict as it was taken.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to a step of a sealed matter.")
class SealedCasePayload:
    """The matter after the step, or why nothing was changed."""

    case_id: strawberry.Private[UUID | None] = None
    sealed_case: SealedCase | None = loaded(
        "The matter after the step; null for whoever may not read it any more.", SealedCase, by="case_id"
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to identifySealedReporter.")
class IdentifySealedReporterPayload:
    """Who it was, or why that is not told."""

    reporter: SealedReporter | None = strawberry.field(
        default=None, description="Who reported; null for a report without a name."
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to createCooperationZone and changeCooperationZone.")
class CooperationZonePayload:
    """The zone, or why nothing was changed."""

    zone_id: strawberry.Private[UUID | None] = None
    cooperation_zone: CooperationZone | None = loaded("The zone after the change.", CooperationZone, by="zone_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to issueZoneRule.")
class IssueZoneRulePayload:
    """The version, or why there is none."""

    rule_id: strawberry.Private[UUID | None] = None
    zone_rule: ZoneRule | None = loaded("The new version.", ZoneRule, by="rule_id")
    user_errors: list[UserError] = user_errors()
