"""Which account somebody at a provider enters: the linked one, an invited member's new one, or the one a claim names."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from server.accounts.models import Account
from server.accounts.passwords import NO_PASSWORD
from server.accounts.rules import is_username
from server.accounts.service import invitations
from server.accounts.service.opening import insert_account
from server.events.record import record
from server.identity_providers.models import LinkedIdentity
from server.identity_providers.rules import phone_digits, vouched
from server.identity_providers.service.linking import link
from server.identity_providers.service.proving import Proven
from server.members.models import Member
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.identity_provider import Naming, StaffClaim
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def account_of(session: WriteSession, proven: Proven, *, request_id: str, now: datetime) -> Account | None:
    """The account, active and its row locked; linked from now on. None when there is none for this person.

    Errors: Invalid INVITATION_INVALID; Conflict IDENTITY_LINKED_ALREADY when somebody was faster.
    """
    linked = await session.scalar(
        select(LinkedIdentity.account_id).where(
            LinkedIdentity.tenant_id == proven.tenant_id,
            LinkedIdentity.issuer == proven.issuer,
            LinkedIdentity.subject == proven.subject,
        )
    )
    if linked is not None:
        return await _active(session, proven.tenant_id, linked)
    by = "invitation"
    if proven.invitation is not None:
        account: Account | None = await invitations.accept(
            session,
            proven.invitation,
            username=await _free_username(session, proven),
            password=None,
            password_hash=NO_PASSWORD,
            request_id=request_id,
            now=now,
        )
    else:
        account, by = await _named(session, proven, request_id), "claim"
    if account is None:
        return None
    actor = Actor(tenant_id=proven.tenant_id, account_id=account.id, username=account.username, request_id=request_id)
    await link(session, account.id, proven, by=by, actor=actor)
    return account


async def _active(session: WriteSession, tenant_id: UUID, account_id: UUID) -> Account | None:
    account: Account | None = await session.scalar(
        select(Account)
        .where(Account.tenant_id == tenant_id, Account.id == account_id, Account.status == "ACTIVE")
        .with_for_update(key_share=True),
    )
    return account


async def _named(session: WriteSession, proven: Proven, request_id: str) -> Account | None:
    """The account of the member whom the city's claim names, if it has no link to this provider yet."""
    value = None if proven.staff is None else vouched(proven.claims, proven.staff.claim)
    if proven.staff is None or value is None:
        return None
    if proven.staff.names is Naming.USERNAME:
        return await _of_username(session, proven, value.lower())
    return await _of_phone(session, proven, proven.staff, value, request_id)


async def _of_username(session: WriteSession, proven: Proven, username: str) -> Account | None:
    if not is_username(username):
        return None
    found = await session.scalar(
        select(Account.id).where(
            Account.tenant_id == proven.tenant_id,
            Account.username == username,
            Account.member_id.is_not(None),
            Account.operator.is_(False),
        )
    )
    return None if found is None else await _unlinked(session, proven, found)


async def _of_phone(
    session: WriteSession, proven: Proven, staff: StaffClaim, phone: str, request_id: str
) -> Account | None:
    """The account of the one serving member with this number; a new one if the city wants that."""
    members = (
        await session.scalars(
            select(Member.id)
            .where(
                Member.tenant_id == proven.tenant_id,
                Member.status == "ACTIVE",
                func.regexp_replace(Member.phone, "[^0-9]", "", "g").in_(phone_digits(phone)),
            )
            .limit(2)
            .with_for_update(key_share=True)
        )
    ).all()
    if len(members) != 1:  # a number that two share names neither
        return None
    accounts = (
        await session.scalars(
            select(Account.id).where(Account.tenant_id == proven.tenant_id, Account.member_id == members[0]).limit(2)
        )
    ).all()
    if len(accounts) == 1:
        return await _unlinked(session, proven, accounts[0])
    if accounts or not staff.open_accounts:
        return None
    return await _opened(session, proven, members[0], request_id)


async def _unlinked(session: WriteSession, proven: Proven, account_id: UUID) -> Account | None:
    """An active account that nobody at this provider is linked to: a name that was given to another opens nothing."""
    account = await _active(session, proven.tenant_id, account_id)
    if account is None:
        return None
    held = await session.scalar(
        select(LinkedIdentity.id).where(
            LinkedIdentity.tenant_id == proven.tenant_id,
            LinkedIdentity.account_id == account_id,
            LinkedIdentity.issuer == proven.issuer,
        )
    )
    return account if held is None else None


async def _opened(session: WriteSession, proven: Proven, member_id: UUID, request_id: str) -> Account:
    account = Account(
        tenant_id=proven.tenant_id,
        id=uuid7(),
        username=await _free_username(session, proven),
        password_hash=NO_PASSWORD,
        member_id=member_id,
        resident_id=None,
        operator=False,
    )
    await insert_account(session, account)
    actor = Actor(tenant_id=proven.tenant_id, account_id=account.id, username=account.username, request_id=request_id)
    await record(
        session,
        type="AccountCreated",
        subject_type="Account",
        subject_id=account.id,
        action=Permission.USER_CREATE.value,
        actor=actor,
    )
    return account


async def _free_username(session: WriteSession, proven: Proven) -> str:
    """The name somebody has at the provider, if it can be one here and nobody has it; else one that nobody has."""
    wanted = proven.claims.get("preferred_username")
    name = wanted.lower() if isinstance(wanted, str) else ""
    if is_username(name):
        taken = await session.scalar(
            select(Account.id).where(Account.tenant_id == proven.tenant_id, Account.username == name)
        )
        if taken is None:
            return name
    return f"staff.{uuid7().hex[-12:]}"
