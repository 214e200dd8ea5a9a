"""Reading sealed matters: the trace of every reading, and who the reporter is, for a reason (P-03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound, NotPermitted
from server.sealed.models import SealedAccess, SealedCase
from server.sealed.rules import SealedReading
from server.sealed.service.ciphers import REASON, REPORTER, open_one, sealer_of
from server.sealed.visibility import within_reach
from server.texts import required_line
from tenants.clock import now
from tenants.context import Actor, ActorKind
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported. kind: RESIDENT, MEMBER or ACCOUNT; id: of the resident or member, None for an account of nobody."""

    kind: str
    id: UUID | None
    name: str


async def note_readings(
    session: WriteSession,
    case_ids: Iterable[UUID],
    *,
    action: SealedReading = SealedReading.READ,
    actor: Actor,
    reason: bytes | None = None,
    access_id: UUID | None = None,
) -> None:
    """Write down who reads matters, before anything is handed out. Of whoever holds a code nothing is written.

    reason: ciphertext bound to ``access_id``, where there is one.
    """
    known = actor.kind is not ActorKind.ANONYMOUS
    session.add_all(
        SealedAccess(
            tenant_id=actor.tenant_id,
            id=access_id or uuid7(),
            case_id=case_id,
            action=action.value,
            reason=reason,
            roles=",".join(actor.roles),
            account_id=actor.account_id,
            member_id=actor.member_id,
            request_id=actor.request_id if known else None,
            at=now(),
        )
        for case_id in case_ids
    )
    await session.flush()


async def identify_reporter(
    session: WriteSession, *, case_id: UUID, reason: str, keyring: Keyring, actor: Actor
) -> Reporter | None:
    """Who reported a matter; None for a report with no name. The reading and its reason are written down first.

    Errors: NotFound, NotPermitted, TEXT_* for the reason.
    """
    viewer = Viewer(actor)
    row = SealedCase.__table__
    seen = within_reach(row, viewer, Permission.SEALED_READ)
    may = within_reach(row, viewer, Permission.SEALED_IDENTIFY).label("may")
    found = (
        await session.execute(
            select(row.c.reporter, may).where(row.c.tenant_id == viewer.tenant, row.c.id == case_id, seen),
            viewer.values(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("No such sealed matter.", field=("caseId",))
    if not found.may:
        raise NotPermitted(
            "Your permission {permission} does not reach this place.", permission=Permission.SEALED_IDENTIFY.value
        )
    line = required_line(reason, field="reason")
    access_id = uuid7()
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    sealed = sealer.seal(line, place=REASON, row_id=access_id)
    await note_readings(
        session, [case_id], action=SealedReading.IDENTIFY, actor=actor, reason=sealed, access_id=access_id
    )
    told = await open_one(keyring, found.reporter, tenant_id=actor.tenant_id, place=REPORTER, row_id=case_id)
    return None if told is None else Reporter(told["kind"], UUID(told["id"]) if told["id"] else None, told["name"])
