"""Reading health data: who sees a resident's record, and the trace that every reading leaves (DY-15, P-01)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound
from server.events.record import audit
from server.health_checks.models import AccessLog
from server.members.models import Member
from server.residents.models import Resident
from server.texts import required_line
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


def require_purpose(purpose: str) -> str:
    """Why somebody reads, in a line that the resident will see. Raises TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID."""
    return required_line(purpose, field="purpose")


async def find_resident(
    session: WriteSession,
    resident_id: UUID,
    *,
    field: str,
    actor: Actor,
    lock: bool = False,
) -> Resident:
    """The resident, for themselves and for health workers of the place; NotFound for everybody else.

    lock: nobody else writes down a check of this resident until the transaction ends.
    """
    statement = select(Resident).where(Resident.tenant_id == actor.tenant_id, Resident.id == resident_id)
    resident = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if resident is None or not _may_read(actor, resident):
        raise NotFound("No such resident.", field=(field,))
    return resident


async def is_refused(session: WriteSession, resident_id: UUID, *, actor: Actor) -> bool:
    """Whether there is such a resident, whose health data the actor may not read: what callers are never told."""
    resident = await session.scalar(
        select(Resident).where(Resident.tenant_id == actor.tenant_id, Resident.id == resident_id)
    )
    return resident is not None and not _may_read(actor, resident)


async def note_reading(
    session: WriteSession,
    *,
    resident_id: UUID,
    rows: Sequence[str],
    purpose: str,
    actor: Actor,
) -> None:
    """Write down that the actor has read the resident's health data: for the resident to see, and for the audit.

    rows: ids of what was read. purpose: of ``require_purpose``; it stands in the access log alone.
    """
    session.add(
        AccessLog(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            resident_id=resident_id,
            reader_id=actor.account_id,
            reader_name=await _name(session, actor),
            reader_roles=",".join(actor.roles),
            purpose=purpose,
            request_id=actor.request_id,
            at=now(),
        ),
    )
    audit(
        session,
        action=Permission.HEALTH_RECORD_READ.value,
        object_type="resident",
        object_id=resident_id,
        actor=actor,
        detail={"rows": list(rows)},
    )
    await session.flush()


def _may_read(actor: Actor, resident: Resident) -> bool:
    reach = actor.reach(Permission.HEALTH_RECORD_READ)
    if reach.covers(path=resident.path, grid_id=resident.grid_id):
        return True
    return reach.own and actor.resident_id == resident.id


async def _name(session: WriteSession, actor: Actor) -> str:
    name: str | None = None
    if actor.member_id is not None:
        name = await session.scalar(
            select(Member.name).where(Member.tenant_id == actor.tenant_id, Member.id == actor.member_id),
        )
    elif actor.resident_id is not None:
        name = await session.scalar(
            select(Resident.name).where(Resident.tenant_id == actor.tenant_id, Resident.id == actor.resident_id),
        )
    return name or actor.username or actor.kind.value
