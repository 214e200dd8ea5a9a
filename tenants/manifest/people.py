"""Rules about people: roles, stars of volunteers, free health checks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tenants.manifest.words import IntervalStart, LocalText, Part, RoleScope, Sex, Slug
from tenants.permissions import Permission


def _relax(schema: dict[str, Any]) -> None:
    # A listed role of the default table needs only what differs: the gaps are filled before validation.
    schema["required"] = ["slug"]


class Role(Part):
    """What holders of an appointment may do, and the terms of the appointment.

    In the document a role of the default table needs only `slug` and what differs.
    """

    model_config = ConfigDict(json_schema_extra=_relax)

    slug: Slug = Field(
        description="Stable code of the role; a slug of the default table takes its defaults from there."
    )
    name: LocalText = Field(description="Local name of the role.")
    scope: RoleScope = Field(
        description=(
            "How far the rights reach: TENANT the whole city, ORGANIZATION the subtree of the appointing organization, "
            "GRID one grid, OWN only what the holder has reported, handles or is."
        ),
    )
    permissions: tuple[Permission, ...] = Field(description="The rights of the role, as `area:verb`.")
    max_active_per_organization: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="How many may hold the role in one organization at a time; null for any number (DY-02: 1).",
    )
    term_months: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None,
        description="Length of an appointment in months; the rights end with it. Null for no fixed term (DY-02: 12).",
    )
    requires_posting: bool = Field(
        default=False,
        description="Whether the role needs a posting to the community it serves, as long as it is held (DY-25).",
    )


class StarPolicy(Part):
    """Verified hours that earn each star (DY-12)."""

    thresholds_hours: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field(
        default=(100, 300, 600, 1000, 1500),
        min_length=1,
        max_length=10,
        description=(
            "Verified hours for one star, two stars and so on, strictly rising. The articles name no figures (A-04); "
            "the default is the common national scale."
        ),
    )


class HealthCheckRule(Part):
    """One group of residents entitled to the free check."""

    sex: Sex = Field(description="Sex of the group.")
    min_age: Annotated[int, Field(ge=0, le=150)] = Field(description="Youngest age in completed years, inclusive.")
    max_age: Annotated[int, Field(ge=0, le=150)] = Field(description="Oldest age in completed years, inclusive.")


class HealthCheckPolicy(Part):
    """Who has a free health check, from a day on (DY-14). A later policy never changes past records."""

    effective_from: date = Field(description="First day in force; it ends when a later policy begins.")
    rules: tuple[HealthCheckRule, ...] = Field(min_length=1, description="The entitled groups.")
    interval_months: Annotated[int, Field(ge=1, le=240)] = Field(
        default=24,
        description="Months between two checks.",
    )
    interval_from: IntervalStart = Field(
        default=IntervalStart.LAST_CHECK,
        description="From the person's last check, or by calendar biennium (A-05; default LAST_CHECK).",
    )
