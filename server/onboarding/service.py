"""Use cases of the operator: see what a manifest would change, and make it a city's configuration.

The two are the same work; planning stops before it writes. Everything happens in one transaction of the operator's
database role, in one city, with the tenant's row locked: of two that apply at once, the second plans anew against what
the first committed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from server.cases.service.clockwork import timing_of
from server.cases.service.policy import policy_of
from server.cases.service.recomputing import Preview, ask_for_run, preview
from server.errors import Invalid
from server.events.record import record
from server.health_checks.provision import provision as provision_health_checks
from server.onboarding import provision
from server.onboarding.usage import removal_warnings
from server.onboarding.warnings import manifest_warnings
from server.settings import Settings, require
from server.volunteers.provision import provision as provision_volunteers
from tenants import platform
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor, system_actor
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.manifest.diff import Change, ChangeAction, plan
from tenants.manifest.faults import Fault, ManifestInvalid, parse
from tenants.manifest.model import Manifest
from tenants.manifest.words import TenantKind
from tenants.models import Tenant, TenantManifest
from tenants.permissions import Permission
from tenants.sessions import Database, WriteSession

SHIPPED = "shipped with the platform"
_NO_TENANT = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do to the tenant of this slug; no changes when the manifest is in force already.

    deadlines: what becomes of the open ones; None when the changes do not touch them.
    """

    slug: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    deadlines: Preview | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done; version: of the manifest now in force, the same as before when there were no changes."""

    tenant_id: UUID
    slug: str
    version: int
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


def console_actor(name: str) -> Actor:
    """Whoever has the operator's database login at hand: the command line, the loader. ``name`` stands in the audit."""
    return system_actor(_NO_TENANT, name=name)


async def plan_tenant(operator: Database, document: str, *, actor: Actor, slug: str | None = None) -> Plan:
    """What applying the document (YAML or JSON text) would change and what deserves a second look; changes nothing.

    slug: the tenant it is meant for. Errors: NotPermitted, ManifestInvalid with every fault, Invalid TENANT_SLUG_FIXED.
    """
    authorize(actor, Permission.TENANT_PLAN)
    manifest = _read(document, slug)
    tenant = next((city for city in await platform.list_cities(operator) if city.slug == manifest.slug), None)
    if tenant is None:
        return Plan(manifest.slug, plan(None, manifest), manifest_warnings(manifest, _today(manifest)))
    async with operator.write(tenant.id) as session:
        old = await _in_force(session, tenant.id, tenant.manifest_version)
        changes = plan(old, manifest)
        warnings = await _warnings(session, manifest, changes, tenant.id)
        deadlines = None
        if _moves_deadlines(old, manifest):
            deadlines = await preview(session, tenant_id=tenant.id, policy=policy_of(manifest))
    return Plan(manifest.slug, changes, warnings, deadlines)


async def apply_tenant(
    operator: Database, document: str, *, actor: Actor, slug: str | None = None, open_cases_follow: bool = False
) -> Applied:
    """Make the document the configuration of its tenant, in one transaction; a second time it writes nothing.

    open_cases_follow: have the worker give every case that has not ended the template of its track as it is now.
    Errors as for ``plan_tenant``; then nothing was changed.
    """
    authorize(actor, Permission.TENANT_APPLY)
    manifest = _read(document, slug)
    async with platform.entered(operator, manifest) as (session, tenant):
        old = await _in_force(session, tenant.id, tenant.manifest_version)
        changes = plan(old, manifest)
        warnings = await _warnings(session, manifest, changes, tenant.id)
        if changes:
            await _put_in_force(session, tenant, manifest, actor)
        if open_cases_follow or (changes and _moves_deadlines(old, manifest)):
            await ask_for_run(
                session, tenant_id=tenant.id, manifest_version=tenant.manifest_version, renews=open_cases_follow
            )
        if changes:
            await _record(session, tenant, changes, actor)
        return Applied(tenant.id, tenant.slug, tenant.manifest_version, changes, warnings)


async def onboard_shipped(settings: Settings, progress: Callable[[str], None]) -> None:
    """Bring the platform's own tenant and the shipped cities on board; quick when they are.

    A city whose operator has applied a manifest of its own since is left as it is.
    """
    url = require(
        settings.operator_database_url, "CIVICGRID_OPERATOR_DATABASE_URL", "cities are brought on board with it"
    )
    operator = await Database.connect(url, read_pool_size=1, write_pool_size=1)
    try:
        own = {city.slug: city for city in await platform.list_cities(operator)}
        for slug in (shipped.PLATFORM, *shipped.CITIES):
            progress(slug)
            if slug in own and not await _is_shipped(operator, own[slug].id, own[slug].manifest_version):
                continue
            await apply_tenant(operator, shipped.text(slug), actor=console_actor(SHIPPED), slug=slug)
    finally:
        await operator.close()


def _read(document: str, slug: str | None) -> Manifest:
    manifest = parse(document)
    # Ties the kind to the slug, so neither can ever change; a second PLATFORM tenant could rule every city.
    if (manifest.identity.kind is TenantKind.PLATFORM) != (manifest.slug == shipped.PLATFORM):
        message = f"only the platform's own tenant {shipped.PLATFORM!r} is of the kind PLATFORM, and it always is"
        raise ManifestInvalid([Fault("/identity/kind", message)])
    if slug is not None and slug != manifest.slug:
        raise Invalid(
            "The slug of a tenant never changes: the manifest is for {given}, not for {slug}.",
            code="TENANT_SLUG_FIXED",
            field=("document", "identity", "slug"),
            given=manifest.slug,
            slug=slug,
        )
    return manifest


async def _in_force(session: WriteSession, tenant_id: UUID, version: int) -> Manifest | None:
    document = await session.scalar(
        select(TenantManifest.document).where(
            TenantManifest.tenant_id == tenant_id,
            TenantManifest.version == version,
        ),
    )
    return parse(document) if document is not None else None


def _moves_deadlines(old: Manifest | None, new: Manifest) -> bool:
    """Whether any open deadline could be another one, or be followed by other steps."""
    return old is not None and timing_of(old) != timing_of(new)


async def _warnings(
    session: WriteSession,
    manifest: Manifest,
    changes: tuple[Change, ...],
    tenant_id: UUID,
) -> tuple[str, ...]:
    today = _today(manifest)
    removed = await removal_warnings(session, changes, tenant_id=tenant_id, today=today)
    return (*manifest_warnings(manifest, today), *removed)


async def _put_in_force(session: WriteSession, tenant: Tenant, manifest: Manifest, actor: Actor) -> None:
    tenant.manifest_version += 1
    tenant.name = manifest.identity.name.model_dump(mode="json")
    tenant.time_zone = manifest.time_zone
    document = manifest.document()
    session.add(
        TenantManifest(
            tenant_id=tenant.id,
            id=uuid7(),
            version=tenant.manifest_version,
            document=document,
            digest=digest(manifest),
            applied_at=now(),
            applied_by=actor.username or actor.kind.value,
        ),
    )
    if await provision.policy(session, manifest, tenant_id=tenant.id):
        tenant.policy_version += 1
    await provision.root_organization(session, manifest, tenant_id=tenant.id)
    await provision.case_categories(session, manifest, tenant_id=tenant.id)
    await provision_health_checks(session, manifest, tenant_id=tenant.id)
    await provision_volunteers(session, manifest, tenant_id=tenant.id)
    await session.flush()


async def _record(session: WriteSession, tenant: Tenant, changes: tuple[Change, ...], actor: Actor) -> None:
    counts = {action.value: sum(change.action is action for change in changes) for action in ChangeAction}
    await record(
        session,
        type="TenantApplied",
        subject_type="Tenant",
        subject_id=tenant.id,
        action=Permission.TENANT_APPLY.value,
        # The log is the city's own, so the operator stands in it as a guest.
        actor=replace(actor, tenant_id=tenant.id),
        detail={"version": tenant.manifest_version, "changes": counts},
    )


async def _is_shipped(operator: Database, tenant_id: UUID, version: int) -> bool:
    """Whether nobody but ``onboard_shipped`` has put the manifest in force there, or there is none yet."""
    async with operator.write(tenant_id) as session:
        applied_by = await session.scalar(
            select(TenantManifest.applied_by).where(
                TenantManifest.tenant_id == tenant_id,
                TenantManifest.version == version,
            ),
        )
    return applied_by in {None, SHIPPED}


def digest(manifest: Manifest) -> str:
    """SHA-256 of the manifest as canonical JSON (sorted keys, no spaces), in hexadecimal."""
    canonical = json.dumps(manifest.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _today(manifest: Manifest) -> date:
    return now().astimezone(ZoneInfo(manifest.time_zone)).date()
