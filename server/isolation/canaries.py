"""Two canary cities, alike but for their names, with people of every role: what the walk is made between.

They stay when the walk is over, by these names: audit trails are append-only, and the next walk finds them ready. They
are cities like others, so whoever reads the list of tenants sees them; nobody lives there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import select

from server.access.service.support import request_support_access, visiting
from server.accounts import passwords
from server.accounts.models import Account, SupportAccess
from server.accounts.service.opening import create_account
from server.cases.service.recomputing import ask_for_run
from server.demo import loader
from server.demo.accounts import password_of
from server.demo.plans import CityPlan, District
from server.members.service.appointments import appoint_member
from server.members.service.people import create_member
from server.onboarding.service import apply_tenant, console_actor
from server.organizations.models import Organization
from tenants.context import system_actor
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.registry import Registry, TenantInfo
from tenants.sessions import Database

MINE, THEIRS = "canary-a", "canary-b"
SLUGS = (MINE, THEIRS)
_NAME = "isolation canary"
_PATTERN = "jiamusi"
# What the loader gives no account to, and at which level it is appointed: None for the whole city.
_FURTHER = {"discipline_lead": None, "discipline_office": "city", "discipline_zone": "subdistrict"}
_PLAN = CityPlan(
    seed=0,
    districts=(District("前进区", subdistricts=2, communities=3, grids={"URBAN": 3, "RURAL": 2, "DEDICATED": 1}),),
    extra_grid_workers=4,
    posted_members=6,
    residents=24,
    volunteers=8,
    activities=6,
    health_checks=4,
    cases=48,
    concluded=24,
    dropped=6,
    escalating=2,
    problems=4,
)
_HEALTH_CHECKS = {
    "effective_from": "2020-01-01",
    "rules": [{"sex": "MALE", "min_age": 60, "max_age": 64}, {"sex": "FEMALE", "min_age": 55, "max_age": 64}],
    "interval_months": 24,
    "interval_from": "LAST_CHECK",
}


async def settle(operator: Database, database: Database, secret: str) -> tuple[TenantInfo, TenantInfo]:
    """Bring both cities on board with people and cases; what is there stays. The platform's own tenant must be there.

    operator, database: of these two roles. Errors: as ``apply_tenant`` and ``loader.load_cities`` tell.
    """
    for slug in SLUGS:
        await apply_tenant(operator, _document(slug), actor=console_actor(_NAME))
    # Of one seed both would have things of the same ids, which would stand for each other.
    plans = {slug: replace(_PLAN, seed=number) for number, slug in enumerate(SLUGS, start=7)}
    await loader.load_cities(database, secret, plans, lambda _line: None)
    registry = Registry(database)
    mine, theirs = [await registry.by_slug(slug) for slug in SLUGS]
    password_hash = await passwords.hash_password(password_of(secret))
    for tenant in (mine, theirs):
        for role, level in _FURTHER.items():
            await _appoint(database, registry, tenant, role, level, password_hash)
        await _ask(database, tenant)
    return mine, theirs


async def _ask(database: Database, tenant: TenantInfo) -> None:
    """What nobody of a city can bring about: an operator's request for leave, and deadlines to be computed anew."""
    operator = replace(console_actor("isolation"), account_id=uuid7())
    async with database.write(tenant.id) as session:
        asked = select(SupportAccess.id).where(SupportAccess.tenant_id == tenant.id)
        if await session.scalar(asked.limit(1)) is not None:
            return
        visitor = visiting(operator, tenant.id)
        await request_support_access(
            session, reason="To be asked for in vain", hours=1, permissions=(), operator=operator, visitor=visitor
        )
        await ask_for_run(session, tenant_id=tenant.id, manifest_version=tenant.manifest_version)


def _document(slug: str) -> str:
    document: dict[str, Any] = yaml.safe_load(shipped.text(_PATTERN))
    name = f"Isolation {slug}"
    document["identity"] = {**document["identity"], "slug": slug, "name": {"zh-CN": name, "en": name}}
    document["health_check_policies"] = [_HEALTH_CHECKS]
    document["channels"] = [{"code": "hotline", "kind": "HOTLINE", "name": {"zh-CN": "热线", "en": "Hotline"}}]
    return yaml.safe_dump(document, allow_unicode=True)


async def _appoint(
    database: Database, registry: Registry, tenant: TenantInfo, role: str, level: str | None, password_hash: str
) -> None:
    """A member of a role, at the first organization of a level, with an account of the role's name."""
    actor = system_actor(tenant.id, name=_NAME)
    manifest = await registry.manifest(tenant.id)
    async with database.write(tenant.id) as session:
        known = select(Account.id).where(Account.tenant_id == tenant.id, Account.username == role)
        if await session.scalar(known) is not None:
            return
        places = select(Organization).where(
            Organization.tenant_id == tenant.id, Organization.level == (level or "city")
        )
        home = (await session.scalars(places.order_by(Organization.path).limit(1))).one()
        member_id = await create_member(session, organization_id=home.id, name=f"Invented {role}", actor=actor)
        at: UUID | None = home.id if level else None
        await appoint_member(
            session, member_id=member_id, role=role, organization_id=at, manifest=manifest, actor=actor
        )
        await create_account(session, username=role, password_hash=password_hash, member_id=member_id, actor=actor)
