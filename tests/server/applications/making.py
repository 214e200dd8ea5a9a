"""Applications with keys, made as an administrator makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from schema.context import Services
from server.applications.service import keys, registering
from server.applications.service.registering import Terms
from tenants.context import Actor, system_actor
from tenants.ids import public_id


@dataclass(frozen=True, slots=True)
class Made:
    """An application and its first key."""

    id: UUID
    key_id: UUID
    key: str

    @property
    def client_id(self) -> str:
        return public_id("application", self.id)


def terms(*scopes: str, **others: Any) -> Terms:
    return Terms(contact="Invented Desk, 0714-0000", purpose="Shows the board.", scopes=scopes, **others)


async def make(
    services: Services,
    tenant_id: UUID,
    *scopes: str,
    name: str = "Board",
    key_expires_at: datetime | None = None,
    **others: Any,
) -> Made:
    """An application with these scopes, in the whole city unless another place is named, and a key."""
    actor: Actor = system_actor(tenant_id, name="test")
    manifest = await services.registry.manifest(tenant_id)
    async with services.transactions.open(actor) as session:
        application_id = await registering.register_application(
            session, name=name, terms=terms(*scopes, **others), manifest=manifest, actor=actor
        )
    async with services.transactions.open(actor) as session:
        key = await keys.create_key(session, application_id=application_id, expires_at=key_expires_at, actor=actor)
    return Made(application_id, key.key_id, key.text)
