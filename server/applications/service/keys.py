"""Keys of applications: made here, shown once, two good at a time so that one can follow the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from server.applications.models import ApiKey, Application
from server.applications.rules import KeyTerm, check_expiry, check_room, end_of_overlap
from server.applications.service.registering import find_application
from server.applications.tokens import new_key
from server.errors import NotFound
from server.events.record import record
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key, whose text is never told again."""

    key_id: UUID
    text: str


async def create_key(
    session: WriteSession, *, application_id: UUID, expires_at: datetime | None = None, actor: Actor
) -> MadeKey:
    """Another key of an application, until an instant or for as long as the application.

    Errors: NotFound, EXPIRY_PAST, Conflict API_KEYS_FULL.
    """
    application = await find_application(session, application_id, actor=actor)
    check_room([_term(row) for row in await _keys_of(session, application)], now())
    made = await _make(session, application, check_expiry(expires_at, now()))
    await _record(session, "ApiKeyCreated", made.key_id, application, actor)
    return made


async def rotate_key(session: WriteSession, *, key_id: UUID, overlap_hours: int, actor: Actor) -> MadeKey:
    """The key that follows another, which goes on for so many hours more and with the same end as before, if it had one.

    Errors: NotFound, OVERLAP_INVALID, Conflict API_KEY_ENDED, API_KEYS_FULL.
    """
    key, application = await _find_key(session, key_id, actor=actor)
    following_ends_at, key.expires_at = key.expires_at, end_of_overlap(_term(key), overlap_hours, now())
    check_room([_term(row) for row in await _keys_of(session, application)], now())
    made = await _make(session, application, following_ends_at)
    await _record(session, "ApiKeyRotated", key.id, application, actor, followed_by=str(made.key_id))
    return made


async def revoke_key(session: WriteSession, *, key_id: UUID, actor: Actor) -> UUID:
    """Make a key worthless, and the tokens given for it. A second time changes nothing. Errors: NotFound."""
    key, application = await _find_key(session, key_id, actor=actor)
    if key.revoked_at is None:
        key.revoked_at = now()
        await _record(session, "ApiKeyRevoked", key.id, application, actor)
    return key.id


async def _find_key(session: WriteSession, key_id: UUID, *, actor: Actor) -> tuple[ApiKey, Application]:
    """A key of an application that the actor may manage. Raises NotFound."""
    key = await session.scalar(select(ApiKey).where(ApiKey.tenant_id == actor.tenant_id, ApiKey.id == key_id))
    if key is None:
        raise _unknown()
    try:
        application = await find_application(session, key.application_id, actor=actor)
    except NotFound as error:
        raise _unknown() from error
    # What was read before the application was locked may have changed meanwhile.
    await session.refresh(key)
    return key, application


async def _keys_of(session: WriteSession, application: Application) -> Sequence[ApiKey]:
    rows = await session.scalars(
        select(ApiKey).where(ApiKey.tenant_id == application.tenant_id, ApiKey.application_id == application.id),
    )
    return rows.all()


async def _make(session: WriteSession, application: Application, expires_at: datetime | None) -> MadeKey:
    key_id = uuid7()
    made = new_key(application.tenant_id, key_id)
    session.add(
        ApiKey(
            tenant_id=application.tenant_id,
            id=key_id,
            application_id=application.id,
            digest=made.digest,
            hint=made.hint,
            created_at=now(),
            expires_at=expires_at,
        ),
    )
    await session.flush()
    return MadeKey(key_id, made.text)


def _term(key: ApiKey) -> KeyTerm:
    return KeyTerm(key.expires_at, key.revoked_at)


def _unknown() -> NotFound:
    return NotFound("No such key.", field=("apiKeyId",))


async def _record(
    session: WriteSession, type_: str, key_id: UUID, application: Application, actor: Actor, **detail: str
) -> None:
    await record(
        session,
        type=type_,
        subject_type="ApiKey",
        subject_id=key_id,
        action=Permission.APPLICATION_MANAGE.value,
        actor=actor,
        detail={"application": str(application.id), **detail},
    )
