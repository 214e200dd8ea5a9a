"""Reading sealed rows through the planner: opened in Python, and never without a trace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from schema.context import Context
from schema.planner.declare import OBSERVERS, Decoder
from server.sealed.service.ciphers import ANALYSIS, TRANSFER, open_all
from server.sealed.service.reading import note_readings

OBSERVED = "sealed_case"


def opened(place: str) -> Decoder:
    """Decrypts a page of texts."""

    async def decode(context: Context, values: list[Any]) -> list[Any]:
        tenant_id = context.require_actor().tenant_id
        return await open_all(context.services.keyring, values, tenant_id=tenant_id, place=place)

    return decode


async def factors(context: Context, values: list[Any]) -> list[Any]:
    """The factors of a page of analyses; none before the analysis."""
    return [found["factors"] if found else [] for found in await opened(ANALYSIS)(context, values)]


async def analysis_note(context: Context, values: list[Any]) -> list[Any]:
    """What a page of analyses says in words."""
    return [found and found["note"] for found in await opened(ANALYSIS)(context, values)]


async def target(context: Context, values: list[Any]) -> list[Any]:
    """Whom a page of matters was handed to."""
    return [found and found["target"] for found in await opened(TRANSFER)(context, values)]


async def transfer_note(context: Context, values: list[Any]) -> list[Any]:
    """What was said with it."""
    return [found and found["note"] for found in await opened(TRANSFER)(context, values)]


async def note(context: Context, rows: list[list[Any]]) -> None:
    """Write down who is reading which matters, before anything is handed out. rows: (matter's id, row's id) pairs."""
    case_ids = dict.fromkeys(UUID(case_id) for case_id, _row_id in rows)
    async with context.write() as session:
        await note_readings(session, case_ids, actor=context.require_actor())


OBSERVERS[OBSERVED] = note
