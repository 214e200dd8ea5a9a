"""Messages to telephones: written down in the transaction that gives reason for them, opened by whoever sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from server.events.models import DueWork
from server.phones.models import PhoneMessage
from server.phones.rules import MessageKind
from tenants.clock import now
from tenants.ids import uuid7
from tenants.keys import Keyring, seal, unseal
from tenants.sessions import WriteSession

SEND = "phones.send"
_PLACE = "phone_message.sealed"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to whom. code: None when it only tells of something."""

    kind: MessageKind
    to: str
    code: str | None
    expires_at: datetime


async def put(session: WriteSession, keyring: Keyring, message: Message, *, tenant_id: UUID) -> None:
    """Have a message sent as soon as the transaction has committed."""
    version, cipher = await keyring.newest(session, tenant_id)
    row_id = uuid7()
    plain = orjson.dumps([message.to, message.code])
    session.add_all(
        (
            PhoneMessage(
                tenant_id=tenant_id,
                id=row_id,
                kind=message.kind.value,
                sealed=seal(cipher, plain, tenant_id=tenant_id, place=_PLACE, row_id=row_id),
                key_version=version,
                expires_at=message.expires_at,
            ),
            DueWork(tenant_id=tenant_id, id=uuid7(), kind=SEND, subject_id=row_id, step="send", due_at=now()),
        )
    )


async def opened(keyring: Keyring, row: PhoneMessage) -> Message:
    """A message as it was put. Errors: Undecipherable."""
    cipher = await keyring.cipher(row.tenant_id, row.key_version)
    plain = unseal(cipher, row.sealed, tenant_id=row.tenant_id, place=_PLACE, row_id=row.id)
    to, code = orjson.loads(plain)
    return Message(MessageKind(row.kind), to, code, row.expires_at)
