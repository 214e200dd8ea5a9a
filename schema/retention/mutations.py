"""Holding a case, and letting it go."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.cases.types import Case
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.retention.service import holds
from tenants.permissions import Permission

_CASE = "Id of the case."


@strawberry.input(description="Which case must not be erased, and why.")
class HoldCaseInput:
    """A case and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    reason: str = strawberry.field(description="Why, at most 500 characters; the reporter does not see it.")


@strawberry.type(description="A case held.")
class HoldCasePayload:
    """Answer of holdCase."""

    case_id: strawberry.Private[UUID | None] = None
    case: Case | None = loaded("The case, if the viewer may see it.", Case, by="case_id")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Which case need not be held any longer, and why.")
class ReleaseHoldInput:
    """A case and a reason."""

    case_id: strawberry.ID = strawberry.field(description=_CASE)
    reason: str = strawberry.field(description="Why, at most 500 characters; the reporter does not see it.")


@strawberry.type(description="A case let go.")
class ReleaseHoldPayload:
    """Answer of releaseHold."""

    case_id: strawberry.Private[UUID | None] = None
    case: Case | None = loaded("The case, if the viewer may see it.", Case, by="case_id")
    user_errors: list[UserError] = user_errors()


@mutation("Keep a case from being erased while a proceeding needs it.", permission=Permission.CASE_HOLD)
async def hold_case(info: CivicInfo, input: HoldCaseInput) -> HoldCasePayload:  # noqa: A002 - GraphQL's own word
    """Hold."""
    actor = info.context.require_actor()
    case_id = row_id(input.case_id, "case", field="caseId")
    async with info.context.write() as session:
        await holds.hold_case(session, case_id=case_id, reason=input.reason, actor=actor)
    return HoldCasePayload(case_id=case_id)


@mutation(
    "Let a held case go: what the city keeps no longer is erased in its next night.", permission=Permission.CASE_HOLD
)
async def release_hold(info: CivicInfo, input: ReleaseHoldInput) -> ReleaseHoldPayload:  # noqa: A002 - GraphQL's own word
    """Let go."""
    actor = info.context.require_actor()
    case_id = row_id(input.case_id, "case", field="caseId")
    async with info.context.write() as session:
        await holds.release_hold(session, case_id=case_id, reason=input.reason, actor=actor)
    return ReleaseHoldPayload(case_id=case_id)


@strawberry.type
class RetentionMutations:
    """Legal holds."""

    hold_case = hold_case
    release_hold = release_hold
