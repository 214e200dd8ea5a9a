"""Use cases of residents."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from server.events.record import record
from server.grids.service import find_grid
from server.residents.models import Resident
from server.residents.rules import Sex, check_birth_date
from server.texts import optional_phone, required_line
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession


async def register_resident(
    session: WriteSession,
    *,
    grid_id: UUID,
    name: str,
    phone: str | None = None,
    sex: Sex,
    birth_date: date,
    manifest: Manifest,
    actor: Actor,
) -> UUID:
    """Enter a resident of a grid; the id is returned. Sex and birth date are for health checks only (DY-14).

    Errors: NotFound for the grid, NotPermitted, BIRTH_DATE_INVALID, TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_INVALID,
    PHONE_INVALID.
    """
    grid = await find_grid(session, grid_id, actor=actor)
    authorize(actor, Permission.RESIDENT_CREATE, path=grid.path, grid_id=grid.id)
    check_birth_date(birth_date, now().astimezone(ZoneInfo(manifest.time_zone)).date())
    resident = Resident(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        grid_id=grid.id,
        path=grid.path,
        name=required_line(name, field="name"),
        phone=optional_phone(phone),
        sex=sex.value,
        birth_date=birth_date,
    )
    session.add(resident)
    await session.flush()
    await record(
        session,
        type="ResidentRegistered",
        subject_type="Resident",
        subject_id=resident.id,
        action=Permission.RESIDENT_CREATE.value,
        actor=actor,
        detail={"grid": str(grid.id)},
    )
    return resident.id
