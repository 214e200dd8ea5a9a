"""One change of a sealed matter: locked, seen, decided on what its log replays to, written, logged in its own log.

Nothing goes into the city's event log or audit, and nobody is woken: even that something happened would tell (ADR 0008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound, NotPermitted
from server.organizations.models import Organization
from server.sealed.models import SealedCase, SealedEvent
from server.sealed.replay import SealedEventFacts, apply, replay
from server.sealed.rules import (
    SealedEventKind,
    SealedFacts,
    SealedSatisfaction,
    SealedStatus,
    check_step,
    check_version,
)
from server.sealed.service.ciphers import NOTE, Sealer
from server.sealed.visibility import within_reach
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer


@dataclass(frozen=True, slots=True)
class OpenSealed:
    """A matter locked for one change. facts: what its log replays to."""

    row: SealedCase
    facts: SealedFacts


async def open_sealed(
    session: WriteSession, case_id: UUID, *, permission: Permission, expected_version: int, actor: Actor
) -> OpenSealed:
    """Lock a matter that the actor may read, and on which the permission holds, at the version the caller saw.

    Errors: NotFound, NotPermitted, Conflict VERSION_CONFLICT.
    """
    viewer = Viewer(actor)
    row = SealedCase.__table__
    seen = within_reach(row, viewer, Permission.SEALED_READ)
    may = within_reach(row, viewer, permission).label("may")
    here = row.c.tenant_id == viewer.tenant, row.c.id == case_id
    found = (await session.execute(select(row.c.id, may).where(*here, seen), viewer.values())).one_or_none()
    if found is None:
        raise NotFound("No such sealed matter.", field=("caseId",))
    if not found.may:
        raise NotPermitted("Your permission {permission} does not reach this place.", permission=permission.value)
    opened = await locked(session, case_id, tenant_id=actor.tenant_id)
    check_version(opened.facts, expected_version)
    return opened


async def locked(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> OpenSealed:
    """A matter locked, whoever asks: for whom its code or ``open_sealed`` let in."""
    row = (
        await session.scalars(
            select(SealedCase)
            .where(SealedCase.tenant_id == tenant_id, SealedCase.id == case_id)
            .with_for_update(key_share=True)
        )
    ).one()
    return OpenSealed(row, replay(await read_log(session, case_id, tenant_id=tenant_id)))


async def read_log(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> Sequence[SealedEventFacts]:
    """The steps of a matter, oldest first."""
    rows = await session.scalars(
        select(SealedEvent)
        .where(SealedEvent.tenant_id == tenant_id, SealedEvent.case_id == case_id)
        .order_by(SealedEvent.version)
    )
    return [
        SealedEventFacts(
            kind=SealedEventKind(row.kind),
            version=row.version,
            owner_id=row.owner_id,
            zone_id=row.zone_id,
            allegations=row.allegations,
            allegation=row.allegation,
            satisfaction=SealedSatisfaction(row.satisfaction) if row.satisfaction else None,
        )
        for row in rows
    ]


async def change(
    session: WriteSession,
    opened: OpenSealed,
    kind: SealedEventKind,
    *,
    sealer: Sealer,
    actor: Actor | None,
    note: str | None = None,
    owner: Organization | None = None,
    **words: Any,
) -> SealedFacts:
    """Take a step: the state after it. actor: None for the reporter, of whom no trace is kept.

    ``words``: what of ``SealedEventFacts`` the step changes; owner: the organization of ``owner_id``, where that changes
    to one. Raises SEALED_WRONG_STATUS.
    """
    check_step(kind, opened.facts)
    facts = opened.facts
    event = SealedEventFacts(kind, facts.version + 1, owner_id=facts.owner_id, zone_id=facts.zone_id)
    event = replace(event, **words) if owner is None else replace(event, owner_id=owner.id, **words)
    after = apply(facts, event)
    at = now()
    row = opened.row
    row.status, row.version = after.status.value, after.version
    if after.owner_id != row.owner_id:
        row.owner_id, row.owner_path = after.owner_id, None if owner is None else owner.path
    row.zone_id, row.answered, row.satisfaction = after.zone_id, len(after.answered), after.satisfaction.value
    if after.status is SealedStatus.CLOSED and row.closed_at is None:
        row.closed_at = at
    session.add(event_row(row.id, event, after, at=at, sealer=sealer, note=note, actor=actor))
    await session.flush()
    return after


def event_row(
    case_id: UUID,
    event: SealedEventFacts,
    after: SealedFacts,
    *,
    at: datetime,
    sealer: Sealer,
    note: str | None,
    actor: Actor | None,
) -> SealedEvent:
    """The row of a step."""
    event_id = uuid7()
    return SealedEvent(
        tenant_id=sealer.tenant_id,
        id=event_id,
        case_id=case_id,
        version=event.version,
        kind=event.kind.value,
        status=after.status.value,
        owner_id=event.owner_id,
        zone_id=event.zone_id,
        allegations=event.allegations,
        allegation=event.allegation,
        satisfaction=event.satisfaction.value if event.satisfaction else None,
        note=sealer.seal(note, place=NOTE, row_id=event_id),
        account_id=actor.account_id if actor else None,
        member_id=actor.member_id if actor else None,
        request_id=actor.request_id if actor else None,
        at=at,
    )
