"""Handling a sealed matter: analysis, zone, inquiry, hand-over, feedback per allegation, closing (FD-01 to FD-04).

The platform holds what is handed on and answered, never an investigation's evidence (N-10): texts are short, and there
are no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from server.cases.service.texts import required_text
from server.organizations.models import Organization
from server.organizations.service import find_organization
from server.sealed.models import SealedAllegation
from server.sealed.rules import (
    NOTE_LENGTH,
    SealedEventKind,
    SealedFactor,
    check_answer,
    check_closing,
    check_step,
    check_target_apart,
    check_zone_apart,
)
from server.sealed.service.changes import change, open_sealed
from server.sealed.service.ciphers import ANALYSIS, FEEDBACK, TRANSFER, sealer_of
from server.sealed.service.zones import find_zone, members_of
from server.texts import required_line
from tenants.clock import now
from tenants.context import Actor
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def analyze_sealed(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    factors: Sequence[SealedFactor],
    note: str,
    keyring: Keyring,
    actor: Actor,
) -> UUID:
    """Write down what the analysis found. Errors: those of ``open_sealed``, SEALED_WRONG_STATUS, TEXT_*."""
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_ASSIGN, expected_version=expected_version, actor=actor
    )
    found = {
        "factors": list(dict.fromkeys(factor.value for factor in factors)),
        "note": required_text(note, field="note", most=NOTE_LENGTH),
    }
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    await change(session, opened, SealedEventKind.ANALYZED, sealer=sealer, actor=actor)
    opened.row.analysis = sealer.seal(found, place=ANALYSIS, row_id=case_id)
    await session.flush()
    return case_id


async def assign_zone(
    session: WriteSession, *, case_id: UUID, expected_version: int, zone_id: UUID, keyring: Keyring, actor: Actor
) -> UUID:
    """Give the matter to a cooperation zone, which has it alone from now on (FD-01).

    Errors: those of ``open_sealed``, NotFound for the zone, SEALED_WRONG_STATUS, SEALED_ZONE_CONFLICT.
    """
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_ASSIGN, expected_version=expected_version, actor=actor
    )
    zone = await find_zone(session, zone_id, actor=actor)
    check_zone_apart(await members_of(session, zone.id, tenant_id=actor.tenant_id), opened.row.about_path)
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    kind = SealedEventKind.ZONE_ASSIGNED
    await change(session, opened, kind, sealer=sealer, actor=actor, zone_id=zone.id, owner_id=None)
    return case_id


async def begin_inquiry(
    session: WriteSession, *, case_id: UUID, expected_version: int, keyring: Keyring, actor: Actor
) -> UUID:
    """Begin to inquire. Errors: those of ``open_sealed``, SEALED_WRONG_STATUS."""
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_HANDLE, expected_version=expected_version, actor=actor
    )
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    await change(session, opened, SealedEventKind.INQUIRY_BEGUN, sealer=sealer, actor=actor)
    return case_id


async def transfer_sealed(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    target: str,
    organization_id: UUID | None,
    note: str,
    keyring: Keyring,
    actor: Actor,
) -> UUID:
    """Hand the matter over for formal filing: another body has it, and the platform's copy takes no more inquiry.

    target: what that body is called. organization_id: the body, where it is an organization of the city, which then owns
    the copy; None for one outside. Errors: those of ``open_sealed``, NotFound for the organization, SEALED_WRONG_STATUS,
    SEALED_TARGET_CONFLICT, TEXT_*.
    """
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_HANDLE, expected_version=expected_version, actor=actor
    )
    handed = {
        "target": required_line(target, field="target"),
        "note": required_text(note, field="note", most=NOTE_LENGTH),
    }
    owner: Organization | None = None
    if organization_id is not None:
        owner = await find_organization(session, organization_id, field="organizationId", actor=actor)
        check_target_apart(owner.path, opened.row.about_path)
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    kind = SealedEventKind.TRANSFERRED
    await change(
        session, opened, kind, sealer=sealer, actor=actor, note=handed["target"], owner=owner, **_unowned(owner)
    )
    opened.row.transfer = sealer.seal(handed, place=TRANSFER, row_id=case_id)
    await session.flush()
    return case_id


async def give_sealed_feedback(
    session: WriteSession,
    *,
    case_id: UUID,
    expected_version: int,
    allegation: int,
    text: str,
    keyring: Keyring,
    actor: Actor,
) -> UUID:
    """Answer one allegation; the reporter reads it by the code (FD-04). allegation: its position, from 1.

    Errors: those of ``open_sealed``, SEALED_WRONG_STATUS, SEALED_NO_SUCH_ALLEGATION, TEXT_*, Conflict SEALED_ANSWERED.
    """
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_HANDLE, expected_version=expected_version, actor=actor
    )
    answer = required_text(text, field="text", most=NOTE_LENGTH)
    check_step(SealedEventKind.FEEDBACK_GIVEN, opened.facts)
    check_answer(opened.facts, allegation)
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    row = (
        await session.scalars(
            select(SealedAllegation).where(
                SealedAllegation.tenant_id == actor.tenant_id,
                SealedAllegation.case_id == case_id,
                SealedAllegation.position == allegation,
            )
        )
    ).one()
    row.feedback = sealer.seal(answer, place=FEEDBACK, row_id=row.id)
    row.feedback_at = now()
    kind = SealedEventKind.FEEDBACK_GIVEN
    await change(session, opened, kind, sealer=sealer, actor=actor, allegation=allegation)
    return case_id


async def close_sealed(
    session: WriteSession, *, case_id: UUID, expected_version: int, keyring: Keyring, actor: Actor
) -> UUID:
    """Close a matter each of whose allegations has its feedback.

    Errors: those of ``open_sealed``, SEALED_WRONG_STATUS, SEALED_NOT_ANSWERED.
    """
    opened = await open_sealed(
        session, case_id, permission=Permission.SEALED_HANDLE, expected_version=expected_version, actor=actor
    )
    check_step(SealedEventKind.CLOSED, opened.facts)
    check_closing(opened.facts)
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    await change(session, opened, SealedEventKind.CLOSED, sealer=sealer, actor=actor)
    return case_id


def _unowned(owner: Organization | None) -> dict[str, None]:
    """A body outside leaves the copy without an owner of the city."""
    return {"owner_id": None} if owner is None else {}
