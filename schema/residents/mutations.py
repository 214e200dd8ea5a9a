"""Entering residents."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from schema.context import CivicInfo
from schema.ids import row_id
from schema.mutations import UserError, mutation, user_errors
from schema.planner.fields import loaded
from schema.residents.types import Resident
from server.health_checks.rules import Sex
from server.residents import rules, service
from tenants.permissions import Permission


@strawberry.input(description="A resident to enter, with the least data that serving them needs.")
class RegisterResidentInput:
    """The person and the grid."""

    grid_id: strawberry.ID = strawberry.field(description="The grid they live in.")
    name: str = strawberry.field(description="Name, up to 200 characters.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")
    sex: Sex = strawberry.field(description="For the free health check only.")
    birth_date: date = strawberry.field(description="For the free health check only.")


@strawberry.type(description="Answer to registerResident.")
class RegisterResidentPayload:
    """The resident, or why there is none."""

    resident_id: strawberry.Private[UUID | None] = None
    resident: Resident | None = loaded("The new resident, if the viewer may see them.", Resident, by="resident_id")
    user_errors: list[UserError] = user_errors()


@mutation("Enter a resident of a grid.", permission=Permission.RESIDENT_CREATE)
async def register_resident(info: CivicInfo, input: RegisterResidentInput) -> RegisterResidentPayload:  # noqa: A002 - GraphQL's own word
    """Enter a resident."""
    actor = info.context.require_actor()
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    async with info.context.write() as session:
        resident_id = await service.register_resident(
            session,
            grid_id=row_id(input.grid_id, "grid", field="gridId"),
            name=input.name,
            phone=input.phone,
            sex=rules.Sex(input.sex),
            birth_date=input.birth_date,
            manifest=manifest,
            actor=actor,
        )
    return RegisterResidentPayload(resident_id=resident_id)


@strawberry.type
class ResidentMutations:
    """Changes of residents."""

    register_resident = register_resident
