"""Use cases of the organization tree."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, NotFound
from server.events.record import record
from server.organizations.models import Organization
from server.organizations.rules import LevelRule, TreeRules, check_placement, path_of
from server.search.writing import make_searchable
from server.texts import required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


def tree_rules(manifest: Manifest) -> TreeRules:
    """The manifest's levels and chains as the rules take them."""
    return TreeRules(
        levels={
            level.code: LevelRule(level.code, level.rank, frozenset(level.kinds), level.grids)
            for level in manifest.levels
        },
        chains=tuple(chain.levels for chain in manifest.chains),
    )


async def find_organization(session: WriteSession, organization_id: UUID, *, field: str, actor: Actor) -> Organization:
    """An organization of the actor's city that the actor may see; NotFound otherwise."""
    row = await session.scalar(
        select(Organization).where(
            Organization.tenant_id == actor.tenant_id,
            Organization.id == organization_id,
        ),
    )
    if row is None or not actor.may(Permission.ORGANIZATION_READ):
        raise NotFound("No such organization.", field=(field,))
    return row


async def create_organization(
    session: WriteSession,
    *,
    parent_id: UUID,
    level: str,
    kind: str,
    code: str,
    name: str,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Found an organization below another; its id is returned. The root comes with the city's manifest.

    Errors: NotFound for the parent, NotPermitted, LEVEL_NOT_LISTED, KIND_NOT_ALLOWED, LEVEL_SKIPPED,
    ORGANIZATION_CODE_INVALID, TEXT_INVALID, Conflict CODE_TAKEN.
    """
    parent = await find_organization(session, parent_id, field="parentId", actor=actor)
    authorize(actor, Permission.ORGANIZATION_CREATE, path=parent.path)
    rule = check_placement(tree_rules(manifest), level=level, kind=kind, parent_level=parent.level)
    name = required_line(name, field="name")
    organization_id: UUID | None = await session.scalar(
        insert(Organization)
        .values(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            parent_id=parent.id,
            code=code,
            name=name,
            labels={},
            level=level,
            kind=kind,
            rank=rule.rank,
            path=path_of(parent.path, code),
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=[Organization.tenant_id, Organization.path])
        .returning(Organization.id),
    )
    if organization_id is None:
        raise Conflict("The code is taken below this parent.", code="CODE_TAKEN", field=("code",))
    await make_searchable(session, "organization", organization_id, tenant_id=actor.tenant_id, name=name)
    await record(
        session,
        type="OrganizationCreated",
        subject_type="Organization",
        subject_id=organization_id,
        action=Permission.ORGANIZATION_CREATE.value,
        actor=actor,
        detail={"level": level, "kind": kind},
    )
    return organization_id
