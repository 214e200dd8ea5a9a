"""Founding organizations."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.organizations.types import Organization
from schema.planner.fields import loaded
from server.organizations import service
from tenants.permissions import Permission


@strawberry.input(description="An organization to found.")
class CreateOrganizationInput:
    """Where it stands and what it is."""

    parent_id: strawberry.ID = strawberry.field(description="The organization above, of the level above in a chain.")
    level: str = strawberry.field(description="Code of a level in the city's manifest.")
    kind: str = strawberry.field(description="Code of a kind that may stand at this level.")
    code: str = strawberry.field(description="Short code, unique among siblings: a-z, 0-9, hyphen, underscore.")
    name: str = strawberry.field(description="Local name, up to 200 characters.")


@strawberry.type(description="Answer to createOrganization.")
class CreateOrganizationPayload:
    """The organization, or why there is none."""

    organization_id: strawberry.Private[UUID | None] = None
    organization: Organization | None = loaded("The new organization.", Organization, by="organization_id")
    user_errors: list[UserError] = user_errors()


@mutation(
    "Found an organization below another. A level or kind the city's manifest does not list is refused.",
    permission=Permission.ORGANIZATION_CREATE,
)
async def create_organization(info: CivicInfo, input: CreateOrganizationInput) -> CreateOrganizationPayload:  # noqa: A002 - GraphQL's own word
    """Found an organization."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        organization_id = await service.create_organization(
            session,
            parent_id=row_id(input.parent_id, "org", field="parentId"),
            level=input.level,
            kind=input.kind,
            code=input.code,
            name=input.name,
            manifest=manifest,
            actor=actor,
        )
    return CreateOrganizationPayload(organization_id=organization_id)


@strawberry.type
class OrganizationMutations:
    """Changes of the organization tree."""

    create_organization = create_organization
