"""The manifest of a tenant, version 1: every setting of a city in one frozen value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tenants.manifest.applications import ClientApplication
from tenants.manifest.calendar import OrganizationCalendar, WorkCalendar
from tenants.manifest.casework import CaseCategory, CaseTemplate, Deadlines, EscalationLadder
from tenants.manifest.intake import Channel, IntakeRules
from tenants.manifest.keeping import PublicationRules, RetentionRules
from tenants.manifest.people import HealthCheckPolicy, Role, StarPolicy
from tenants.manifest.structure import Chain, GridPolicy, Identity, Level, OrganizationKind
from tenants.manifest.words import Containment, LabelKey, Language, LocalText, Part, Slug, Text, Track


class Manifest(Part):
    """Everything that makes one city different from another. Made only by ``tenants.manifest.faults.parse``."""

    version: Literal[1] = Field(description="Version of the manifest's form; always 1.")
    identity: Identity = Field(description="Slug, name, region and kind of the tenant.")
    time_zone: Text = Field(default="Asia/Shanghai", description="IANA time zone in which days and deadlines count.")
    languages: tuple[Language, ...] = Field(
        default=("zh-CN", "en"),
        min_length=1,
        description="Languages offered, the preferred one first.",
    )
    labels: dict[LabelKey, LocalText] = Field(
        default_factory=dict,
        max_length=200,
        description="Local words by key, for front ends; dots group keys.",
    )
    organization_kinds: tuple[OrganizationKind, ...] = Field(
        default=(),
        max_length=50,
        description="Kinds of organizations.",
    )
    levels: tuple[Level, ...] = Field(
        default=(),
        max_length=20,
        description="Levels from the highest to the lowest rank.",
    )
    chains: tuple[Chain, ...] = Field(default=(), max_length=20, description="Chains of levels that make up the tree.")
    escalation_chain: tuple[Slug, ...] = Field(
        default=(),
        description="Levels a case climbs, highest first, one at a time (JM-23); a case starts at the last.",
    )
    grid_policy: GridPolicy | None = Field(default=None, description="How grids are cut and staffed.")
    roles: tuple[Role, ...] = Field(
        default=(),
        max_length=50,
        description="The roles of the tenant. Absent: every city role of the default table.",
    )
    case_categories: tuple[CaseCategory, ...] = Field(
        default=(),
        max_length=300,
        description="What cases can be about.",
    )
    case_templates: tuple[CaseTemplate, ...] = Field(
        default=(),
        max_length=len(Track),
        description="One template per track offered.",
    )
    deadlines: Deadlines = Field(default=Deadlines(), description="How long a case may take.")
    escalation_ladder: EscalationLadder = Field(default=EscalationLadder(), description="What happens to late cases.")
    containment_targets: dict[Containment, Slug] = Field(
        default_factory=dict,
        description="Highest level at which a class should be settled: an aim, never a bar to escalating (N-07).",
    )
    work_calendar: WorkCalendar = Field(default=WorkCalendar(), description="Weekly hours, holidays and make-up days.")
    calendars: tuple[OrganizationCalendar, ...] = Field(
        default=(),
        max_length=200,
        description="Organizations that work at other times than the city, with everything below them.",
    )
    star_policy: StarPolicy = Field(default=StarPolicy(), description="Stars of volunteers.")
    health_check_policies: tuple[HealthCheckPolicy, ...] = Field(
        default=(),
        description="Versions of the free health check, by first day in force; empty where there is none.",
    )
    intake: IntakeRules = Field(
        default=IntakeRules(), description="Who may report without a name, and what counts as the same matter."
    )
    publication: PublicationRules = Field(
        default=PublicationRules(), description="Words that nothing the city makes public may hold."
    )
    retention: RetentionRules = Field(
        default=RetentionRules(), description="How long the personal parts of cases that have ended are kept."
    )
    channels: tuple[Channel, ...] = Field(
        default=(),
        max_length=20,
        description="The programs that hand reports in by signed webhooks.",
    )
    clients: tuple[ClientApplication, ...] = Field(
        default=(),
        max_length=50,
        description="The client applications registered with the city.",
    )

    @property
    def slug(self) -> str:
        """The tenant's stable name."""
        return self.identity.slug

    def document(self) -> dict[str, Any]:
        """The manifest as JSON values with every default written out; ``parse`` makes the same manifest of it."""
        return self.model_dump(mode="json")

    def find_level(self, code: str) -> Level | None:
        """The level of a code, or None."""
        return next((level for level in self.levels if level.code == code), None)

    def find_role(self, slug: str) -> Role | None:
        """The role of a slug, or None."""
        return next((role for role in self.roles if role.slug == slug), None)

    def find_category(self, code: str) -> CaseCategory | None:
        """The category of a code, or None."""
        return next((category for category in self.case_categories if category.code == code), None)

    def find_template(self, track: Track | str) -> CaseTemplate | None:
        """The template of a track, or None when the city does not offer the track."""
        return next((template for template in self.case_templates if template.track == track), None)

    def find_chain(self, code: str) -> Chain | None:
        """The chain of a code, or None."""
        return next((chain for chain in self.chains if chain.code == code), None)
