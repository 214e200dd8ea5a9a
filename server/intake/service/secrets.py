"""The secrets that channels sign with: made here, shown once, two good at a time so that one can follow the other."""

from __future__ import annotations

import base64
import os
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from server.errors import Conflict, NotFound
from server.events.record import record
from server.intake.models import ChannelSecret
from server.intake.rules import SECRET_BYTES, SECRET_PREFIX
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring, seal, unseal
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import Database, WriteSession

PLACE = "channel_secret.sealed"
SLOTS = (1, 2)


async def create_channel_secret(
    session: WriteSession, *, channel: str, manifest: Manifest, keyring: Keyring, actor: Actor
) -> str:
    """A new secret of a channel as Standard Webhooks writes it (``whsec_`` and base64); it is never told again.

    Errors: NotPermitted, NotFound for a channel that the manifest does not list, Conflict CHANNEL_SECRETS_FULL when two
    are good already.
    """
    authorize(actor, Permission.CHANNEL_MANAGE)
    if all(listed.code != channel for listed in manifest.channels):
        raise NotFound("The manifest lists no such channel.", field=("channel",))
    plain, secret_id = os.urandom(SECRET_BYTES), uuid7()
    version, cipher = await keyring.newest(session, actor.tenant_id)
    sealed = seal(cipher, plain, tenant_id=actor.tenant_id, place=PLACE, row_id=secret_id)
    for slot in SLOTS:
        made = await session.scalar(
            insert(ChannelSecret)
            .values(
                tenant_id=actor.tenant_id,
                id=secret_id,
                channel=channel,
                slot=slot,
                sealed=sealed,
                key_version=version,
                created_at=now(),
            )
            .on_conflict_do_nothing(index_elements=[ChannelSecret.tenant_id, ChannelSecret.channel, ChannelSecret.slot])
            .returning(ChannelSecret.id),
        )
        if made is not None:
            await _record(session, "ChannelSecretCreated", channel, made, actor)
            return SECRET_PREFIX + base64.b64encode(plain).decode()
    raise Conflict(
        "The channel has two secrets already; retire the older one first.",
        code="CHANNEL_SECRETS_FULL",
        field=("channel",),
    )


async def retire_channel_secrets(session: WriteSession, *, channel: str, every: bool, actor: Actor) -> int:
    """Make the older of a channel's two secrets worthless, or with ``every`` all of them; how many these were.

    The only secret of a channel is retired with ``every`` alone. Errors: NotPermitted.
    """
    authorize(actor, Permission.CHANNEL_MANAGE)
    rows = list(
        await session.scalars(
            select(ChannelSecret)
            .where(ChannelSecret.tenant_id == actor.tenant_id, ChannelSecret.channel == channel)
            .order_by(ChannelSecret.created_at, ChannelSecret.id)
            .with_for_update(),
        ),
    )
    gone = rows if every else rows[:-1]
    for row in gone:
        await session.execute(
            delete(ChannelSecret).where(ChannelSecret.tenant_id == actor.tenant_id, ChannelSecret.id == row.id),
        )
        await _record(session, "ChannelSecretRetired", channel, row.id, actor)
    return len(gone)


async def secrets_of(database: Database, channel: str, *, tenant_id: UUID, keyring: Keyring) -> list[bytes]:
    """The secrets of a channel that are good now."""
    async with database.lookup(tenant_id) as session:
        rows = await session.execute(
            select(ChannelSecret.id, ChannelSecret.sealed, ChannelSecret.key_version)
            .where(ChannelSecret.tenant_id == tenant_id, ChannelSecret.channel == channel)
            .order_by(ChannelSecret.slot),
        )
        sealed = rows.all()
    found = []
    # Only now: the keyring may need a lookup of its own.
    for row in sealed:
        cipher = await keyring.cipher(tenant_id, row.key_version)
        found.append(unseal(cipher, row.sealed, tenant_id=tenant_id, place=PLACE, row_id=row.id))
    return found


async def _record(session: WriteSession, event: str, channel: str, secret_id: UUID, actor: Actor) -> None:
    await record(
        session,
        type=event,
        subject_type="ChannelSecret",
        subject_id=secret_id,
        action=Permission.CHANNEL_MANAGE.value,
        actor=actor,
        detail={"channel": channel},
    )
