"""Applications themselves: who they are, what they may do and where, and whether they may at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.applications.actors import GRANTABLE
from server.applications.models import Application
from server.applications.rules import PURPOSE_LENGTH, check_expiry, check_networks, check_scopes
from server.errors import Conflict, NotFound, RuleViolation
from server.events.record import record
from server.grids.service import find_grid
from server.organizations.service import find_organization
from server.texts import required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession

# No subtree holds the empty path: only a right over the whole city covers it.
WHOLE_CITY = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a city settles with an application. organization_id, grid_id: where; neither: the whole city."""

    contact: str
    purpose: str
    scopes: Sequence[str]
    organization_id: UUID | None = None
    grid_id: UUID | None = None
    networks: Sequence[str] = ()
    client: str | None = None
    expires_at: datetime | None = None


async def register_application(
    session: WriteSession, *, name: str, terms: Terms, manifest: Manifest, actor: Actor
) -> UUID:
    """Register a program; its id. It has no key yet.

    Errors: NotFound for the place, NotPermitted, APPLICATION_PLACE, SCOPE_NOT_GRANTABLE, NETWORK_INVALID, EXPIRY_PAST,
    CLIENT_UNKNOWN, TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID, Conflict APPLICATION_NAME_TAKEN.
    """
    values = await _settled(session, terms, manifest=manifest, actor=actor)
    application_id: UUID | None = await session.scalar(
        insert(Application)
        .values(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            name=required_line(name, field="name"),
            status="ACTIVE",
            version=1,
            registered_at=now(),
            **values,
        )
        .on_conflict_do_nothing(index_elements=[Application.tenant_id, Application.name])
        .returning(Application.id),
    )
    if application_id is None:
        raise Conflict("Another application has this name.", code="APPLICATION_NAME_TAKEN", field=("name",))
    await _record(session, "ApplicationRegistered", application_id, actor, scopes=values["scopes"])
    return application_id


async def update_application(
    session: WriteSession,
    *,
    application_id: UUID,
    expected_version: int,
    terms: Terms,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Put other terms in the place of an application's; they hold for its keys and tokens within a second.

    Errors as of ``register_application``, NotFound for the application, Conflict VERSION_CONFLICT.
    """
    application = await find_application(session, application_id, actor=actor)
    if application.version != expected_version:
        raise Conflict(
            "The application is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=application.version,
            expected=expected_version,
        )
    for column, value in (await _settled(session, terms, manifest=manifest, actor=actor)).items():
        setattr(application, column, value)
    application.version += 1
    await _record(session, "ApplicationUpdated", application.id, actor, scopes=application.scopes)
    return application.id


async def set_status(session: WriteSession, *, application_id: UUID, suspended: bool, actor: Actor) -> UUID:
    """Suspend an application, which lets none of its keys and tokens in, or resume it. A second time changes nothing.

    Errors: NotFound, NotPermitted.
    """
    application = await find_application(session, application_id, actor=actor)
    status = "SUSPENDED" if suspended else "ACTIVE"
    if application.status != status:
        application.status, application.version = status, application.version + 1
        await _record(
            session, "ApplicationSuspended" if suspended else "ApplicationResumed", application.id, actor, status=status
        )
    return application.id


async def find_application(session: WriteSession, application_id: UUID, *, actor: Actor) -> Application:
    """An application that the actor may manage, locked until the transaction ends. Raises NotFound."""
    application = await session.scalar(
        select(Application)
        .where(Application.tenant_id == actor.tenant_id, Application.id == application_id)
        .with_for_update(key_share=True),
    )
    reach = actor.reach(Permission.APPLICATION_MANAGE)
    if application is None or not reach.covers(path=application.path, grid_id=application.grid_id):
        raise NotFound("No such application.", field=("applicationId",))
    return application


async def _settled(session: WriteSession, terms: Terms, *, manifest: Manifest, actor: Actor) -> Mapping[str, Any]:
    """The columns of checked terms, of a place where the actor may manage applications."""
    if terms.organization_id is not None and terms.grid_id is not None:
        raise RuleViolation(
            "An application reaches an organization, a grid, or with neither the whole city.",
            code="APPLICATION_PLACE",
            field=("gridId",),
        )
    path = WHOLE_CITY
    if terms.organization_id is not None:
        path = (await find_organization(session, terms.organization_id, field="organizationId", actor=actor)).path
    elif terms.grid_id is not None:
        path = (await find_grid(session, terms.grid_id, actor=actor)).path
    authorize(actor, Permission.APPLICATION_MANAGE, path=path, grid_id=terms.grid_id)
    if terms.client is not None and all(listed.code != terms.client for listed in manifest.clients):
        raise RuleViolation(
            "The city's manifest lists no client application of this code.", code="CLIENT_UNKNOWN", field=("client",)
        )
    return {
        "contact": required_line(terms.contact, field="contact"),
        "purpose": required_line(terms.purpose, field="purpose", most=PURPOSE_LENGTH),
        "scopes": check_scopes(terms.scopes, GRANTABLE),
        "organization_id": terms.organization_id,
        "grid_id": terms.grid_id,
        "path": path,
        "networks": check_networks(terms.networks),
        "client": terms.client,
        "expires_at": check_expiry(terms.expires_at, now()),
    }


async def _record(session: WriteSession, type_: str, application_id: UUID, actor: Actor, **detail: Any) -> None:
    await record(
        session,
        type=type_,
        subject_type="Application",
        subject_id=application_id,
        action=Permission.APPLICATION_MANAGE.value,
        actor=actor,
        detail=detail,
    )
