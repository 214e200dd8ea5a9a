"""The root of a city's tree, founded with its manifest."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.organizations.models import Organization
from server.organizations.rules import path_of
from server.search.writing import change_terms
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.sessions import WriteSession


async def provision_root(session: WriteSession, manifest: Manifest, *, tenant_id: UUID) -> UUID:
    """The id of the root: founded at the highest level, of the kind that leads it, under the tenant's slug as code.

    A root that stands keeps its level and path (organizations do not move) and takes the city's present name.
    """
    name = manifest.identity.name
    root = await session.scalar(
        select(Organization).where(
            Organization.tenant_id == tenant_id,
            Organization.path == path_of("", manifest.slug),
        ),
    )
    if root is None:
        top = manifest.levels[0]
        root = Organization(
            tenant_id=tenant_id,
            id=uuid7(),
            code=manifest.slug,
            level=top.code,
            kind=top.kinds[0],
            rank=top.rank,
            path=path_of("", manifest.slug),
            name="",
        )
        session.add(root)
    known_as, root.name = root.name, name.zh_cn
    root.labels = name.model_dump(mode="json")
    await session.flush()
    await change_terms(
        session, "organization", root.id, tenant_id=tenant_id, before={"name": known_as}, after={"name": root.name}
    )
    return root.id
