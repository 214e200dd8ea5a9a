"""Which cities there are, and each one's manifest in force.

Both are small and read on every request, so they are kept in memory: the list of tenants for a second, a parsed
manifest and a city's client applications for as long as the version stands. While requests come, the list is read anew
each half second beside them, so that none of them waits for it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import SQLColumnExpression, select

from tenants.clients import Client
from tenants.errors import NotFound
from tenants.manifest.faults import parse
from tenants.manifest.model import Manifest
from tenants.manifest.structure import Identity
from tenants.models import Tenant, TenantManifest
from tenants.readings import AHEAD_SECONDS, FRESH_SECONDS, Readings
from tenants.sessions import Database
from tenants.standing import admits, is_public

_ORIGINS_FRESH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """A city as the registry knows it."""

    id: UUID
    slug: str
    kind: str
    status: str
    time_zone: str
    manifest_version: int
    policy_version: int


class Registry:
    """Reads of the global tenant table with a second of memory."""

    def __init__(self, database: Database, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._ticks = ticks
        self._readings: Readings[None] = Readings()
        self._forgotten = 0
        self._tenants: dict[UUID, TenantInfo] = {}
        self._loaded_at = float("-inf")
        self._manifests: dict[UUID, tuple[int, Manifest]] = {}
        self._clients: dict[UUID, tuple[int, tuple[Client, ...]]] = {}
        self._totp_roles: dict[UUID, tuple[int, frozenset[str]]] = {}
        self._identities: dict[UUID, tuple[int, Identity | None]] = {}
        self._origins: frozenset[str] = frozenset()
        self._origins_at = float("-inf")
        self._origins_asked = asyncio.Lock()

    async def all(self) -> tuple[TenantInfo, ...]:
        """Every tenant, the platform's own included, ordered by slug."""
        await self._refresh()
        return tuple(sorted(self._tenants.values(), key=lambda tenant: tenant.slug))

    async def by_id(self, tenant_id: UUID) -> TenantInfo:
        """The tenant of an id; NotFound when there is none."""
        await self._refresh()
        tenant = self._tenants.get(tenant_id)
        if tenant is None:
            raise NotFound("No such city.")
        return tenant

    async def by_slug(self, slug: str) -> TenantInfo:
        """The tenant of a slug; NotFound when there is none."""
        tenant = await self._find(slug)
        if tenant is None:
            raise NotFound("No such city.")
        return tenant

    async def in_service(self, slug: str) -> TenantInfo | None:
        """The tenant of a slug that serves strangers; None otherwise, whyever, which they are not told apart."""
        found = await self._find(slug)
        return found if found is not None and is_public(found.status) else None

    async def admitting(self, slug: str) -> TenantInfo | None:
        """The tenant of a slug whose staff may sign in, before it is open to the public, too; None otherwise."""
        found = await self._find(slug)
        return found if found is not None and admits(found.status) else None

    async def admits(self, tenant_id: UUID) -> bool:
        """Whether credentials of a tenant are good; not those of no tenant."""
        await self._refresh()
        found = self._tenants.get(tenant_id)
        return found is not None and admits(found.status)

    async def manifest(self, tenant_id: UUID) -> Manifest:
        """The manifest in force; NotFound for a tenant without one."""
        version = (await self.by_id(tenant_id)).manifest_version
        kept = self._manifests.get(tenant_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        document = await self._in_force(tenant_id, version, TenantManifest.document)
        if document is None:
            raise NotFound("The city has no manifest yet.")
        manifest = parse(document)
        self._manifests[tenant_id] = (version, manifest)
        return manifest

    async def clients(self, tenant_id: UUID) -> tuple[Client, ...]:
        """The client applications a tenant has registered, in its order; NotFound for no tenant.

        Reads the manifest's one section: for all cities at once, parsing whole manifests would hold the process up.
        """
        version = (await self.by_id(tenant_id)).manifest_version
        kept = self._clients.get(tenant_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        listed = await self._in_force(tenant_id, version, TenantManifest.document["clients"])
        clients = tuple(_client(entry) for entry in listed or ())
        self._clients[tenant_id] = (version, clients)
        return clients

    async def totp_roles(self, tenant_id: UUID) -> frozenset[str]:
        """The roles that a tenant's manifest demands an authenticator for; none for a tenant without a manifest."""
        version = (await self.by_id(tenant_id)).manifest_version
        kept = self._totp_roles.get(tenant_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        listed = await self._in_force(tenant_id, version, TenantManifest.document["identity"]["totp_required_roles"])
        roles = frozenset(listed or ())
        self._totp_roles[tenant_id] = (version, roles)
        return roles

    async def identity(self, tenant_id: UUID) -> Identity | None:
        """Who a tenant is and how its staff sign in; None for one without a manifest. NotFound for no tenant."""
        version = (await self.by_id(tenant_id)).manifest_version
        kept = self._identities.get(tenant_id)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = await self._in_force(tenant_id, version, TenantManifest.document["identity"])
        identity = None if found is None else Identity.model_validate_json(json.dumps(found))
        self._identities[tenant_id] = (version, identity)
        return identity

    async def origins(self) -> frozenset[str]:
        """Every web origin (RFC 6454) that a tenant which lets anybody in has registered; up to ten seconds old.

        A browser's preflight names no city, so the answer to it can only be about all of them.
        """
        if time.monotonic() - self._origins_at < _ORIGINS_FRESH_SECONDS:
            return self._origins
        async with self._origins_asked:
            if time.monotonic() - self._origins_at < _ORIGINS_FRESH_SECONDS:
                return self._origins
            admitting = [tenant for tenant in await self.all() if admits(tenant.status)]
            listed = [await self.clients(tenant.id) for tenant in admitting]
            self._origins = frozenset(origin for clients in listed for client in clients for origin in client.origins)
            self._origins_at = time.monotonic()
        return self._origins

    async def _find(self, slug: str) -> TenantInfo | None:
        return next((tenant for tenant in await self.all() if tenant.slug == slug), None)

    async def _in_force(self, tenant_id: UUID, version: int, part: SQLColumnExpression[Any]) -> Any:
        async with self._database.lookup(tenant_id) as session:
            return await session.scalar(
                select(part).where(TenantManifest.tenant_id == tenant_id, TenantManifest.version == version),
            )

    def forget(self) -> None:
        """Read the tenant table again at the next question (after a change in this process)."""
        self._forgotten += 1
        self._loaded_at = self._origins_at = float("-inf")

    async def close(self) -> None:
        """Wait for what is being read beside the requests."""
        await self._readings.close()

    async def _refresh(self) -> None:
        while (age := self._ticks() - self._loaded_at) >= FRESH_SECONDS:
            await self._readings.wait(self._forgotten, self._load)
        if age >= AHEAD_SECONDS:
            self._readings.start(self._forgotten, self._load)

    async def _load(self) -> None:
        forgotten = self._forgotten
        async with self._database.lookup() as session:
            rows = (await session.scalars(select(Tenant))).all()
        if forgotten != self._forgotten:  # a change in this process may have come too late for our query
            return
        self._tenants = {
            row.id: TenantInfo(
                id=row.id,
                slug=row.slug,
                kind=row.kind,
                status=row.status,
                time_zone=row.time_zone,
                manifest_version=row.manifest_version,
                policy_version=row.policy_version,
            )
            for row in rows
        }
        self._loaded_at = self._ticks()


def _client(entry: Mapping[str, Any]) -> Client:
    return Client(
        code=entry["code"],
        plan=entry["plan"],
        documents=entry["documents"],
        origins=tuple(entry["origins"]),
    )
