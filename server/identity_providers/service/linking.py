"""Linking accounts to people at a provider, and unlinking them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from server.accounts.models import Account, SignInSession
from server.accounts.passwords import NO_PASSWORD
from server.accounts.rules import SignInMethod
from server.accounts.service.changing import own_account
from server.accounts.service.opening import person_path
from server.errors import Conflict, NotFound, RuleViolation
from server.events.record import record
from server.identity_providers.models import LinkedIdentity
from server.identity_providers.service.proving import Proven
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def link(session: WriteSession, account_id: UUID, proven: Proven, *, by: str, actor: Actor) -> UUID:
    """Have somebody at the provider sign in to an account; the id of the link. by: account, invitation or claim.

    Errors: Conflict IDENTITY_LINKED_ALREADY when either is linked.
    """
    linked: UUID | None = await session.scalar(
        insert(LinkedIdentity)
        .values(
            tenant_id=proven.tenant_id,
            id=uuid7(),
            account_id=account_id,
            issuer=proven.issuer,
            subject=proven.subject,
            linked_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(LinkedIdentity.id)
    )
    if linked is None:
        raise Conflict(
            "This account, or whoever signed in at the identity provider, is linked already; unlink it first.",
            code="IDENTITY_LINKED_ALREADY",
        )
    await _record(session, "IdentityLinked", account_id, "identity:link", actor, by)
    return linked


async def link_own(session: WriteSession, proven: Proven, *, actor: Actor) -> UUID:
    """Link the actor's own account. Errors: Unauthenticated; Conflict IDENTITY_LINKED_ALREADY."""
    account = await own_account(session, actor=actor)
    return await link(session, account.id, proven, by="account", actor=actor)


async def unlink(session: WriteSession, identity_id: UUID, *, local_passwords: bool, actor: Actor) -> tuple[UUID, ...]:
    """Take a link from the actor's own account; the ids of the sessions begun at a provider, which end, but this one.

    local_passwords: whether staff may sign in with one. Errors: NotFound; RuleViolation IDENTITY_ONLY_WAY.
    """
    account = await own_account(session, actor=actor)
    held = set(
        await session.scalars(
            select(LinkedIdentity.id).where(
                LinkedIdentity.tenant_id == actor.tenant_id, LinkedIdentity.account_id == account.id
            )
        )
    )
    if identity_id not in held:
        raise NotFound("No such {thing}.", thing="identity", field=("identityId",))
    by_password = account.password_hash != NO_PASSWORD and (local_passwords or account.member_id is None)
    if len(held) == 1 and not by_password:
        raise RuleViolation("Nobody could sign in to this account any more.", code="IDENTITY_ONLY_WAY")
    return await _take_away(session, account.id, {identity_id}, actor)


async def unlink_all(session: WriteSession, *, username: str, actor: Actor) -> tuple[UUID, ...]:
    """Take every link from somebody's account; the ids of the sessions begun at a provider, which end.

    Errors: NotFound for an unknown account as for one of a place the right does not reach, or one without links.
    """
    account = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, Account.username == username.lower(), Account.operator.is_(False))
        .with_for_update(key_share=True),
    )
    path = (
        "" if account is None else await person_path(session, actor.tenant_id, account.member_id, account.resident_id)
    )
    if account is None or not actor.reach(Permission.USER_UPDATE).covers(path=path):
        raise NotFound("No such account.", field=("username",))
    held = set(
        await session.scalars(
            select(LinkedIdentity.id).where(
                LinkedIdentity.tenant_id == actor.tenant_id, LinkedIdentity.account_id == account.id
            )
        )
    )
    if not held:
        raise NotFound("No such {thing}.", thing="identity", field=("username",))
    return await _take_away(session, account.id, held, actor)


async def _take_away(
    session: WriteSession, account_id: UUID, identity_ids: Collection[UUID], actor: Actor
) -> tuple[UUID, ...]:
    await session.execute(
        delete(LinkedIdentity).where(
            LinkedIdentity.tenant_id == actor.tenant_id, LinkedIdentity.id.in_(sorted(identity_ids))
        )
    )
    ended = await session.scalars(
        update(SignInSession)
        .where(
            SignInSession.tenant_id == actor.tenant_id,
            SignInSession.account_id == account_id,
            SignInSession.method == SignInMethod.OIDC,
            SignInSession.revoked_at.is_(None),
            SignInSession.id.is_distinct_from(actor.session_id),
        )
        .values(revoked_at=now())
        .returning(SignInSession.id)
    )
    found = tuple(ended)
    await _record(session, "IdentityUnlinked", account_id, "identity:unlink", actor, "account")
    return found


async def _record(session: WriteSession, event: str, account_id: UUID, action: str, actor: Actor, by: str) -> None:
    await record(
        session,
        type=event,
        subject_type="Account",
        subject_id=account_id,
        action=action,
        actor=actor,
        detail={"by": by},
    )
