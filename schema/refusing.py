"""Refusals on their way to the caller leave a trace: of mutations, and of reading what only few may read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from schema.context import Context
from server.audit.service.refusals import Thing
from tenants.errors import NotFound, NotPermitted
from tenants.ids import split_public_id
from tenants.permissions import HEALTH_DATA, Permission

# Fields that clients ask for as a matter of course, a telephone number on a list, are denied without a trace.
_SENSITIVE = HEALTH_DATA | {Permission.CASE_CONTACT}


async def note_mutation(
    context: Context, error: NotPermitted | NotFound, asked: Permission | None, input_: Any
) -> None:
    """Write down that a mutation was refused to the actor. asked: what the mutation asks for before anything else.

    What the actor does not see and what there is not are both written down: telling them apart would take a look that the
    caller could measure.
    """
    action, thing = error.params.get("permission") or (asked and asked.value), thing_in(input_)
    if context.actor is None or action is None or (thing is None and isinstance(error, NotFound)):
        return
    await context.services.refusals.note(context.actor, str(action), thing=thing)


async def note_fields(context: Context, permissions: Iterable[str]) -> None:
    """Write down which sensitive fields were denied to the actor, by the permission they need."""
    for permission in sorted(_SENSITIVE.intersection(permissions)):
        await context.services.refusals.note(context.require_actor(), str(permission))


def thing_in(value: Any) -> Thing | None:
    """What an input is about: the first id in it, in the order of its fields."""
    if isinstance(value, str):
        split = split_public_id(value)
        return None if split is None else Thing(*split)
    if isinstance(value, list):
        inner = value
    elif dataclasses.is_dataclass(value):
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        return None
    return next((found for item in inner if (found := thing_in(item)) is not None), None)
