"""A sealed report: by a resident, a member, or anybody with no name (T26, FD-02, P-03).

Whoever reports is told a code and follows the matter by it alone. Of somebody known the identity is kept encrypted, and
neither the rows nor any log name them otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.cases.service.texts import KEY_LENGTH, optional_text, required_text
from server.errors import Conflict, NotFound, RuleViolation
from server.events.record import next_number
from server.grids.models import Grid
from server.intake.rules import read_code
from server.intake.service.tracking import derived_code, digest_of, new_code
from server.members.models import Member
from server.organizations.models import Organization
from server.residents.models import Resident
from server.sealed.models import SealedAllegation, SealedCase
from server.sealed.replay import SealedEventFacts, apply
from server.sealed.rules import ALLEGATION_LENGTH, SealedEventKind, SealedSatisfaction, check_allegations
from server.sealed.service.changes import event_row
from server.sealed.service.ciphers import REPORTER, SAID, SUBJECT, Sealer, sealer_of
from server.sealed.service.routing import owner_above
from server.texts import optional_line
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.manifest.model import Manifest
from tenants.sessions import WriteSession

NUMBERS = "sealed_case"
"""The counter of their numbers; the city's event log has no part in it."""


@dataclass(frozen=True, slots=True)
class SealedReport:
    """What is reported. organization_id or grid_code says whom it is about: an organization, or that of a grid.

    subject: the person complained of, in a line, None for nobody named. allegations: each for itself.
    """

    allegations: tuple[str, ...]
    organization_id: UUID | None = None
    grid_code: str | None = None
    subject: str | None = None


async def report_sealed(
    session: WriteSession,
    *,
    report: SealedReport,
    idempotency_key: str | None,
    manifest: Manifest,
    keyring: Keyring,
    actor: Actor,
) -> str:
    """Begin a matter; its tracking code. A signed-in reporter's retry under one key gets the first code again.

    actor: anonymous for a report with no name. Errors: NotFound for the organization or grid, SEALED_ABOUT,
    SEALED_ALLEGATIONS, TEXT_*, Conflict IDEMPOTENCY_KEY_REUSED, those of ``owner_above``.
    """
    about = await _about(session, report, actor.tenant_id)
    check_allegations(len(report.allegations))
    said = [required_text(text, field="allegations", most=ALLEGATION_LENGTH) for text in report.allegations]
    subject = optional_line(report.subject, field="subject")
    owner = await owner_above(session, about, manifest=manifest)
    key = optional_text(idempotency_key, field="idempotencyKey", most=KEY_LENGTH)
    case_id = uuid7()
    known = actor.account_id is not None
    code = derived_code(manifest.slug, case_id, keyring=keyring) if known else new_code(manifest.slug)
    once = digest = None
    if key is not None and actor.account_id is not None:
        once = keyring.fingerprint("sealed-once", actor.account_id.bytes + key.encode())
        digest = keyring.fingerprint("sealed-content", orjson.dumps([str(about.id), subject, said]))
    sealer = await sealer_of(session, keyring, actor.tenant_id)
    values = {
        "number": 0,
        "about_id": about.id,
        "about_path": about.path,
        "owner_id": owner.id if owner else None,
        "owner_path": owner.path if owner else None,
        "subject": sealer.seal(subject, place=SUBJECT, row_id=case_id),
        "reporter": sealer.seal(await _identity(session, actor), place=REPORTER, row_id=case_id),
        "allegations": len(said),
        "code": digest_of(read_code(code), keyring),
        "once": once,
        "digest": digest,
    }
    twin = await _insert(session, case_id, values, actor.tenant_id)
    if twin is not None:
        return derived_code(manifest.slug, twin, keyring=keyring)
    await _begin(session, case_id, said, owner, sealer)
    return code


async def _about(session: WriteSession, report: SealedReport, tenant_id: UUID) -> Organization:
    if (report.organization_id is None) == (report.grid_code is None):
        raise RuleViolation(
            "Name the organization or a grid of it, and not both.", code="SEALED_ABOUT", field=("organizationId",)
        )
    wanted = Organization.id == report.organization_id
    if report.grid_code is not None:
        of_grid = select(Grid.organization_id).where(Grid.tenant_id == tenant_id, Grid.code == report.grid_code)
        wanted = Organization.id == of_grid.scalar_subquery()
    found = await session.scalar(select(Organization).where(Organization.tenant_id == tenant_id, wanted))
    if found is None:
        raise NotFound("No such organization.", field=("organizationId" if report.grid_code is None else "gridCode",))
    return found


async def _identity(session: WriteSession, actor: Actor) -> dict[str, str | None] | None:
    """Who reports, as it is encrypted; None for nobody known."""
    person: type[Resident | Member]
    if actor.resident_id is not None:
        person, person_id, kind = Resident, actor.resident_id, "RESIDENT"
    elif actor.member_id is not None:
        person, person_id, kind = Member, actor.member_id, "MEMBER"
    else:
        return None if actor.account_id is None else {"kind": "ACCOUNT", "id": None, "name": actor.username}
    name = await session.scalar(
        select(person.name).where(person.tenant_id == actor.tenant_id, person.id == person_id),
    )
    return {"kind": kind, "id": str(person_id), "name": name}


async def _insert(session: WriteSession, case_id: UUID, values: dict[str, object], tenant_id: UUID) -> UUID | None:
    """Write the matter's row; the id of its twin instead, when the same reporter sent it before under the key."""
    number = await next_number(session, tenant_id, NUMBERS)
    statement = insert(SealedCase).values(
        tenant_id=tenant_id,
        id=case_id,
        status=SealedEventKind.RECEIVED.value,
        version=1,
        answered=0,
        satisfaction=SealedSatisfaction.NOT_RATED.value,
        received_at=now(),
        **{**values, "number": number},
    )
    fresh = await session.scalar(
        statement.on_conflict_do_nothing(index_elements=[SealedCase.tenant_id, SealedCase.once]).returning(
            SealedCase.id
        )
    )
    if fresh is not None:
        return None
    await next_number(session, tenant_id, NUMBERS, count=-1)
    twin = (
        await session.execute(
            select(SealedCase.id, SealedCase.digest).where(
                SealedCase.tenant_id == tenant_id, SealedCase.once == values["once"]
            )
        )
    ).one()
    if twin.digest != values["digest"]:
        raise Conflict(
            "This idempotency key was used for another report. Use a new key for a new report.",
            code="IDEMPOTENCY_KEY_REUSED",
            field=("idempotencyKey",),
        )
    found: UUID = twin.id
    return found


async def _begin(
    session: WriteSession, case_id: UUID, said: list[str], owner: Organization | None, sealer: Sealer
) -> None:
    """What hangs on a new matter: its allegations, and the first step of its log, of which nobody is the actor."""
    for position, text in enumerate(said, start=1):
        allegation_id = uuid7()
        session.add(
            SealedAllegation(
                tenant_id=sealer.tenant_id,
                id=allegation_id,
                case_id=case_id,
                position=position,
                said=sealer.seal(text, place=SAID, row_id=allegation_id),
            )
        )
    owner_id = owner.id if owner else None
    event = SealedEventFacts(SealedEventKind.RECEIVED, 1, owner_id=owner_id, allegations=len(said))
    session.add(event_row(case_id, event, apply(None, event), at=now(), sealer=sealer, note=None, actor=None))
    await session.flush()
