"""How much in a city still uses what a manifest would remove."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from server.grids.models import Grid
from server.members.models import Appointment
from server.organizations.models import Organization
from tenants.manifest.diff import Change, ChangeAction
from tenants.sessions import WriteSession


async def removal_warnings(
    session: WriteSession,
    changes: Iterable[Change],
    *,
    tenant_id: UUID,
    today: date,
) -> tuple[str, ...]:
    """A sentence for each removed level, kind or role that is still in use; it stays for what uses it."""
    found = []
    for change in changes:
        if change.action is not ChangeAction.REMOVE:
            continue
        thing, condition = _uses(change.path.strip("/").split("/"), tenant_id, today)
        if condition is None:
            continue
        count = await session.scalar(select(func.count()).where(condition)) or 0
        if count:
            found.append(f"{change.path}: {count} {thing}.")
    return tuple(found)


def _uses(steps: list[str], tenant_id: UUID, today: date) -> tuple[str, ColumnElement[bool] | None]:
    match steps:
        case ["levels", code]:
            here = Organization.tenant_id == tenant_id
            return "organization(s) stand at this level and stay", here & (Organization.level == code)
        case ["organization_kinds", code]:
            here = Organization.tenant_id == tenant_id
            return "organization(s) are of this kind and stay", here & (Organization.kind == code)
        case ["grid_policy", "kinds", code]:
            return "grid(s) are of this kind and stay", (Grid.tenant_id == tenant_id) & (Grid.kind == code)
        case ["roles", slug]:
            running = Appointment.ended_at.is_(None) & or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today)
            held = (Appointment.tenant_id == tenant_id) & (Appointment.role == slug) & running
            return "running appointment(s) give no rights any more", held
        case _:
            return "", None
