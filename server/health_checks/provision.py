"""The policy rows of a city, written when its manifest is put in force."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from server.errors import RuleViolation
from server.health_checks.models import HealthCheckPolicyRow
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.manifest.people import HealthCheckPolicy, HealthCheckRule
from tenants.sessions import WriteSession


async def provision(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> None:
    """Make the policy rows those of the manifest: insert, update and delete the difference (DY-14).

    Raises HEALTH_CHECK_GROUPS when a policy has two groups of one sex, which a row per day and sex cannot hold.
    """
    wanted = _wanted(manifest)
    rows = await session.scalars(select(HealthCheckPolicyRow).where(HealthCheckPolicyRow.tenant_id == tenant_id))
    found = {(row.effective_from, row.sex): row for row in rows}
    for key in found.keys() - wanted.keys():
        await session.delete(found[key])
    for key, (policy, rule) in wanted.items():
        row = found.get(key)
        if row is None:
            row = HealthCheckPolicyRow(tenant_id=tenant_id, id=uuid7(), effective_from=key[0], sex=key[1])
            session.add(row)
        row.min_age = rule.min_age
        row.max_age = rule.max_age
        row.interval_months = policy.interval_months
        row.interval_from = policy.interval_from.value
    await session.flush()


def _wanted(manifest: Manifest) -> dict[tuple[date, str], tuple[HealthCheckPolicy, HealthCheckRule]]:
    wanted: dict[tuple[date, str], tuple[HealthCheckPolicy, HealthCheckRule]] = {}
    for policy in manifest.health_check_policies:
        for rule in policy.rules:
            key = (policy.effective_from, rule.sex.value)
            if key in wanted:
                raise RuleViolation(
                    "The health check policy from {day} has two groups of one sex.",
                    code="HEALTH_CHECK_GROUPS",
                    field=("document", "health_check_policies"),
                    day=policy.effective_from.isoformat(),
                )
            wanted[key] = (policy, rule)
    return wanted
