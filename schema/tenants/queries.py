"""Root reads of cities."""

from __future__ import annotations

import strawberry

from schema.context import CivicInfo
from schema.planner.prices import listed
from schema.tenants.types import ListedTenant, Tenant
from tenants.authz import authorize
from tenants.permissions import Permission
from tenants.platform import list_cities

MOST_TENANTS = 3_000


async def _tenant(info: CivicInfo) -> Tenant:
    """The city of the credential."""
    actor = info.context.require_actor()
    registry = info.context.services.registry
    version = (await registry.by_id(actor.tenant_id)).manifest_version
    return Tenant.of(actor.tenant_id, version, await registry.manifest(actor.tenant_id))


async def _tenants(info: CivicInfo) -> list[ListedTenant]:
    """The operator's list. Errors: NotPermitted without tenant:read, which no city can hand out."""
    authorize(info.context.require_actor(), Permission.TENANT_READ)
    cities = await list_cities(info.context.services.database)
    return [ListedTenant.of(city) for city in cities[:MOST_TENANTS]]


@strawberry.type
class TenantQueries:
    """Reads of configuration."""

    tenant: Tenant = strawberry.field(
        resolver=_tenant,
        description="The caller's city: its levels, chains, roles, categories and labels.",
    )
    tenants: list[ListedTenant] = strawberry.field(
        resolver=_tenants,
        description="Every tenant of the platform by slug, up to 3,000; for the platform's operators only.",
        metadata=listed(MOST_TENANTS),
    )
