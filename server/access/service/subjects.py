"""Whom a question of access is about: a member, a resident, or whoever an account belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select

from server.accounts.models import Account, SupportAccess
from server.errors import NotFound
from server.members.models import Member
from server.members.service.people import find_member
from server.residents.models import Resident
from server.residents.visibility import residents
from server.volunteers.models import Volunteer
from tenants.context import Actor
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

# No subtree holds the empty path: only a right over the whole city covers it.
_WHOLE_CITY = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person or an account. account_id: None for whoever has none. enabled: whether an account of theirs may sign in.

    enrolled: whether that account has an authenticator. serves: a member who has not left. support: what the city lets an operator do as this account, None for all others.
    """

    account_id: UUID | None
    member_id: UUID | None
    resident_id: UUID | None
    enabled: bool
    enrolled: bool
    serves: bool
    volunteer: bool
    support: tuple[str, ...] | None = None


async def subject_of(session: WriteSession, kind: str, id_: UUID, *, now: datetime, actor: Actor) -> Subject:
    """The subject with an id of the kind member, resident or account, as far as the actor may know of it.

    Raises NotFound for whatever the actor does not see.
    """
    account = await _account(session, kind, id_, actor)
    if kind == "account" and account is None:
        raise _unknown()
    member_id = account.member_id if account else id_ if kind == "member" else None
    resident_id = account.resident_id if account else id_ if kind == "resident" else None
    member = await _member(session, member_id, actor) if member_id else None
    if resident_id:
        await _require_resident(session, resident_id, actor)
    if member_id is None and resident_id is None and not actor.reach(Permission.USER_CREATE).covers(path=_WHOLE_CITY):
        raise _unknown()
    return Subject(
        account_id=account.id if account else None,
        member_id=member_id,
        resident_id=resident_id,
        enabled=account is not None and account.status == "ACTIVE",
        enrolled=account is not None and account.totp_confirmed_at is not None,
        serves=member is not None and member.status == "ACTIVE",
        volunteer=await _is_volunteer(session, actor.tenant_id, member_id, resident_id),
        support=await _support(session, account, now) if account else None,
    )


async def _account(session: WriteSession, kind: str, id_: UUID, actor: Actor) -> Account | None:
    """The account of the id, or of the person: one that may sign in before one that may not."""
    owner = {"account": Account.id, "member": Account.member_id, "resident": Account.resident_id}.get(kind)
    if owner is None:
        raise _unknown()
    found: Account | None = await session.scalar(
        select(Account)
        .where(Account.tenant_id == actor.tenant_id, owner == id_)
        .order_by(Account.status, Account.id)
        .limit(1),
    )
    return found


async def _member(session: WriteSession, member_id: UUID, actor: Actor) -> Member:
    try:
        return await find_member(session, member_id, actor=actor)
    except NotFound as error:
        raise _unknown() from error


async def _require_resident(session: WriteSession, resident_id: UUID, actor: Actor) -> None:
    viewer, row = Viewer(actor), Resident.__table__
    statement = select(row.c.id).where(
        row.c.tenant_id == viewer.tenant, row.c.id == resident_id, residents(row, viewer)
    )
    if await session.scalar(statement, viewer.values()) is None:
        raise _unknown()


async def _is_volunteer(
    session: WriteSession,
    tenant_id: UUID,
    member_id: UUID | None,
    resident_id: UUID | None,
) -> bool:
    found = await session.scalar(
        select(Volunteer.id)
        .where(
            Volunteer.tenant_id == tenant_id,
            or_(
                and_(Volunteer.member_id.is_not(None), Volunteer.member_id == member_id),
                and_(Volunteer.resident_id.is_not(None), Volunteer.resident_id == resident_id),
            ),
        )
        .limit(1),
    )
    return found is not None


async def _support(session: WriteSession, account: Account, now: datetime) -> tuple[str, ...] | None:
    row = await session.scalar(
        select(SupportAccess).where(
            SupportAccess.tenant_id == account.tenant_id,
            SupportAccess.account_id == account.id,
            SupportAccess.status == "APPROVED",
            SupportAccess.ends_at > now,
        ),
    )
    return None if row is None else tuple(row.permissions)


def _unknown() -> NotFound:
    return NotFound("No such person or account.", field=("subjectId",))
