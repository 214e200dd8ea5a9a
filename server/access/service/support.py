"""Break-glass: an operator of the platform asks to look into a city, the city gives leave for some hours, and may end it.

The operator acts in the city as an account that is made with the leave, that no password opens and that stands for nobody
there; its sessions end with the leave. What it asks is written down in the city (``note_use``).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update

from server.accounts.models import Account, SignInSession, SupportAccess
from server.accounts.rules import AccountStatus, SignInMethod
from server.accounts.tokens import Tokens
from server.errors import Conflict, Invalid, NotFound, NotPermitted
from server.events.record import audit, record
from server.texts import required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor, ActorKind
from tenants.ids import uuid7
from tenants.permissions import NOT_FOR_SUPPORT, SUPPORT_USUAL, Permission
from tenants.sessions import WriteSession

MOST_HOURS = 8
_NO_PASSWORD = "!"  # noqa: S105 - what fits no password
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Entered:
    """What the operator sends from now on, and until when it is good."""

    access_token: str
    expires_at: datetime
    ends_at: datetime


def visiting(operator: Actor, tenant_id: UUID) -> Actor:
    """The operator as the city's records name it: nobody of the city, without any right there."""
    return Actor(
        tenant_id=tenant_id, kind=ActorKind.OPERATOR, username=operator.username, request_id=operator.request_id
    )


async def request_support_access(
    session: WriteSession,
    *,
    reason: str,
    hours: int,
    permissions: Sequence[str],
    operator: Actor,
    visitor: Actor,
) -> UUID:
    """Ask the city of the session for leave; the id of the request is returned.

    permissions: none for the usual ones, which read only. visitor: ``visiting`` of the operator.
    Errors: NotPermitted, Invalid SUPPORT_HOURS, PERMISSION_UNKNOWN, SUPPORT_NOT_GIVEN, TEXT_REQUIRED, TEXT_TOO_LONG,
    TEXT_INVALID.
    """
    authorize(operator, Permission.SUPPORT_REQUEST)
    if operator.account_id is None or operator.username is None:
        raise NotPermitted("Only an operator who has signed in can be let in.", code="SUPPORT_NOT_GIVEN")
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid("Ask for 1 to {most} hours.", code="SUPPORT_HOURS", field=("hours",), most=MOST_HOURS)
    row = SupportAccess(
        tenant_id=visitor.tenant_id,
        id=uuid7(),
        operator_id=operator.account_id,
        operator_name=operator.username,
        reason=required_line(reason, field="reason"),
        hours=hours,
        permissions=_asked(permissions),
    )
    session.add(row)
    await _record(session, "SupportAccessRequested", row, Permission.SUPPORT_REQUEST, visitor)
    return row.id


async def approve_support_access(session: WriteSession, *, access_id: UUID, actor: Actor) -> UUID:
    """Give leave from now on, for the hours asked for. Errors: NotPermitted, NotFound, Conflict SUPPORT_DECIDED."""
    row = await _undecided(session, access_id, actor)
    at = now()
    account = Account(
        tenant_id=row.tenant_id,
        id=uuid7(),
        username=f"support.{row.operator_name[:_NAME_LENGTH]}.{row.id.hex[-8:]}",
        password_hash=_NO_PASSWORD,
    )
    session.add(account)
    await session.flush()
    row.status, row.decided_at, row.decided_by = "APPROVED", at, actor.username
    row.ends_at, row.account_id = at + timedelta(hours=row.hours), account.id
    await _record(session, "SupportAccessApproved", row, Permission.SUPPORT_DECIDE, actor)
    return row.id


async def refuse_support_access(session: WriteSession, *, access_id: UUID, actor: Actor) -> UUID:
    """Give no leave. Errors: NotPermitted, NotFound, Conflict SUPPORT_DECIDED."""
    row = await _undecided(session, access_id, actor)
    row.status, row.decided_at, row.decided_by = "REFUSED", now(), actor.username
    await _record(session, "SupportAccessRefused", row, Permission.SUPPORT_DECIDE, actor)
    return row.id


async def end_support_access(session: WriteSession, *, access_id: UUID, actor: Actor) -> UUID:
    """Take leave back before its time, everywhere within two seconds. Errors: NotPermitted, NotFound, ALREADY_ENDED."""
    authorize(actor, Permission.SUPPORT_DECIDE)
    row = await _locked(session, access_id, actor.tenant_id)
    at = now()
    if row.status != "APPROVED" or row.ends_at is None or row.ends_at <= at:
        raise Conflict("The operator has no leave that could end.", code="ALREADY_ENDED", field=("accessId",))
    row.status, row.ended_at = "ENDED", at
    mine = (Account.tenant_id == row.tenant_id, Account.id == row.account_id)
    await session.execute(update(Account).where(*mine).values(status=AccountStatus.DISABLED.value))
    await session.execute(
        update(SignInSession)
        .where(
            SignInSession.tenant_id == row.tenant_id,
            SignInSession.account_id == row.account_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=at),
    )
    await _record(session, "SupportAccessEnded", row, Permission.SUPPORT_DECIDE, actor)
    return row.id


async def enter_with_support_access(
    session: WriteSession,
    *,
    access_id: UUID,
    signer: Tokens,
    operator: Actor,
    visitor: Actor,
) -> Entered:
    """A token for the city, for the operator who was given leave; as often as needed while the leave lasts.

    Errors: NotPermitted, NotFound for another operator's request, Conflict SUPPORT_NOT_APPROVED.
    """
    authorize(operator, Permission.SUPPORT_REQUEST)
    row = await _locked(session, access_id, visitor.tenant_id)
    if row.operator_id != operator.account_id:
        raise _unknown()
    at = now()
    if row.status != "APPROVED" or row.account_id is None or row.ends_at is None or row.ends_at <= at:
        raise Conflict(
            "The city has given no leave, or it is over: ask for it anew.",
            code="SUPPORT_NOT_APPROVED",
            field=("accessId",),
        )
    started = SignInSession(
        tenant_id=row.tenant_id,
        id=uuid7(),
        account_id=row.account_id,
        refresh_digest=sha256(secrets.token_bytes(32)).digest(),  # of a token that nobody has: it cannot be refreshed
        method=SignInMethod.SUPPORT.value,
        created_at=at,
        expires_at=row.ends_at,
    )
    session.add(started)
    who = replace(visitor, account_id=row.account_id)
    _audit(session, "support:enter", row, who)
    await session.flush()
    token, expires_at = signer.access(
        account_id=row.account_id,
        tenant_id=row.tenant_id,
        session_id=started.id,
        session_ends=row.ends_at,
        now=at,
    )
    return Entered(token, expires_at, row.ends_at)


async def note_use(session: WriteSession, *, operation: str, fields: Sequence[str], actor: Actor) -> None:
    """Write down what an operator asks in a city, before it is answered. operation: query, mutation, subscription."""
    row = await session.scalar(
        select(SupportAccess).where(
            SupportAccess.tenant_id == actor.tenant_id, SupportAccess.account_id == actor.account_id
        ),
    )
    if row is None:
        raise _unknown()
    audit(
        session,
        action="support:use",
        object_type="SupportAccess",
        object_id=row.id,
        actor=actor,
        detail={"operator": row.operator_name, "operation": operation, "fields": list(fields)},
    )
    await session.flush()


def _asked(permissions: Sequence[str]) -> list[str]:
    known = {right.value for right in Permission}
    for word in permissions:
        if word not in known:
            raise Invalid(
                "There is no such permission; they are written as area:verb, for example case:accept.",
                code="PERMISSION_UNKNOWN",
                field=("permissions",),
            )
        if Permission(word) in NOT_FOR_SUPPORT:
            raise Invalid(
                "{permission} is never given to operators: it opens health data, sealed matters or further rights.",
                code="SUPPORT_NOT_GIVEN",
                field=("permissions",),
                permission=word,
            )
    return sorted({*permissions}) or sorted(right.value for right in SUPPORT_USUAL)


async def _undecided(session: WriteSession, access_id: UUID, actor: Actor) -> SupportAccess:
    authorize(actor, Permission.SUPPORT_DECIDE)
    row = await _locked(session, access_id, actor.tenant_id)
    if row.status != "REQUESTED":
        raise Conflict("This was decided already.", code="SUPPORT_DECIDED", field=("accessId",))
    return row


async def _locked(session: WriteSession, access_id: UUID, tenant_id: UUID) -> SupportAccess:
    row = await session.scalar(
        select(SupportAccess)
        .where(SupportAccess.tenant_id == tenant_id, SupportAccess.id == access_id)
        .with_for_update(key_share=True),
    )
    if row is None:
        raise _unknown()
    return row


def _unknown() -> NotFound:
    return NotFound("No such request.", field=("accessId",))


def _audit(session: WriteSession, action: str, row: SupportAccess, actor: Actor) -> None:
    detail = {"operator": row.operator_name}
    audit(session, action=action, object_type="SupportAccess", object_id=row.id, actor=actor, detail=detail)


async def _record(session: WriteSession, type_: str, row: SupportAccess, right: Permission, actor: Actor) -> None:
    await session.flush()
    await record(
        session,
        type=type_,
        subject_type="SupportAccess",
        subject_id=row.id,
        action=right.value,
        actor=actor,
        detail={"operator": row.operator_name, "hours": row.hours, "permissions": list(row.permissions)},
    )
