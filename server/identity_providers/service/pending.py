"""Sign-ins that wait for their code: begun, and taken once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from server.accounts.tokens import InvitationToken
from server.errors import Unauthenticated
from server.identity_providers.models import PendingSignIn
from server.identity_providers.rules import SIGNING_IN_FOR
from server.identity_providers.tokens import State, new_state
from tenants.ids import uuid7
from tenants.manifest.identity_provider import IdentityProvider
from tenants.sessions import WriteSession

_SWEPT_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a sign-in is for: an account to be linked, an invitation that was shown; neither for a plain one."""

    account_id: UUID | None = None
    invitation: InvitationToken | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A sign-in that was begun here and is taken now, and never again."""

    issuer: str
    client_id: str
    redirect_uri: str
    begun_at: datetime
    purpose: Purpose


async def remember(
    session: WriteSession,
    tenant_id: UUID,
    provider: IdentityProvider,
    *,
    redirect_uri: str,
    purpose: Purpose,
    now: datetime,
) -> tuple[State, datetime]:
    """A state that is good once and for ten minutes, and when it ends. A few that are over are swept away."""
    over = (
        select(PendingSignIn.id)
        .where(PendingSignIn.tenant_id == tenant_id, PendingSignIn.expires_at <= now)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(PendingSignIn).where(PendingSignIn.tenant_id == tenant_id, PendingSignIn.id.in_(over.scalar_subquery()))
    )
    state, expires_at, invitation = new_state(tenant_id, uuid7()), now + SIGNING_IN_FOR, purpose.invitation
    session.add(
        PendingSignIn(
            tenant_id=tenant_id,
            id=state.id,
            digest=state.digest,
            issuer=provider.issuer,
            client=provider.client_id,
            redirect_uri=redirect_uri,
            account_id=purpose.account_id,
            invitation_id=None if invitation is None else invitation.invitation_id,
            invitation_digest=None if invitation is None else invitation.digest,
            begun_at=now,
            expires_at=expires_at,
        )
    )
    await session.flush()
    return state, expires_at


async def take(session: WriteSession, state: State, *, account_id: UUID | None, now: datetime) -> Taken:
    """The sign-in of a state, gone with the caller's commit. account_id: whose it must be; None for nobody's.

    Errors: Unauthenticated SIGN_IN_STATE_INVALID for one that is unknown, used, over or somebody else's.
    """
    row = await session.scalar(
        delete(PendingSignIn)
        .where(
            PendingSignIn.tenant_id == state.tenant_id,
            PendingSignIn.id == state.id,
            PendingSignIn.digest == state.digest,
            PendingSignIn.expires_at > now,
            PendingSignIn.account_id.is_not_distinct_from(account_id),
        )
        .returning(PendingSignIn)
    )
    if row is None:
        raise invalid_state()
    invitation = None
    if row.invitation_id is not None and row.invitation_digest is not None:
        invitation = InvitationToken(state.tenant_id, row.invitation_id, row.invitation_digest)
    return Taken(row.issuer, row.client, row.redirect_uri, row.begun_at, Purpose(row.account_id, invitation))


def invalid_state() -> Unauthenticated:
    """The one answer to whatever is wrong with a state."""
    return Unauthenticated("This sign-in is over or was used already; begin again.", code="SIGN_IN_STATE_INVALID")
