"""Whom staff reported a case for: opened in Python, and never without a trace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from schema.context import Context
from server.intake.service.behalf import Contact, note_contacts_read, unseal_contacts


async def open_names(context: Context, values: list[Any]) -> list[Any]:
    """A page of names."""
    return [contact.name for contact in await _opened(context, values)]


async def open_phones(context: Context, values: list[Any]) -> list[Any]:
    """A page of telephone numbers."""
    return [contact.phone for contact in await _opened(context, values)]


async def _opened(context: Context, values: list[Any]) -> list[Contact]:
    """The contacts; written down before anything is handed out."""
    actor = context.require_actor()
    async with context.write() as session:
        await note_contacts_read(session, case_ids=[UUID(value[2]) for value in values], actor=actor)
    return await unseal_contacts(context.services.keyring, values, tenant_id=actor.tenant_id)
