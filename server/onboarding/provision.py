"""What the tables of a city must hold once a manifest is in force: policy, root organization, case categories.

Each function writes the difference only, so that applying the same manifest again writes nothing.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, tuple_

from server.cases.models import CaseCategory
from server.organizations import provision as organizations
from tenants.ids import uuid7
from tenants.manifest.casework import CaseCategory as CategoryPart
from tenants.manifest.model import Manifest
from tenants.models import PolicyRule
from tenants.sessions import WriteSession


async def policy(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> bool:
    """Make the policy rows those of the manifest's roles; whether any changed."""
    wanted = {
        (role.slug, *permission.value.split(":", 1)) for role in manifest.roles for permission in role.permissions
    }
    line = (PolicyRule.role, PolicyRule.object, PolicyRule.action)
    rows = await session.execute(select(*line).where(PolicyRule.tenant_id == tenant_id))
    found = {(role, object_, action) for role, object_, action in rows}
    if gone := found - wanted:
        await session.execute(
            delete(PolicyRule).where(PolicyRule.tenant_id == tenant_id, tuple_(*line).in_(sorted(gone))),
        )
    session.add_all(
        PolicyRule(tenant_id=tenant_id, id=uuid7(), role=role, object=object_, action=action)
        for role, object_, action in sorted(wanted - found)
    )
    await session.flush()
    return found != wanted


async def root_organization(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> None:
    """Found the organization at the top of the tree, or give it the city's new name; nothing for a tenant without levels."""
    if manifest.levels:
        await organizations.provision_root(session, manifest, tenant_id=tenant_id)


async def case_categories(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> None:
    """Insert, update and retire: old cases keep a category that the manifest no longer lists."""
    rows = await session.scalars(select(CaseCategory).where(CaseCategory.tenant_id == tenant_id))
    found = {row.code: row for row in rows}
    for category in manifest.case_categories:
        row = found.pop(category.code, None)
        if row is None:
            row = CaseCategory(tenant_id=tenant_id, id=uuid7(), code=category.code)
            session.add(row)
        _fill(row, category)
    for row in found.values():
        row.retired = True
    await session.flush()


def _fill(row: CaseCategory, category: CategoryPart) -> None:
    row.parent_code = category.parent
    row.name = category.name.model_dump(mode="json")
    row.default_severity = category.default_severity.value
    row.containment = category.containment.value if category.containment else None
    row.retired = False
