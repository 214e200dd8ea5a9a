"""What the worker does about telephones: hand messages to the sender, and forget what is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import delete, select

from server.events.models import DueWork
from server.jobs.work import Handler
from server.phones.models import PhoneCode, PhoneMessage
from server.phones.rules import TOLD_FOR, MessageKind
from server.phones.senders import Outgoing, Sender
from server.phones.service.messages import SEND, opened
from server.residents.models import Resident
from tenants import clock
from tenants.context import Actor
from tenants.keys import Keyring
from tenants.registry import Registry
from tenants.sessions import WriteSession


async def send(
    session: WriteSession,
    *,
    work_id: UUID,
    actor: Actor,
    registry: Registry,
    sender: Sender,
    keyring: Keyring,
    now: Callable[[], datetime],
) -> None:
    """Send a message, unless it is over or nobody is there for it. The sender may get one twice, with the same id.

    A code to sign in with goes only to a number that a resident of the city has: the request did not look.
    """
    tenant_id = actor.tenant_id
    subject = select(DueWork.subject_id).where(DueWork.tenant_id == tenant_id, DueWork.id == work_id)
    message_id = (await session.scalars(subject)).one()
    row = await session.scalar(
        select(PhoneMessage).where(PhoneMessage.tenant_id == tenant_id, PhoneMessage.id == message_id)
    )
    at = now()
    if row is not None and at < row.expires_at:
        message = await opened(keyring, row)
        if message.kind is not MessageKind.SIGN_IN_CODE or await _is_known(session, tenant_id, message.to):
            slug = (await registry.by_id(tenant_id)).slug
            await sender.send(Outgoing(row.id, slug, message.kind, message.to, message.code, message.expires_at))
    await session.execute(
        delete(PhoneMessage).where(PhoneMessage.tenant_id == tenant_id, PhoneMessage.id == message_id)
    )
    await session.execute(
        delete(PhoneMessage).where(PhoneMessage.tenant_id == tenant_id, PhoneMessage.expires_at <= at)
    )
    await session.execute(delete(PhoneCode).where(PhoneCode.tenant_id == tenant_id, PhoneCode.expires_at <= at))
    long_done = (DueWork.kind == SEND, DueWork.done_at < at - TOLD_FOR)
    await session.execute(delete(DueWork).where(DueWork.tenant_id == tenant_id, *long_done))


async def _is_known(session: WriteSession, tenant_id: UUID, number: str) -> bool:
    found = select(Resident.id).where(Resident.tenant_id == tenant_id, Resident.phone_number == number).limit(1)
    return await session.scalar(found) is not None


def handlers(sender: Sender, keyring: Keyring, *, now: Callable[[], datetime] = clock.now) -> Mapping[str, Handler]:
    """The handlers of this area's due work over a sender."""
    return {SEND: partial(send, sender=sender, keyring=keyring, now=now)}
