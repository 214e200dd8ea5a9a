"""Writing a health check down, with the resident's consent, encrypted (DY-14, DY-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from server.errors import RuleViolation
from server.events.record import record
from server.health_checks.models import HealthCheck, HealthRecord
from server.health_checks.rules import Eligibility, Reason
from server.health_checks.service import findings as contents
from server.health_checks.service.eligibility import answer
from server.health_checks.service.reading import find_resident
from server.residents.models import Resident
from server.texts import required_line
from tenants.authz import authorize
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Consent:
    """What the resident agreed to and on which day."""

    purpose: str
    given_on: date


async def record_health_check(
    session: WriteSession,
    *,
    resident_id: UUID,
    checked_on: date,
    findings: object,
    consent: Consent | None,
    today: date,
    keyring: Keyring,
    actor: Actor,
) -> UUID:
    """Write a check down; the first makes the resident's one record, the later ones join it. The check's id is returned.

    consent: needed with the first check. today: in the city's time zone. findings: as ``findings.encode`` takes them.
    Errors: NotFound, NotPermitted, RuleViolation CHECK_IN_FUTURE, CONSENT_MISSING, CONSENT_AFTER_CHECK,
    FINDINGS_INVALID, BIRTH_DATE_IN_FUTURE, and INELIGIBLE_ with the reason (``rules.Reason``).
    """
    resident = await find_resident(session, resident_id, field="residentId", actor=actor, lock=True)
    authorize(actor, Permission.HEALTH_CHECK_RECORD, path=resident.path, grid_id=resident.grid_id)
    if checked_on > today:
        raise RuleViolation("A check is written down once it was made.", code="CHECK_IN_FUTURE", field=("checkedOn",))
    plain = contents.encode(findings)
    record_id = await _record(session, resident, checked_on, consent)
    _require_eligible((await answer(session, resident, checked_on)).eligibility)
    check_id = uuid7()
    sealed, key_version = await contents.seal_one(
        session,
        keyring,
        plain,
        tenant_id=actor.tenant_id,
        check_id=check_id,
    )
    session.add(
        HealthCheck(
            tenant_id=actor.tenant_id,
            id=check_id,
            record_id=record_id,
            resident_id=resident_id,
            checked_on=checked_on,
            findings=sealed,
            key_version=key_version,
        ),
    )
    await session.flush()
    await record(
        session,
        type="HealthCheckRecorded",
        subject_type="health_check",
        subject_id=check_id,
        action=Permission.HEALTH_CHECK_RECORD.value,
        actor=actor,
        detail={"record": str(record_id)},
    )
    return check_id


async def _record(session: WriteSession, resident: Resident, checked_on: date, consent: Consent | None) -> UUID:
    """The resident's record; made now, with the consent, when this is the first check."""
    found = await session.scalar(
        select(HealthRecord.id).where(
            HealthRecord.tenant_id == resident.tenant_id,
            HealthRecord.resident_id == resident.id,
        ),
    )
    if found is not None:
        return found
    if consent is None:
        raise RuleViolation(
            "Ask the resident for consent first, and give its purpose and day.",
            code="CONSENT_MISSING",
            field=("consent",),
        )
    if consent.given_on > checked_on:
        raise RuleViolation(
            "Consent is given before the check.",
            code="CONSENT_AFTER_CHECK",
            field=("consent", "givenOn"),
        )
    made = HealthRecord(
        tenant_id=resident.tenant_id,
        id=uuid7(),
        resident_id=resident.id,
        consent_purpose=required_line(consent.purpose, field="purpose"),
        consented_on=consent.given_on,
    )
    session.add(made)
    await session.flush()
    return made.id


def _require_eligible(found: Eligibility) -> None:
    if not found.eligible:
        raise ineligible(found.reason)


def ineligible(reason: Reason) -> RuleViolation:
    """The refusal for a reason: its code is part of the public contract, its text is the reason's own."""
    field = ("residentId",)
    match reason:
        case Reason.NO_POLICY:
            return RuleViolation("The city has no free check on this day.", code="INELIGIBLE_NO_POLICY", field=field)
        case Reason.TOO_YOUNG:
            return RuleViolation("Below the age of the policy.", code="INELIGIBLE_TOO_YOUNG", field=field)
        case Reason.TOO_OLD:
            return RuleViolation("Above the age of the policy.", code="INELIGIBLE_TOO_OLD", field=field)
        case Reason.CHECKED_RECENTLY:
            return RuleViolation("The last check was too recent.", code="INELIGIBLE_CHECKED_RECENTLY", field=field)
        case _:
            return RuleViolation(
                "The policy does not cover this age and sex.",
                code="INELIGIBLE_NOT_COVERED",
                field=field,
            )
