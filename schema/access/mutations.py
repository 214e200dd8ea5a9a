"""Operators of the platform: asking to look into a city, giving leave and taking it back, entering."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from schema.access import inputs
from schema.access.types import SupportAccess
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.access.service import support
from tenants.context import Actor
from tenants.errors import NotFound
from tenants.ids import public_id
from tenants.permissions import Permission
from tenants.standing import admits


@strawberry.type(description="Answer to requestSupportAccess.")
class RequestSupportAccessPayload:
    """The request's id, or why there is none."""

    access_id: strawberry.ID | None = strawberry.field(default=None, description="Id of the request; keep it.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to approveSupportAccess, refuseSupportAccess and endSupportAccess.")
class SupportAccessPayload:
    """The leave as it is now, or why nothing was changed."""

    support_access_id: strawberry.Private[UUID | None] = None
    support_access: SupportAccess | None = loaded("The leave after the change.", SupportAccess, by="support_access_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to enterSupportAccess.")
class EnterSupportAccessPayload:
    """A token for the city, or why there is none."""

    access_token: str | None = strawberry.field(
        default=None, description="Send it as 'Authorization: Bearer <token>'; every use is written down in the city."
    )
    access_expires_at: datetime | None = strawberry.field(
        default=None, description="When the token ends; enter again then."
    )
    ends_at: datetime | None = strawberry.field(default=None, description="When the leave ends.")
    user_errors: list[UserError] = user_errors()


@mutation("Ask a city for leave to look into it for some hours.", permission=Permission.SUPPORT_REQUEST)
async def request_support_access(
    info: CivicInfo,
    input: inputs.RequestSupportAccessInput,  # noqa: A002 - GraphQL's own word
) -> RequestSupportAccessPayload:
    """Ask."""
    operator = info.context.require_actor()
    visitor = await _visitor(info, input.tenant)
    async with info.context.services.transactions.open(visitor) as session:
        access_id = await support.request_support_access(
            session,
            reason=input.reason,
            hours=input.hours,
            permissions=input.permissions,
            operator=operator,
            visitor=visitor,
        )
    return RequestSupportAccessPayload(access_id=strawberry.ID(public_id("support", access_id)))


@mutation("Let an operator look into the city for the hours asked for.", permission=Permission.SUPPORT_DECIDE)
async def approve_support_access(info: CivicInfo, input: inputs.SupportAccessInput) -> SupportAccessPayload:  # noqa: A002 - GraphQL's own word
    """Approve."""
    async with info.context.write() as session:
        access_id = await support.approve_support_access(
            session, access_id=_access(input.access_id), actor=info.context.require_actor()
        )
    return SupportAccessPayload(support_access_id=access_id)


@mutation("Do not let an operator look into the city.", permission=Permission.SUPPORT_DECIDE)
async def refuse_support_access(info: CivicInfo, input: inputs.SupportAccessInput) -> SupportAccessPayload:  # noqa: A002 - GraphQL's own word
    """Refuse."""
    async with info.context.write() as session:
        access_id = await support.refuse_support_access(
            session, access_id=_access(input.access_id), actor=info.context.require_actor()
        )
    return SupportAccessPayload(support_access_id=access_id)


@mutation("Take an operator's leave back; it ends everywhere within two seconds.", permission=Permission.SUPPORT_DECIDE)
async def end_support_access(info: CivicInfo, input: inputs.SupportAccessInput) -> SupportAccessPayload:  # noqa: A002 - GraphQL's own word
    """End."""
    async with info.context.write() as session:
        access_id = await support.end_support_access(
            session, access_id=_access(input.access_id), actor=info.context.require_actor()
        )
    return SupportAccessPayload(support_access_id=access_id)


@mutation("Enter a city that has given leave: a token that is good there.", permission=Permission.SUPPORT_REQUEST)
async def enter_support_access(
    info: CivicInfo,
    input: inputs.EnterSupportAccessInput,  # noqa: A002 - GraphQL's own word
) -> EnterSupportAccessPayload:
    """Enter."""
    operator = info.context.require_actor()
    visitor = await _visitor(info, input.tenant)
    async with info.context.services.transactions.open(visitor) as session:
        entered = await support.enter_with_support_access(
            session,
            access_id=_access(input.access_id),
            signer=info.context.services.accounts.signer,
            operator=operator,
            visitor=visitor,
        )
    return EnterSupportAccessPayload(
        access_token=entered.access_token,
        access_expires_at=entered.expires_at,
        ends_at=entered.ends_at,
    )


async def _visitor(info: CivicInfo, slug: str) -> Actor:
    """The operator in the city of a slug. Raises NotFound."""
    tenant = await info.context.services.registry.by_slug(slug)
    if tenant.kind != "CITY" or not admits(tenant.status):
        raise NotFound("No such city.", field=("tenant",))
    return support.visiting(info.context.require_actor(), tenant.id)


def _access(given: str) -> UUID:
    return row_id(given, "support", field="accessId")


@strawberry.type
class AccessMutations:
    """Leave for operators."""

    request_support_access = request_support_access
    approve_support_access = approve_support_access
    refuse_support_access = refuse_support_access
    end_support_access = end_support_access
    enter_support_access = enter_support_access
