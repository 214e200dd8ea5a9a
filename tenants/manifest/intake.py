"""By which ways reports come in besides the application, and how they are told apart and sent on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tenants.manifest.casework import CaseCategory
from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.questions import question_faults
from tenants.manifest.structure import OrganizationKind
from tenants.manifest.words import Code, LocalText, Part, Slug

# As grids are coded (``grid.code``): grids are drawn later than the manifest is written, so only the form is checked.
GridCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class Channel(Part):
    """A program that hands reports in by signed webhooks (docs/api.md): a chat platform, a hotline, another application."""

    code: Slug = Field(description="Stable code; the last step of the address that the channel posts to.")
    name: LocalText = Field(description="Local name of the channel.")
    kind: Literal["CHAT", "HOTLINE", "APP"] = Field(description="What its cases name as their source.")
    category: Code | None = Field(default=None, description="Category of reports that name none; null: each must.")
    grid: GridCode | None = Field(
        default=None, description="Code of the grid of reports that name none; null: each must."
    )


class IntakeRules(Part):
    """How reports are taken."""

    anonymous: bool = Field(
        default=False,
        description="Whether anybody may report without signing in, and follow the case by a tracking code (P-03).",
    )
    duplicate_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=30,
        description="Days within which open cases of the same place and category are suggested as the same matter.",
    )


def channel_faults(channels: tuple[Channel, ...], case_categories: tuple[CaseCategory, ...]) -> Iterator[Fault]:
    """Each channel once, with a known category."""
    for index in repeated(channel.code for channel in channels):
        yield Fault(pointer("channels", index, "code"), f"code {channels[index].code!r} repeated")
    known = {category.code for category in case_categories}
    for index, channel in enumerate(channels):
        if channel.category is not None and channel.category not in known:
            yield Fault(pointer("channels", index, "category"), f"unknown category {channel.category!r}")


def routing_faults(
    case_categories: tuple[CaseCategory, ...],
    organization_kinds: tuple[OrganizationKind, ...],
) -> Iterator[Fault]:
    """Departments are kinds of organizations; questions hold together."""
    known = {kind.code for kind in organization_kinds}
    for index, category in enumerate(case_categories):
        if category.department is not None and category.department not in known:
            message = f"unknown organization kind {category.department!r}"
            yield Fault(pointer("case_categories", index, "department"), message)
        for place in repeated(part.code for part in category.service.materials) if category.service else ():
            yield Fault(pointer("case_categories", index, "service", "materials", place, "code"), "code repeated")
        if category.questions is not None:
            yield from question_faults(category.questions, "case_categories", index, "questions")
