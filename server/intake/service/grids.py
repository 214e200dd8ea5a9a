"""Grids by code: what stands on a poster or in a channel's settings, where nobody can have asked for an id."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.errors import NotFound
from server.grids.models import Grid
from tenants.sessions import WriteSession


async def grid_by_code(session: WriteSession, code: str, *, field: str, tenant_id: UUID) -> UUID:
    """The grid of a code. Raises NotFound."""
    grid_id = await session.scalar(select(Grid.id).where(Grid.tenant_id == tenant_id, Grid.code == code))
    if grid_id is None:
        raise NotFound("No such grid.", field=(field,))
    return grid_id
