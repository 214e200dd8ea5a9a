"""What administrators do with the accounts of others: invite, take back, disable."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from schema.accounts.own_mutations import SessionsPayload
from schema.accounts.records import Invitation
from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.accounts.rules import AccountStatus
from server.accounts.service import invitations
from server.members.service.people import create_member
from tenants.clock import now
from tenants.errors import Invalid
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@strawberry.input(description="A person who is to serve and has not been entered yet.")
class NewStaffInput:
    """As for createMember."""

    organization_id: strawberry.ID = strawberry.field(description="The home organization.")
    name: str = strawberry.field(description="Name, up to 200 characters.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")


@strawberry.input(description="Who is to open an account: a member, or a person who is entered as one.")
class InviteStaffInput:
    """Exactly one of the two."""

    member_id: strawberry.ID | None = strawberry.field(default=None, description="A member.")
    member: NewStaffInput | None = strawberry.field(
        default=None, description="A person to be entered; needs member:create as well."
    )
    username: str | None = strawberry.field(
        default=None, description="The account's name; if left out, the invited person chooses it."
    )


@strawberry.type(description="Answer to inviteStaff. The token is shown once.")
class InviteStaffPayload:
    """The invitation, or why there is none."""

    invitation_id: strawberry.Private[UUID | None] = None
    token: str | None = strawberry.field(
        default=None, description="To be handed over in private; acceptInvitation takes it once, within 72 hours."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends.")
    invitation: Invitation | None = loaded("The invitation.", Invitation, by="invitation_id")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="An invitation to take back.")
class RevokeInvitationInput:
    """Which one."""

    invitation_id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.type(description="Answer to revokeInvitation.")
class RevokeInvitationPayload:
    """The invitation, or why nothing was changed."""

    invitation_id: strawberry.Private[UUID | None] = None
    invitation: Invitation | None = loaded("The invitation after the change.", Invitation, by="invitation_id")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="An invitation to make use of.")
class AcceptInvitationInput:
    """The token, and what the account shall be."""

    tenant: str = strawberry.field(description="Slug of the city.")
    token: str = strawberry.field(description="The token, as it was handed over.")
    username: str | None = strawberry.field(
        default=None, description="Name of the account, unless whoever invited has chosen it."
    )
    password: str = strawberry.field(
        description="12 to 256 characters; not the user name, and none that is known to be common."
    )


@strawberry.type(description="Answer to acceptInvitation.")
class AcceptInvitationPayload:
    """The account's name, or why there is none."""

    username: str | None = strawberry.field(default=None, description="Sign in with it; null on failure.")
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Whether an account may sign in.")
class SetAccountStatusInput:
    """Which account, and what becomes of it."""

    username: str = strawberry.field(description="Name of the account.")
    status: AccountStatus = strawberry.field(description="DISABLED ends its sessions, everywhere within a second.")


@mutation("Invite a colleague to open an account. An earlier invitation is revoked.", permission=Permission.USER_CREATE)
async def invite_staff(info: CivicInfo, input: InviteStaffInput) -> InviteStaffPayload:  # noqa: A002 - GraphQL's own word
    """Invite."""
    async with info.context.write() as session:
        invited = await invitations.invite(
            session,
            member_id=await _member(session, info, input),
            username=input.username,
            actor=info.context.require_actor(),
            now=now(),
        )
    return InviteStaffPayload(invitation_id=invited.id, token=invited.token, expires_at=invited.expires_at)


@mutation("Take an invitation back. Once accepted it is no use any more.", permission=Permission.USER_CREATE)
async def revoke_invitation(info: CivicInfo, input: RevokeInvitationInput) -> RevokeInvitationPayload:  # noqa: A002 - GraphQL's own word
    """Revoke."""
    invitation_id = row_id(input.invitation_id, "invitation", field="invitationId")
    async with info.context.write() as session:
        await invitations.revoke(session, invitation_id, actor=info.context.require_actor(), now=now())
    return RevokeInvitationPayload(invitation_id=invitation_id)


@mutation(
    "Open an account with an invitation. Whatever is wrong with the token is answered alike.",
    permission=None,
    anyone="the invitation is the credential",
)
async def accept_invitation(info: CivicInfo, input: AcceptInvitationInput) -> AcceptInvitationPayload:  # noqa: A002 - GraphQL's own word
    """Accept."""
    username = await info.context.services.accounts.accept_invitation(
        tenant_slug=input.tenant,
        token=input.token,
        username=input.username,
        password=input.password,
        request_id=info.context.request_id,
        peer=info.context.peer,
    )
    return AcceptInvitationPayload(username=username)


@mutation("Keep an account from signing in, or let it again.", permission=Permission.USER_UPDATE)
async def set_account_status(info: CivicInfo, input: SetAccountStatusInput) -> SessionsPayload:  # noqa: A002 - GraphQL's own word
    """Disable or enable."""
    ended = await info.context.services.accounts.set_status(
        username=input.username, status=input.status, actor=info.context.require_actor()
    )
    return SessionsPayload(ended=ended)


async def _member(session: WriteSession, info: CivicInfo, given: InviteStaffInput) -> UUID:
    """The member to be invited, entered in this transaction if need be."""
    if (given.member_id is None) == (given.member is None):
        raise Invalid(
            "Name a member, or a person to be entered: one of the two.", code="ONE_PERSON", field=("memberId",)
        )
    if given.member is None:
        return row_id(given.member_id or "", "member", field="memberId")
    return await create_member(
        session,
        organization_id=row_id(given.member.organization_id, "org", field="organizationId"),
        name=given.member.name,
        phone=given.member.phone,
        actor=info.context.require_actor(),
    )


@strawberry.type
class StaffAccountMutations:
    """Accounts of others."""

    invite_staff = invite_staff
    revoke_invitation = revoke_invitation
    accept_invitation = accept_invitation
    set_account_status = set_account_status
