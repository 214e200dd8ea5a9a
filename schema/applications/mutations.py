"""Registering applications, and giving them keys."""

from __future__ import annotations

from uuid import UUID

import strawberry

from schema.applications import mutation_inputs as inputs
from schema.applications.types import ApiKey, Application
from schema.context import CivicInfo
from schema.ids import optional_row_id, row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from server.applications.service import keys, registering
from server.applications.service.granting import PREFIX
from tenants.permissions import Permission


@strawberry.type(description="Answer to registerApplication, updateApplication, suspendApplication, resumeApplication.")
class ApplicationPayload:
    """The application, or why nothing was changed."""

    application_id: strawberry.Private[UUID | None] = None
    application: Application | None = loaded("The application after the change.", Application, by="application_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to createApiKey and rotateApiKey.")
class NewApiKeyPayload:
    """The key, or why there is none."""

    api_key_id: strawberry.Private[UUID | None] = None
    secret: str | None = strawberry.field(
        default=None,
        description="The key itself, for 'Authorization: Bearer <key>'. It is shown now and never again.",
    )
    api_key: ApiKey | None = loaded("What is kept of it.", ApiKey, by="api_key_id")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Answer to revokeApiKey.")
class RevokeApiKeyPayload:
    """The key as it is now, or why nothing was changed."""

    api_key_id: strawberry.Private[UUID | None] = None
    api_key: ApiKey | None = loaded("What is left of it.", ApiKey, by="api_key_id")
    user_errors: list[UserError] = user_errors()


@mutation(
    "Register a program of a third party. It has no key yet: createApiKey makes one.",
    permission=Permission.APPLICATION_MANAGE,
)
async def register_application(info: CivicInfo, input: inputs.RegisterApplicationInput) -> ApplicationPayload:  # noqa: A002 - GraphQL's own word
    """Register."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        application_id = await registering.register_application(
            session, name=input.name, terms=_terms(input), manifest=manifest, actor=actor
        )
    return ApplicationPayload(application_id=application_id)


@mutation(
    "Give an application other terms. What it loses it loses everywhere within two seconds, its tokens too.",
    permission=Permission.APPLICATION_MANAGE,
)
async def update_application(info: CivicInfo, input: inputs.UpdateApplicationInput) -> ApplicationPayload:  # noqa: A002 - GraphQL's own word
    """Change the terms."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        application_id = await registering.update_application(
            session,
            application_id=_application(input.application_id),
            expected_version=input.expected_version,
            terms=_terms(input),
            manifest=manifest,
            actor=actor,
        )
    info.context.services.applications.forget()
    return ApplicationPayload(application_id=application_id)


@mutation(
    "Let an application in no more, with none of its keys and tokens, until it is resumed.",
    permission=Permission.APPLICATION_MANAGE,
)
async def suspend_application(info: CivicInfo, input: inputs.SuspendApplicationInput) -> ApplicationPayload:  # noqa: A002 - GraphQL's own word
    """Suspend."""
    return await _set_status(info, input.application_id, suspended=True)


@mutation("Let a suspended application in again.", permission=Permission.APPLICATION_MANAGE)
async def resume_application(info: CivicInfo, input: inputs.ResumeApplicationInput) -> ApplicationPayload:  # noqa: A002 - GraphQL's own word
    """Resume."""
    return await _set_status(info, input.application_id, suspended=False)


@mutation(
    "Make a key of an application. It is shown once; two are good at a time, so that one can follow the other.",
    permission=Permission.APPLICATION_MANAGE,
)
async def create_api_key(info: CivicInfo, input: inputs.CreateApiKeyInput) -> NewApiKeyPayload:  # noqa: A002 - GraphQL's own word
    """Make a key."""
    async with info.context.write() as session:
        made = await keys.create_key(
            session,
            application_id=_application(input.application_id),
            expires_at=input.expires_at,
            actor=info.context.require_actor(),
        )
    return NewApiKeyPayload(api_key_id=made.key_id, secret=made.text)


@mutation(
    "Make the key that follows another, which stays good for a while. The new one is shown once.",
    permission=Permission.APPLICATION_MANAGE,
)
async def rotate_api_key(info: CivicInfo, input: inputs.RotateApiKeyInput) -> NewApiKeyPayload:  # noqa: A002 - GraphQL's own word
    """Let one key follow another."""
    async with info.context.write() as session:
        made = await keys.rotate_key(
            session,
            key_id=row_id(input.api_key_id, "apikey", field="apiKeyId"),
            overlap_hours=input.overlap_hours,
            actor=info.context.require_actor(),
        )
    info.context.services.applications.forget()
    return NewApiKeyPayload(api_key_id=made.key_id, secret=made.text)


@mutation(
    "Make a key worthless, and the tokens given for it, everywhere within two seconds.",
    permission=Permission.APPLICATION_MANAGE,
)
async def revoke_api_key(info: CivicInfo, input: inputs.RevokeApiKeyInput) -> RevokeApiKeyPayload:  # noqa: A002 - GraphQL's own word
    """Take a key away."""
    async with info.context.write() as session:
        key_id = await keys.revoke_key(
            session,
            key_id=row_id(input.api_key_id, "apikey", field="apiKeyId"),
            actor=info.context.require_actor(),
        )
    info.context.services.applications.forget()
    return RevokeApiKeyPayload(api_key_id=key_id)


async def _set_status(info: CivicInfo, id_: strawberry.ID, *, suspended: bool) -> ApplicationPayload:
    async with info.context.write() as session:
        application_id = await registering.set_status(
            session,
            application_id=_application(id_),
            suspended=suspended,
            actor=info.context.require_actor(),
        )
    info.context.services.applications.forget()
    return ApplicationPayload(application_id=application_id)


def _application(id_: strawberry.ID) -> UUID:
    return row_id(id_, PREFIX, field="applicationId")


def _terms(given: inputs.RegisterApplicationInput | inputs.UpdateApplicationInput) -> registering.Terms:
    return registering.Terms(
        contact=given.contact,
        purpose=given.purpose,
        scopes=given.scopes,
        organization_id=optional_row_id(given.organization_id, "org", field="organizationId"),
        grid_id=optional_row_id(given.grid_id, "grid", field="gridId"),
        networks=given.networks,
        client=given.client,
        expires_at=given.expires_at,
    )


@strawberry.type
class ApplicationMutations:
    """Changes of applications and their keys."""

    register_application = register_application
    update_application = update_application
    suspend_application = suspend_application
    resume_application = resume_application
    create_api_key = create_api_key
    rotate_api_key = rotate_api_key
    revoke_api_key = revoke_api_key
