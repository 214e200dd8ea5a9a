"""Opening accounts and giving them passwords."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.accounts import sessions
from server.accounts.models import Account
from server.accounts.rules import require_username
from server.errors import Conflict, Invalid, NotFound
from server.events.record import record
from server.members.models import Member
from server.residents.models import Resident
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession

# No subtree holds the empty path: only a right over the whole city covers it.
_WHOLE_CITY = ""


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """An account as a list shows it, without its password hash."""

    id: UUID
    username: str
    status: str
    member_id: UUID | None
    resident_id: UUID | None
    operator: bool


async def create_account(
    session: WriteSession,
    *,
    username: str,
    password_hash: str,
    member_id: UUID | None = None,
    resident_id: UUID | None = None,
    operator: bool = False,
    actor: Actor,
) -> UUID:
    """Open an account for a member, a resident or (neither of them) the platform's operator; its id is returned.

    password_hash: of ``passwords.hash_password``, made before this transaction. Errors: Invalid USERNAME_INVALID or
    ONE_PERSON, NotFound for the person, NotPermitted, Conflict USERNAME_TAKEN.
    """
    require_username(username)
    if member_id is not None and resident_id is not None:
        raise Invalid("An account belongs to one person: a member or a resident.", code="ONE_PERSON")
    path = await person_path(session, actor.tenant_id, member_id, resident_id)
    authorize(actor, Permission.USER_CREATE, path=path)
    if operator:
        authorize(actor, Permission.TENANT_APPLY)
    if member_id is not None:
        await lock_member(session, actor.tenant_id, member_id)
    account = Account(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        username=username,
        password_hash=password_hash,
        member_id=member_id,
        resident_id=resident_id,
        operator=operator,
    )
    await insert_account(session, account)
    await _record(session, "AccountCreated", account.id, actor)
    return account.id


async def lock_member(session: WriteSession, tenant_id: UUID, member_id: UUID) -> None:
    """Let nobody else look whether the member has an account, or open one, until this transaction ends."""
    await session.execute(
        select(Member.id).where(Member.tenant_id == tenant_id, Member.id == member_id).with_for_update(key_share=True),
    )


async def insert_account(session: WriteSession, account: Account) -> None:
    """Insert the row of an account. Errors: Conflict USERNAME_TAKEN."""
    inserted = await session.scalar(
        insert(Account)
        .values(
            tenant_id=account.tenant_id,
            id=account.id,
            username=account.username,
            password_hash=account.password_hash,
            member_id=account.member_id,
            resident_id=account.resident_id,
            operator=bool(account.operator),
            status="ACTIVE",
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=[Account.tenant_id, Account.username])
        .returning(Account.id),
    )
    if inserted is None:
        raise Conflict("The user name is taken.", code="USERNAME_TAKEN", field=("username",))


async def set_password(session: WriteSession, *, username: str, password_hash: str, actor: Actor) -> None:
    """Give an account another password and end its sessions. Errors: NotFound, NotPermitted."""
    account = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, Account.username == username)
        .with_for_update(key_share=True),
    )
    if account is None:
        raise NotFound("No such account.")
    path = await person_path(session, actor.tenant_id, account.member_id, account.resident_id)
    authorize(actor, Permission.USER_CREATE, path=path)
    account.password_hash = password_hash
    await sessions.end_all(session, actor.tenant_id, account.id)
    await _record(session, "AccountPasswordSet", account.id, actor)


async def list_accounts(session: WriteSession, *, actor: Actor) -> tuple[AccountInfo, ...]:
    """Every account of the city by user name. Errors: NotPermitted without a city-wide right to open accounts."""
    authorize(actor, Permission.USER_CREATE, path=_WHOLE_CITY)
    rows = await session.scalars(
        select(Account).where(Account.tenant_id == actor.tenant_id).order_by(Account.username),
    )
    return tuple(
        AccountInfo(
            id=row.id,
            username=row.username,
            status=row.status,
            member_id=row.member_id,
            resident_id=row.resident_id,
            operator=row.operator,
        )
        for row in rows
    )


async def person_path(
    session: WriteSession,
    tenant_id: UUID,
    member_id: UUID | None,
    resident_id: UUID | None,
) -> str:
    """Where the person of an account belongs: the organization path; the whole city for an account of nobody."""
    if member_id is not None:
        statement = select(Member.path).where(Member.tenant_id == tenant_id, Member.id == member_id)
    elif resident_id is not None:
        statement = select(Resident.path).where(Resident.tenant_id == tenant_id, Resident.id == resident_id)
    else:
        return _WHOLE_CITY
    path = await session.scalar(statement)
    if path is None:
        raise NotFound("No such person.", field=("memberId",) if member_id else ("residentId",))
    return path


async def _record(session: WriteSession, event: str, account_id: UUID, actor: Actor) -> None:
    await record(
        session,
        type=event,
        subject_type="Account",
        subject_id=account_id,
        action=Permission.USER_CREATE.value,
        actor=actor,
    )
