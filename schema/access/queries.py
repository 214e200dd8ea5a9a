"""Root reads of access."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from schema.access.inputs import (
    ExplainAccessInput,
    PreviewRoleChangeInput,
    SupportAccessFilter,
    SupportAccessOrder,
)
from schema.access.types import (
    MOST_FAULTS,
    MOST_ROLES,
    AccessExplanation,
    RoleChangePreview,
    RoleDifference,
    RoleFault,
    SupportAccess,
)
from schema.connections import Connection
from schema.context import Context
from schema.mutations import refuse_unstorable
from schema.planner.fields import root_connection
from server.access.service.explaining import City, explain_access
from server.access.service.previewing import preview_role_change, read_roles, require_whole_city
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.errors import NotFound
from tenants.ids import split_public_id
from tenants.manifest.faults import ManifestInvalid
from tenants.permissions import Permission

_QUESTION = strawberry.argument(description="Who, what, and what with.")
_ROLES = strawberry.argument(description="Another role table.")


async def _explain(
    info: Info[Context, None],
    input: Annotated[ExplainAccessInput, _QUESTION],  # noqa: A002 - GraphQL's own word
) -> AccessExplanation:
    """Reads only. Errors: NotPermitted without access:explain, NotFound, Invalid PERMISSION_UNKNOWN."""
    context = info.context
    actor = _asker(context)
    refuse_unstorable(input)
    registry, accounts = context.services.registry, context.services.accounts
    tenant = await registry.by_id(actor.tenant_id)
    city = City(
        manifest=await registry.manifest(actor.tenant_id),
        permissions=await accounts.actors.permissions(actor.tenant_id),
        operators=tenant.kind == "PLATFORM",
        now=now(),
    )
    async with context.write() as session:
        found = await explain_access(
            session,
            subject=_split(input.subject_id, "subjectId"),
            permission=input.permission,
            thing=None if input.object_id is None else _split(input.object_id, "objectId"),
            city=city,
            actor=actor,
        )
    return AccessExplanation.of(found)


async def _preview(
    info: Info[Context, None],
    input: Annotated[PreviewRoleChangeInput, _ROLES],  # noqa: A002 - GraphQL's own word
) -> RoleChangePreview:
    """Reads only. Errors: NotPermitted without access:explain in the whole city."""
    context = info.context
    actor = _asker(context)
    require_whole_city(actor)
    manifest = await context.services.registry.manifest(actor.tenant_id)
    try:
        proposed = read_roles(input.roles, manifest)
    except ManifestInvalid as error:
        faults = [RoleFault(path=fault.path, message=fault.message) for fault in error.faults[:MOST_FAULTS]]
        return RoleChangePreview(roles=[], faults=faults)
    permissions = await context.services.accounts.actors.permissions(actor.tenant_id)
    async with context.write() as session:
        changes = await preview_role_change(
            session, proposed=proposed, manifest=manifest, permissions=permissions, now=now(), actor=actor
        )
    return RoleChangePreview(roles=[RoleDifference.of(change) for change in changes[:MOST_ROLES]], faults=[])


def _asker(context: Context) -> Actor:
    """The actor, before anything is read for it."""
    actor = context.require_actor()
    authorize(actor, Permission.ACCESS_EXPLAIN)
    return actor


def _split(given: str, field: str) -> tuple[str, UUID]:
    found = split_public_id(given)
    if found is None:
        raise NotFound("No such {thing}.", thing="id", field=("input", field))
    return found


@strawberry.type
class AccessQueries:
    """Reads of access."""

    explain_access: AccessExplanation = strawberry.field(
        resolver=_explain,
        description="Why somebody may do something with a thing, or what is missing, asked of what decides. Needs "
        "access:explain; subjects and things the viewer does not see are not found.",
    )
    preview_role_change: RoleChangePreview = strawberry.field(
        resolver=_preview,
        description="What another role table would change, and for how many people. Changes nothing. Needs "
        "access:explain in the whole city.",
    )
    support_accesses: Connection[SupportAccess] = root_connection(
        "Operators of the platform who asked to look into the city, the newest first; none for whoever does not decide "
        "about them.",
        Connection[SupportAccess],
        filter=SupportAccessFilter,
        order=SupportAccessOrder,
    )
