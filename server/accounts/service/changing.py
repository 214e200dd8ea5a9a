"""What becomes of an account: another password, kept from signing in, let again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.accounts import sessions
from server.accounts.models import Account
from server.accounts.rules import AccountStatus
from server.accounts.service.opening import person_path
from server.errors import NotFound, NotPermitted, RuleViolation, Unauthenticated
from server.events.record import record
from tenants.authz import authorize
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def own_account(session: WriteSession, *, actor: Actor) -> Account:
    """The row of the actor's account, locked. Errors: Unauthenticated without one, or when it was disabled."""
    account: Account | None = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, Account.id == actor.account_id, Account.status == "ACTIVE")
        .with_for_update(key_share=True),
    )
    if account is None or actor.session_id is None:
        raise Unauthenticated("Nobody is signed in.")
    return account


async def change_password(
    session: WriteSession, account: Account, *, password_hash: str, actor: Actor
) -> tuple[UUID, ...]:
    """Give a locked account, whose password was verified, another one; the ids of its other sessions, which end."""
    account.password_hash = password_hash
    ended = await sessions.end_all(session, actor.tenant_id, account.id, but=actor.session_id)
    await _record(session, "AccountPasswordChanged", account.id, "account:change_password", actor)
    return ended


async def set_status(session: WriteSession, *, username: str, status: AccountStatus, actor: Actor) -> tuple[UUID, ...]:
    """Keep an account from signing in, or let it again; the ids of the sessions that end. Twice changes nothing.

    Errors: NotFound for an unknown account as for one of a place the right does not reach, RuleViolation OWN_ACCOUNT.
    """
    account = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, Account.username == username)
        .with_for_update(key_share=True),
    )
    if account is None or not await _reaches(session, account, actor):
        raise NotFound("No such account.", field=("username",))
    if account.id == actor.account_id:
        raise RuleViolation("Nobody disables their own account; ask a colleague.", code="OWN_ACCOUNT")
    if account.status == status.value:
        return ()
    account.status = status.value
    ended: tuple[UUID, ...] = ()
    if status is AccountStatus.DISABLED:
        ended = await sessions.end_all(session, actor.tenant_id, account.id)
    event = "AccountDisabled" if status is AccountStatus.DISABLED else "AccountEnabled"
    await _record(session, event, account.id, Permission.USER_UPDATE.value, actor)
    return ended


async def _reaches(session: WriteSession, account: Account, actor: Actor) -> bool:
    path = await person_path(session, actor.tenant_id, account.member_id, account.resident_id)
    try:
        authorize(actor, Permission.USER_UPDATE, path=path)
        if account.operator:
            authorize(actor, Permission.TENANT_APPLY)
    except NotPermitted:
        return False
    return True


async def _record(session: WriteSession, event: str, account_id: UUID, action: str, actor: Actor) -> None:
    await record(session, type=event, subject_type="Account", subject_id=account_id, action=action, actor=actor)
