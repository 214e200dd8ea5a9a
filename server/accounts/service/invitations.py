"""Invitations: a colleague opens an account with a token that is shown once, good for 72 hours and for one account.

Whoever accepts one has no account yet: unknown, expired, revoked, accepted and of another city are answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, select, update

from server.accounts import tokens
from server.accounts.models import Account, Invitation
from server.accounts.rules import INVITED_FOR, require_strong, require_username
from server.accounts.service.opening import insert_account, lock_member, person_path
from server.errors import Conflict, Invalid, NotFound
from server.events.record import record
from server.members.service.people import find_member
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

REFUSED = "INVITATION_INVALID"


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation. token: shown once; only its digest is kept."""

    id: UUID
    token: str
    expires_at: datetime


async def invite(
    session: WriteSession, *, member_id: UUID, username: str | None = None, actor: Actor, now: datetime
) -> Invited:
    """Invite a member to open an account; an invitation of the member's that is still open is revoked.

    username: to be the account's, if it is not for the invited to choose. Errors: NotFound, NotPermitted, Invalid
    USERNAME_INVALID, Conflict USERNAME_TAKEN, ACCOUNT_EXISTS.
    """
    if username is not None:
        require_username(username)
    member = await find_member(session, member_id, actor=actor, lock=True)
    authorize(actor, Permission.USER_CREATE, path=member.path)
    await _refuse_second(session, member_id, username, actor.tenant_id)
    await session.execute(_open_of(actor.tenant_id, member_id).values(revoked_at=now))
    invitation_id = uuid7()
    text, digest = tokens.new_invitation_token(actor.tenant_id, invitation_id)
    invitation = Invitation(
        tenant_id=actor.tenant_id,
        id=invitation_id,
        member_id=member_id,
        username=username,
        digest=digest,
        created_at=now,
        expires_at=now + INVITED_FOR,
    )
    session.add(invitation)
    await _record(session, "StaffInvited", "Invitation", invitation_id, actor, Permission.USER_CREATE.value)
    return Invited(invitation_id, text, invitation.expires_at)


async def require_open(session: WriteSession, token: tokens.InvitationToken, *, now: datetime) -> None:
    """Return for the token of an open invitation: for nothing else is a password hashed. Errors: Invalid ``REFUSED``."""
    await _opened_by(session, token, now)


async def accept(
    session: WriteSession,
    token: tokens.InvitationToken,
    *,
    username: str | None,
    password: str | None,
    password_hash: str,
    request_id: str,
    now: datetime,
) -> Account:
    """Open the account of an invitation; the account, whose first deed this is.

    password_hash: of ``passwords.hash_password``, made of the password before this transaction; of an account that gets
    none (password: None), ``NO_PASSWORD``. Errors: Invalid
    INVITATION_INVALID (``REFUSED``, also for a member who has an account by now), USERNAME_INVALID, PASSWORD_TOO_WEAK;
    Conflict USERNAME_TAKEN.
    """
    invitation = await _opened_by(session, token, now)
    chosen = invitation.username or (username or "").strip().lower()
    require_username(chosen)
    if password is not None:
        require_strong(password, username=chosen)
    account = Account(
        tenant_id=token.tenant_id,
        id=uuid7(),
        username=chosen,
        password_hash=password_hash,
        member_id=invitation.member_id,
        resident_id=None,
        operator=False,
    )
    await insert_account(session, account)
    invitation.accepted_at = now
    await session.flush()
    actor = Actor(tenant_id=token.tenant_id, account_id=account.id, username=chosen, request_id=request_id)
    await _record(session, "InvitationAccepted", "Account", account.id, actor, "invitation:accept")
    return account


async def revoke(session: WriteSession, invitation_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back; one that is over already is left as it is.

    Errors: NotFound for an unknown one as for one of a place the right does not reach.
    """
    invitation = await session.scalar(
        select(Invitation)
        .where(Invitation.tenant_id == actor.tenant_id, Invitation.id == invitation_id)
        .with_for_update(key_share=True),
    )
    path = ""
    if invitation is not None:
        path = await person_path(session, actor.tenant_id, invitation.member_id, None)
    if invitation is None or not actor.reach(Permission.USER_CREATE).covers(path=path):
        raise NotFound("No such invitation.", field=("invitationId",))
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        return
    invitation.revoked_at = now
    await _record(session, "InvitationRevoked", "Invitation", invitation.id, actor, Permission.USER_CREATE.value)


def refused() -> Invalid:
    """The one answer to whatever is wrong with an invitation."""
    return Invalid(
        "The invitation is wrong, over or used; ask whoever invited you for another one.",
        code=REFUSED,
        field=("token",),
    )


async def _opened_by(session: WriteSession, token: tokens.InvitationToken, now: datetime) -> Invitation:
    """The open invitation of a token, locked, and before it its member. Raises Invalid INVITATION_INVALID."""
    open_now = select(Invitation).where(
        Invitation.tenant_id == token.tenant_id,
        Invitation.id == token.invitation_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )
    shown = await session.scalar(open_now)
    if shown is None or not tokens.fits(token, shown.digest):
        raise refused()
    # The member first, as ``invite`` does: two that lock in another order would wait for each other.
    await lock_member(session, token.tenant_id, shown.member_id)
    invitation = await session.scalar(
        open_now.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if invitation is None or await _has_account(session, token.tenant_id, invitation.member_id):
        raise refused()
    return invitation


async def _has_account(session: WriteSession, tenant_id: UUID, member_id: UUID) -> bool:
    held = await session.scalar(
        select(Account.id).where(Account.tenant_id == tenant_id, Account.member_id == member_id).limit(1)
    )
    return held is not None


async def _refuse_second(session: WriteSession, member_id: UUID, username: str | None, tenant_id: UUID) -> None:
    if await _has_account(session, tenant_id, member_id):
        raise Conflict("This member has an account already.", code="ACCOUNT_EXISTS", field=("memberId",))
    if username is None:
        return
    taken = await session.scalar(select(Account.id).where(Account.tenant_id == tenant_id, Account.username == username))
    if taken is not None:
        raise Conflict("The user name is taken.", code="USERNAME_TAKEN", field=("username",))


def _open_of(tenant_id: UUID, member_id: UUID) -> Update:
    return update(Invitation).where(
        Invitation.tenant_id == tenant_id,
        Invitation.member_id == member_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )


async def _record(session: WriteSession, event: str, kind: str, subject_id: UUID, actor: Actor, action: str) -> None:
    await record(session, type=event, subject_type=kind, subject_id=subject_id, action=action, actor=actor)
