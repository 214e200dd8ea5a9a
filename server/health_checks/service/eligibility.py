"""Who is entitled to the free check, by the city's policy rows and the resident's last check (DY-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from server.health_checks import rules
from server.health_checks.models import HealthCheck, HealthCheckPolicyRow
from server.health_checks.rules import AgeRule, Eligibility, HealthCheckPolicy, IntervalStart, Sex
from server.health_checks.service.reading import find_resident, note_reading
from server.residents.models import Resident
from tenants.context import Actor
from tenants.sessions import WriteSession

PURPOSE = "ELIGIBILITY"


@dataclass(frozen=True, slots=True)
class Answer:
    """The rule's answer and the first day of the policy it rests on; None without a policy.

    last_check_on: the resident's latest check, None before the first.
    """

    eligibility: Eligibility
    policy_effective_from: date | None
    last_check_on: date | None


async def check_eligibility(session: WriteSession, *, resident_id: UUID, on: date, actor: Actor) -> Answer:
    """Whether the resident is entitled on a day, and if not, why and from when.

    An answer that rests on an earlier check tells of that check, so it is noted as a reading. Errors: NotFound,
    RuleViolation BIRTH_DATE_IN_FUTURE.
    """
    resident = await find_resident(session, resident_id, field="residentId", actor=actor)
    found = await answer(session, resident, on)
    if found.last_check_on is not None:
        await note_reading(session, resident_id=resident_id, rows=(), purpose=PURPOSE, actor=actor)
    return found


async def answer(session: WriteSession, resident: Resident, on: date) -> Answer:
    """The same for a resident who was found and may be asked about. Raises BIRTH_DATE_IN_FUTURE."""
    policy = rules.policy_on(await _policies(session, resident.tenant_id), on)
    last_check_on = await session.scalar(
        select(func.max(HealthCheck.checked_on)).where(
            HealthCheck.tenant_id == resident.tenant_id,
            HealthCheck.resident_id == resident.id,
        ),
    )
    found = rules.eligibility(policy, Sex(resident.sex), resident.birth_date, on, last_check_on)
    return Answer(found, None if policy is None else policy.effective_from, last_check_on)


async def _policies(session: WriteSession, tenant_id: UUID) -> list[HealthCheckPolicy]:
    rows = await session.scalars(
        select(HealthCheckPolicyRow)
        .where(HealthCheckPolicyRow.tenant_id == tenant_id)
        .order_by(HealthCheckPolicyRow.effective_from, HealthCheckPolicyRow.sex, HealthCheckPolicyRow.min_age),
    )
    versions: dict[date, list[HealthCheckPolicyRow]] = {}
    for row in rows:
        versions.setdefault(row.effective_from, []).append(row)
    return [
        HealthCheckPolicy(
            effective_from=effective_from,
            rules=tuple(AgeRule(Sex(row.sex), row.min_age, row.max_age) for row in groups),
            interval_months=groups[0].interval_months,
            interval_from=IntervalStart(groups[0].interval_from),
        )
        for effective_from, groups in versions.items()
    ]
