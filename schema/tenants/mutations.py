"""The operator's changes of configuration."""

from __future__ import annotations

import strawberry

from schema.context import CivicInfo, Services
from schema.mutations import UserError, mutation
from schema.tenants.types import (
    MOST_CHANGES,
    MOST_FAULTS,
    DeadlinePreview,
    ManifestChange,
    ManifestInput,
    ManifestPayload,
)
from server.onboarding import service
from tenants.errors import Invalid
from tenants.manifest.faults import ManifestInvalid
from tenants.permissions import Permission
from tenants.sessions import Database


@mutation(
    "Show what applying a manifest would change, or the faults of one that cannot be applied; changes nothing.",
    permission=Permission.TENANT_PLAN,
)
async def plan_tenant(info: CivicInfo, input: ManifestInput) -> ManifestPayload:  # noqa: A002 - GraphQL's own word
    """Plan."""
    operator = _operator(info.context.services)
    try:
        planned = await service.plan_tenant(
            operator,
            input.document,
            slug=input.slug,
            actor=info.context.require_actor(),
        )
    except ManifestInvalid as error:
        return ManifestPayload(user_errors=_faults(error))
    return ManifestPayload(
        slug=planned.slug,
        changes=[ManifestChange.of(change) for change in planned.changes[:MOST_CHANGES]],
        warnings=list(planned.warnings),
        deadlines=DeadlinePreview.of(planned.deadlines) if planned.deadlines else None,
    )


@mutation(
    "Make a manifest the configuration of its tenant, which is made when there is none. A second time changes nothing.",
    permission=Permission.TENANT_APPLY,
)
async def apply_tenant(info: CivicInfo, input: ManifestInput) -> ManifestPayload:  # noqa: A002 - GraphQL's own word
    """Apply."""
    services = info.context.services
    operator = _operator(services)
    try:
        applied = await service.apply_tenant(
            operator,
            input.document,
            slug=input.slug,
            open_cases_follow=input.open_cases_follow,
            actor=info.context.require_actor(),
        )
    except ManifestInvalid as error:
        return ManifestPayload(user_errors=_faults(error))
    if applied.changes or input.open_cases_follow:
        services.registry.forget()
        services.pubsub.wake(applied.tenant_id)
    return ManifestPayload(
        slug=applied.slug,
        version=applied.version,
        changes=[ManifestChange.of(change) for change in applied.changes[:MOST_CHANGES]],
        warnings=list(applied.warnings),
    )


def _operator(services: Services) -> Database:
    if services.operator is not None:
        return services.operator
    raise Invalid(
        "This server cannot change tenants: it was started without CIVICGRID_OPERATOR_DATABASE_URL.",
        code="OPERATOR_NOT_CONFIGURED",
    )


def _faults(error: ManifestInvalid) -> list[UserError]:
    """One error per fault, up to MOST_FAULTS, whose field is the path within the document."""
    return [
        UserError(code=error.code, field=["document", *_steps(fault.path)], message=fault.message)
        for fault in error.faults[:MOST_FAULTS]
    ]


def _steps(path: str) -> list[str]:
    # JSON pointer, RFC 6901: ~1 is a slash, ~0 a tilde.
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


@strawberry.type
class TenantMutations:
    """Changes of configuration."""

    plan_tenant = plan_tenant
    apply_tenant = apply_tenant
