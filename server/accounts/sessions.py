"""Sessions: begun, gone on with, ended.

However somebody signed in, the session begins with ``start``. Sessions leave audit rows but no events: the event log is
what a city lives through, and its counter would line every sign-in up behind the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, update

from server.accounts import tokens
from server.accounts.models import Account, SignInSession
from server.accounts.rules import SignInMethod, is_within_grace
from server.errors import NotFound, Unauthenticated
from server.events.record import audit
from tenants.clock import now as present
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.registry import Registry
from tenants.sessions import Database, WriteSession


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session's two credentials. Both are shown once; the platform keeps only a digest of the second."""

    tenant_id: UUID
    account_id: UUID
    session_id: UUID
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """How somebody came in: by which method, when, in which request, on what device (``rules.device_label``)."""

    method: SignInMethod
    now: datetime
    request_id: str
    device: str | None = None


def start(session: WriteSession, signer: tokens.Tokens, account: Account, arrival: Arrival) -> SignedIn:
    """Begin a session for an account that has proven itself.

    The account's row is locked in this transaction and ACTIVE: that orders us with whoever ends every session it can see.
    """
    session_id = uuid7()
    text, digest = signer.first_refresh_token(account.tenant_id, session_id)
    started = SignInSession(
        tenant_id=account.tenant_id,
        id=session_id,
        account_id=account.id,
        refresh_digest=digest,
        created_at=arrival.now,
        expires_at=arrival.now + signer.refresh_lifetime,
        revoked_at=None,
        method=arrival.method.value,
        device=arrival.device,
        last_used_at=arrival.now,
    )
    session.add(started)
    _audit(session, "session:start", started, account.username, arrival.request_id)
    return _signed_in(signer, started, text, arrival.now)


async def refresh(
    database: Database,
    registry: Registry,
    signer: tokens.Tokens,
    *,
    refresh_token: str,
    request_id: str,
    now: datetime,
) -> SignedIn:
    """Exchange a refresh token for a new pair.

    For ten seconds the old one is answered again, with the same new one, for an answer may be lost on the way. Shown after
    that, or after the new one was exchanged too, it was copied by somebody, and ends the session for both. A token that was
    never issued is refused and ends nothing. The session's own end stays: refreshing does not prolong it. Errors: Unauthenticated SESSION_REVOKED for whatever reason.
    """
    token = tokens.parse_refresh_token(refresh_token)
    if token is None or not await registry.admits(token.tenant_id):
        raise _revoked()
    async with database.write(token.tenant_id) as session:
        found = (
            await session.execute(
                select(SignInSession, Account.username)
                .join(Account, and_(Account.tenant_id == token.tenant_id, Account.id == SignInSession.account_id))
                .where(
                    SignInSession.tenant_id == token.tenant_id,
                    SignInSession.id == token.session_id,
                    SignInSession.revoked_at.is_(None),
                    SignInSession.expires_at > now,
                    Account.status == "ACTIVE",
                )
                .with_for_update(of=SignInSession, key_share=True),
            )
        ).one_or_none()
        signed_in = None
        if found is not None:
            signed_in = _rotate(session, signer, found[0], found[1], token, request_id=request_id, now=now)
    if signed_in is None:
        raise _revoked()
    return signed_in


async def sign_out(session: WriteSession, *, actor: Actor) -> None:
    """End the actor's session; doing it twice changes nothing. Errors: Unauthenticated for an actor without one."""
    if actor.session_id is None:
        raise Unauthenticated("Nobody is signed in.")
    await _end(session, actor.session_id, action="session:end", actor=actor)


async def revoke(session: WriteSession, session_id: UUID, *, actor: Actor) -> None:
    """End one of the actor's own sessions. Errors: NotFound for another's, or one that is over."""
    if actor.account_id is None or not await _end(session, session_id, action="session:revoke", actor=actor):
        raise NotFound("No such session.", field=("sessionId",))


async def revoke_others(session: WriteSession, *, actor: Actor) -> tuple[UUID, ...]:
    """End every session of the actor's account but the actor's own; their ids."""
    if actor.account_id is None:
        raise Unauthenticated("Nobody is signed in.")
    ended = await end_all(session, actor.tenant_id, actor.account_id, but=actor.session_id)
    for session_id in ended:
        audit(session, action="session:revoke", object_type="SignInSession", object_id=session_id, actor=actor)
    await session.flush()
    return ended


async def end_all(
    session: WriteSession,
    tenant_id: UUID,
    account_id: UUID,
    *,
    but: UUID | None = None,
) -> tuple[UUID, ...]:
    """End the sessions of an account, all but one if it is named; their ids. The caller records why."""
    others = (
        update(SignInSession)
        .where(
            SignInSession.tenant_id == tenant_id,
            SignInSession.account_id == account_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=present())
        .returning(SignInSession.id)
    )
    if but is not None:
        others = others.where(SignInSession.id != but)
    return tuple(await session.scalars(others))


async def _end(session: WriteSession, session_id: UUID, *, action: str, actor: Actor) -> bool:
    """End a session of the actor's account, unless it is over; whether it was not."""
    ended = await session.scalar(
        update(SignInSession)
        .where(
            SignInSession.tenant_id == actor.tenant_id,
            SignInSession.id == session_id,
            SignInSession.account_id == actor.account_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=present())
        .returning(SignInSession.id),
    )
    if ended is None:
        return False
    audit(session, action=action, object_type="SignInSession", object_id=ended, actor=actor)
    await session.flush()
    return True


def _rotate(
    session: WriteSession,
    signer: tokens.Tokens,
    started: SignInSession,
    username: str,
    token: tokens.RefreshToken,
    *,
    request_id: str,
    now: datetime,
) -> SignedIn | None:
    """Replace the refresh token of a locked session, or end the session when the token is one of longer ago."""
    text, digest = signer.next_refresh_token(token)
    just_gone = tokens.fits(token, started.previous_digest)
    if tokens.fits(token, started.refresh_digest):
        started.previous_digest, started.refresh_digest, started.rotated_at = token.digest, digest, now
    elif not (just_gone and is_within_grace(started.rotated_at, now)):
        if just_gone or signer.has_issued(token):
            started.revoked_at = now
            _audit(session, "session:revoke_reused", started, username, request_id)
        return None
    started.last_used_at = now
    _audit(session, "session:refresh", started, username, request_id)
    return _signed_in(signer, started, text, now)


def _signed_in(signer: tokens.Tokens, started: SignInSession, refresh_token: str, now: datetime) -> SignedIn:
    access_token, access_expires_at = signer.access(
        account_id=started.account_id,
        tenant_id=started.tenant_id,
        session_id=started.id,
        session_ends=started.expires_at,
        now=now,
    )
    return SignedIn(
        tenant_id=started.tenant_id,
        account_id=started.account_id,
        session_id=started.id,
        access_token=access_token,
        access_expires_at=access_expires_at,
        refresh_token=refresh_token,
        refresh_expires_at=started.expires_at,
    )


def _audit(session: WriteSession, action: str, started: SignInSession, username: str, request_id: str) -> None:
    actor = Actor(
        tenant_id=started.tenant_id,
        account_id=started.account_id,
        session_id=started.id,
        username=username,
        request_id=request_id,
    )
    audit(session, action=action, object_type="SignInSession", object_id=started.id, actor=actor)


def _revoked() -> Unauthenticated:
    return Unauthenticated("The session is over; sign in again.", code="SESSION_REVOKED")
