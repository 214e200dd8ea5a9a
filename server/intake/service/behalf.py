"""Reports for somebody who is no resident known here: the name and telephone stand beside the case, encrypted."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from server.cases.service.reporting import Beside
from server.events.record import audit
from server.intake.models import CaseContact
from server.texts import optional_phone, required_line
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.keys import Keyring, seal, unseal
from tenants.permissions import Permission
from tenants.sessions import WriteSession

PLACE = "case_contact.sealed"
PURPOSE = "INTAKE"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to answer. phone: None when there is none."""

    name: str
    phone: str | None = None


def contact_of(name: str, phone: str | None, *, field: str) -> Contact:
    """A contact as it can be kept. Raises TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID, PHONE_INVALID."""
    return Contact(required_line(name, field=field), optional_phone(phone, field=field))


def keep_contact(contact: Contact, *, keyring: Keyring, tenant_id: UUID) -> Beside:
    """Writes the contact of a new case."""

    async def write(session: WriteSession, case_id: UUID) -> None:
        version, cipher = await keyring.newest(session, tenant_id)
        plain = orjson.dumps([contact.name, contact.phone])
        session.add(
            CaseContact(
                tenant_id=tenant_id,
                id=uuid7(),
                case_id=case_id,
                sealed=seal(cipher, plain, tenant_id=tenant_id, place=PLACE, row_id=case_id),
                key_version=version,
            ),
        )
        await session.flush()

    return write


async def unseal_contacts(keyring: Keyring, values: Sequence[Any], *, tenant_id: UUID) -> list[Contact]:
    """The contacts behind (ciphertext as base64, key version, case id) triples, in their order.

    Raises Undecipherable for a ciphertext that was changed, moved, or whose key is gone.
    """
    opened = []
    for encoded, version, case_id in values:
        cipher = await keyring.cipher(tenant_id, version)
        plain = unseal(cipher, base64.b64decode(encoded), tenant_id=tenant_id, place=PLACE, row_id=UUID(case_id))
        name, phone = orjson.loads(plain)
        opened.append(Contact(name, phone))
    return opened


async def note_contacts_read(session: WriteSession, *, case_ids: Sequence[UUID], actor: Actor) -> None:
    """Write down for the audit that the actor reads the contacts of cases."""
    for case_id in case_ids:
        audit(
            session,
            action=Permission.CASE_CONTACT.value,
            object_type="case_contact",
            object_id=case_id,
            actor=actor,
            detail={"purpose": PURPOSE},
        )
    await session.flush()
