"""How a report is taken, as ``reportCase`` is told: by which way it came, for whom, and how far the desk goes."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.ids import optional_row_id
from server.cases.origins import Intake, Origin, ServiceMode, Source
from server.intake.service.behalf import Contact, contact_of


@strawberry.input(description="Somebody who is no resident entered here; kept encrypted, every reading is logged.")
class ContactInput:
    """A name and a telephone number."""

    name: str = strawberry.field(description="Name, in a line.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")


@strawberry.input(description="For whom staff report; exactly one of these.", one_of=True)
class OnBehalfOfInput:
    """A resident, or a contact."""

    resident_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Id of a resident that the caller may see: the case is the resident's own.",
    )
    contact: ContactInput | None = strawberry.field(
        default=strawberry.UNSET, description="Somebody else, by name and telephone."
    )


@strawberry.input(description="How far the desk goes with whoever asks for a service.")
class ServiceInput:
    """A mode, and consent to it."""

    mode: ServiceMode = strawberry.field(description="How far.")
    consented: bool = strawberry.field(
        default=False, description="Whether the resident agreed to be acted for; AGENT needs it."
    )
    started_at: datetime | None = strawberry.field(default=None, description="When it began; null for unknown.")
    finished_at: datetime | None = strawberry.field(
        default=None, description="When it ended, by now; null for unknown."
    )
    materials: list[str] | None = strawberry.field(
        default=None,
        description="Codes of the materials (caseCategories) that the resident had along; null where nobody looked.",
    )


def intake_of(
    source: Source,
    origin: Origin,
    on_behalf_of: OnBehalfOfInput | None,
    service: ServiceInput | None,
) -> tuple[Intake, Contact | None]:
    """How a report is taken, and whom to keep beside it. Errors: NotFound for the resident, those of ``contact_of``."""
    resident = on_behalf_of.resident_id if on_behalf_of else None
    given = on_behalf_of.contact if on_behalf_of else None
    contact = contact_of(given.name, given.phone, field="onBehalfOf") if given else None
    intake = Intake(
        source=source,
        origin=origin,
        behalf_of=optional_row_id(resident or None, "resident", field="onBehalfOf"),
        for_contact=contact is not None,
        mode=service.mode if service else None,
        consented=service.consented if service else None,
        started_at=service.started_at if service else None,
        finished_at=service.finished_at if service else None,
        materials=None if service is None or service.materials is None else tuple(service.materials),
    )
    return intake, contact
