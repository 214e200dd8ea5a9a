"""Sign-in, refresh and sign-out.

Signing in and refreshing happen before there is an actor, so they open their own transactions; argon2 always runs
between transactions, never holding a connection. Sessions leave audit rows but no events: the event log is what a city
lives through, and its counter would line every sign-in up behind the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import and_, select, update

from server.accounts import passwords, tokens
from server.accounts.models import Account, SignInSession
from server.accounts.rules import is_username
from server.errors import NotFound, Unauthenticated
from server.events.record import audit
from tenants.clock import now as present
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database, WriteSession

_log = structlog.get_logger(__name__)


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


async def sign_in(
    database: Database,
    registry: Registry,
    signer: tokens.Tokens,
    *,
    tenant_slug: str,
    username: str,
    password: str,
    request_id: str,
    now: datetime,
) -> SignedIn:
    """Start a session.

    Errors: Unauthenticated SIGN_IN_FAILED, with the same text after the same work whether the city, the user name or
    the password is wrong, the account disabled or the city suspended.
    """
    tenant = await _find_active(registry, tenant_slug)
    # An unknown city is asked all the same, under an id that nobody has: it answers as late as a known one.
    account = await _find_account(database, tenant.id if tenant else uuid7(), username.lower())
    if account is None:
        await passwords.verify_nothing(password)
        raise _failed(tenant, request_id)
    if not await passwords.verify(account.password_hash, password) or account.status != "ACTIVE":
        raise _failed(tenant, request_id)
    outdated = passwords.is_outdated(account.password_hash)
    fresh_hash = await passwords.rehash(password) if outdated else account.password_hash
    signed_in = await _start_session(database, signer, account, fresh_hash, request_id=request_id, now=now)
    if signed_in is None:
        raise _failed(tenant, request_id)
    return signed_in


async def refresh(
    database: Database,
    registry: Registry,
    signer: tokens.Tokens,
    *,
    refresh_token: str,
    request_id: str,
    now: datetime,
) -> SignedIn:
    """Exchange a refresh token for a new pair; the old one is worthless from then on.

    A token used a second time was copied by somebody, so it ends the session for both. The session's own end stays:
    refreshing does not prolong it. Errors: Unauthenticated SESSION_REVOKED for whatever reason.
    """
    token = tokens.parse_refresh_token(refresh_token)
    if token is None or not await _is_active(registry, token.tenant_id):
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
    ended = await session.scalar(
        update(SignInSession)
        .where(
            SignInSession.tenant_id == actor.tenant_id,
            SignInSession.id == actor.session_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=present())
        .returning(SignInSession.id),
    )
    if ended is not None:
        audit(session, action="session:end", object_type="SignInSession", object_id=ended, actor=actor)
        await session.flush()


async def _find_active(registry: Registry, slug: str) -> TenantInfo | None:
    try:
        tenant = await registry.by_slug(slug)
    except NotFound:
        return None
    return tenant if tenant.status == "ACTIVE" else None


async def _is_active(registry: Registry, tenant_id: UUID) -> bool:
    try:
        return (await registry.by_id(tenant_id)).status == "ACTIVE"
    except NotFound:
        return False


async def _find_account(database: Database, tenant_id: UUID, username: str) -> Account | None:
    # What cannot be a user name may hold characters that PostgreSQL refuses; ask for one that cannot exist instead.
    name = username if is_username(username) else ""
    async with database.write(tenant_id) as session:
        found: Account | None = await session.scalar(
            select(Account).where(Account.tenant_id == tenant_id, Account.username == name),
        )
        return found


async def _start_session(
    database: Database,
    signer: tokens.Tokens,
    verified: Account,
    fresh_hash: str,
    *,
    request_id: str,
    now: datetime,
) -> SignedIn | None:
    """Open a session for an account whose password was verified; None when it was changed or disabled meanwhile."""
    tenant_id, session_id = verified.tenant_id, uuid7()
    async with database.write(tenant_id) as session:
        # The lock orders us with set_password, which ends every session it can see.
        account = await session.scalar(
            select(Account)
            .where(
                Account.tenant_id == tenant_id,
                Account.id == verified.id,
                Account.password_hash == verified.password_hash,
                Account.status == "ACTIVE",
            )
            .with_for_update(key_share=True),
        )
        if account is None:
            return None
        account.password_hash = fresh_hash
        text, digest = tokens.new_refresh_token(tenant_id, session_id)
        started = SignInSession(
            tenant_id=tenant_id,
            id=session_id,
            account_id=account.id,
            refresh_digest=digest,
            created_at=now,
            expires_at=now + signer.refresh_lifetime,
            revoked_at=None,
        )
        session.add(started)
        _audit(session, "session:start", started, account.username, request_id)
        return _signed_in(signer, started, text, now)


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
    """Replace the refresh token of a locked session, or end the session when the token is not its current one."""
    if not tokens.fits(token, started.refresh_digest):
        started.revoked_at = now
        _audit(session, "session:revoke_reused", started, username, request_id)
        return None
    text, started.refresh_digest = tokens.new_refresh_token(started.tenant_id, started.id)
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


def _failed(tenant: TenantInfo | None, request_id: str) -> Unauthenticated:
    # Nothing that was typed in: people type passwords into the wrong field.
    _log.info("sign_in_failed", tenant=tenant.slug if tenant else None, request_id=request_id)
    return Unauthenticated("City, user name or password is wrong.", code="SIGN_IN_FAILED")


def _revoked() -> Unauthenticated:
    return Unauthenticated("The session is over; sign in again.", code="SESSION_REVOKED")
