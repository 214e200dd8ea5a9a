"""Reading health data through the planner: only with a purpose, opened in Python, and never without a trace."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

from schema.context import CivicInfo, Context
from schema.planner.binding import BadInput
from schema.planner.declare import OBSERVERS
from server.audit.service.refusals import Thing
from server.health_checks.service.findings import unseal_all
from server.health_checks.service.reading import is_refused, note_reading
from tenants.ids import split_public_id
from tenants.permissions import Permission

OBSERVED = "health_record"


def with_purpose(info: CivicInfo, purpose: str) -> CivicInfo:
    """The same field, read for a purpose.

    The purpose is the field's own: fields of one operation run side by side, and a socket's operations share a context.
    """
    raw: Any = info._raw_info  # noqa: SLF001 - Strawberry offers no public way to give a field another context
    context = dataclasses.replace(info.context, purpose=purpose)
    return dataclasses.replace(info, _raw_info=raw._replace(context=context))


async def open_findings(context: Context, values: list[Any]) -> list[Any]:
    """A page of findings, decrypted."""
    actor = context.require_actor()
    return await unseal_all(context.services.keyring, values, tenant_id=actor.tenant_id)


async def note(context: Context, rows: list[list[Any]]) -> None:
    """Write down who is reading, before anything is handed out; refuse whoever does not say why.

    rows: (resident id, id of the record or check) pairs. Raises BadInput without a purpose, for example by ``node``.
    """
    if context.purpose is None:
        raise BadInput("Health data is read with healthRecord(residentId, purpose), which asks why it is read.")
    read: dict[UUID, list[str]] = {}
    for resident_id, row_id in rows:
        read.setdefault(UUID(resident_id), []).append(row_id)
    async with context.write() as session:
        for resident_id, row_ids in read.items():
            await note_reading(
                session,
                resident_id=resident_id,
                rows=row_ids,
                purpose=context.purpose,
                actor=context.require_actor(),
            )


async def note_unread(context: Context, resident_id: str) -> None:
    """Write down that the actor asked for health data of somebody whose data are not for the actor."""
    actor, found = context.require_actor(), split_public_id(resident_id)
    if found is None:
        return
    async with context.write() as session:
        refused = await is_refused(session, found[1], actor=actor)
    if refused:
        thing = Thing("resident", found[1])
        await context.services.refusals.note(actor, Permission.HEALTH_RECORD_READ.value, thing=thing)


OBSERVERS[OBSERVED] = note
