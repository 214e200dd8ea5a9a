"""A city in the graph, and what the operator is told about a manifest."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry
from strawberry.scalars import JSON

from schema.context import CivicInfo
from schema.mutations import UserError, user_errors
from schema.planner.prices import listed
from schema.tenants.parts import (
    Capacity,
    Category,
    Chain,
    CourseOfTrack,
    GridKind,
    Label,
    Level,
    LocalText,
    OrganizationKind,
    Role,
)
from server.cases.service.recomputing import MOST_SHOWN, Preview
from server.cases.states import Track
from server.onboarding.warnings import calendar_warnings
from tenants.authz import authorize
from tenants.clock import now
from tenants.ids import public_id
from tenants.manifest import diff
from tenants.manifest.model import Manifest
from tenants.manifest.words import TenantKind
from tenants.permissions import Permission
from tenants.platform import CityInfo

strawberry.enum(diff.ChangeAction, name="ManifestChangeAction", description="What happens to the thing at a path.")
strawberry.enum(TenantKind, description="A city, or the platform's own tenant of the operators.")


def _document(self: Tenant, info: CivicInfo) -> str:
    """The document, ready to be edited and planned. Errors: NotPermitted without manifest:read."""
    authorize(info.context.require_actor(), Permission.MANIFEST_READ)
    return json.dumps(self.content.document(), ensure_ascii=False, indent=2)


@strawberry.type(description="The city of the caller, as its manifest in force describes it.")
class Tenant:
    """Made from the manifest that this process keeps: reading it costs no statement."""

    content: strawberry.Private[Manifest]
    id: strawberry.ID = strawberry.field(description="Opaque and globally unique; stays the same for ever.")
    slug: str = strawberry.field(description="Stable name in addresses and commands.")
    kind: TenantKind = strawberry.field(description="A city, or the platform's own tenant.")
    name: LocalText = strawberry.field(description="Name of the city.")
    region: LocalText | None = strawberry.field(description="Province or region.")
    time_zone: str = strawberry.field(description="IANA time zone in which days and deadlines count.")
    languages: list[str] = strawberry.field(description="Languages offered, the preferred one first.")
    labels: list[Label] = strawberry.field(description="Local words for front ends, by key.", metadata=listed(200))
    organization_kinds: list[OrganizationKind] = strawberry.field(
        description="Kinds of organizations.",
        metadata=listed(50),
    )
    levels: list[Level] = strawberry.field(description="Levels from the highest to the lowest.", metadata=listed(20))
    chains: list[Chain] = strawberry.field(
        description="Chains of levels that make up the tree of organizations.",
        metadata=listed(20),
    )
    escalation_chain: list[str] = strawberry.field(
        description="Codes of the levels a case climbs when it is late, highest first.",
    )
    grid_kinds: list[GridKind] = strawberry.field(description="Kinds of grids.", metadata=listed(20))
    capacities: list[Capacity] = strawberry.field(
        description="The staffing formula of grids and communities.",
        metadata=listed(50),
    )
    roles: list[Role] = strawberry.field(
        description="Roles that members are appointed to, or people have by nature.",
        metadata=listed(50),
    )
    categories: list[Category] = strawberry.field(description="What cases can be about.", metadata=listed(300))
    tracks: list[CourseOfTrack] = strawberry.field(
        description="The tracks offered, each with its course.",
        metadata=listed(len(Track)),
    )
    star_hours: list[int] = strawberry.field(description="Verified hours that earn each star, rising.")
    calendar_warnings: list[str] = strawberry.field(
        description="How far the holidays are known, when that is not far enough; empty when all is well.",
    )
    manifest_version: int = strawberry.field(description="Number of the manifest in force, counted up by each change.")
    manifest: str = strawberry.field(
        resolver=_document,
        description="The whole manifest in force as JSON text; asks for the permission manifest:read.",
    )

    @classmethod
    def of(cls, tenant_id: UUID, version: int, manifest: Manifest) -> Tenant:
        """From the manifest in force; warnings as of today in the city."""
        identity, grids = manifest.identity, manifest.grid_policy
        today = now().astimezone(ZoneInfo(manifest.time_zone)).date()
        return cls(
            content=manifest,
            id=strawberry.ID(public_id("tenant", tenant_id)),
            slug=manifest.slug,
            kind=identity.kind,
            name=LocalText.of(identity.name),
            region=LocalText.of(identity.region) if identity.region else None,
            time_zone=manifest.time_zone,
            languages=list(manifest.languages),
            labels=[Label(key=key, text=LocalText.of(text)) for key, text in sorted(manifest.labels.items())],
            organization_kinds=[OrganizationKind.of(kind) for kind in manifest.organization_kinds],
            levels=[Level.of(level) for level in manifest.levels],
            chains=[Chain.of(chain) for chain in manifest.chains],
            escalation_chain=list(manifest.escalation_chain),
            grid_kinds=[GridKind.of(kind) for kind in grids.kinds] if grids else [],
            capacities=[Capacity.of(post) for post in grids.staffing] if grids else [],
            roles=[Role.of(role) for role in manifest.roles],
            categories=[Category.of(category) for category in manifest.case_categories],
            tracks=[CourseOfTrack.of(template) for template in manifest.case_templates],
            star_hours=list(manifest.star_policy.thresholds_hours),
            calendar_warnings=list(calendar_warnings(manifest.work_calendar, today)),
            manifest_version=version,
        )


@strawberry.type(description="A tenant in the operator's list.")
class ListedTenant:
    """Names and versions; nothing of what is inside."""

    slug: str = strawberry.field(description="Stable name in addresses and commands.")
    kind: TenantKind = strawberry.field(description="A city, or the platform's own tenant.")
    name: LocalText = strawberry.field(description="Name of the city.")
    status: str = strawberry.field(description="PREPARING, ACTIVE, SUSPENDED, LEAVING or DELETED.")
    time_zone: str = strawberry.field(description="IANA time zone.")
    manifest_version: int = strawberry.field(description="Number of the manifest in force.")
    created_at: datetime = strawberry.field(description="When it came on board.")

    @classmethod
    def of(cls, city: CityInfo) -> ListedTenant:
        """From the registry's row."""
        return cls(
            slug=city.slug,
            kind=TenantKind(city.kind),
            name=LocalText(zh_cn=city.name["zh-CN"], en=city.name["en"]),
            status=city.status,
            time_zone=city.time_zone,
            manifest_version=city.manifest_version,
            created_at=city.created_at,
        )


@strawberry.type(description="One difference between the manifest in force and another one.")
class ManifestChange:
    """A line of a plan."""

    path: str = strawberry.field(description="Where, with an item's code in place of its index; empty for all of it.")
    action: diff.ChangeAction = strawberry.field(description="What happens there.")
    before: JSON | None = strawberry.field(description="The value now; null where there is none.")
    after: JSON | None = strawberry.field(description="The value then; null where there is none.")
    effect: str = strawberry.field(description="What applying does, in a plain sentence.")

    @classmethod
    def of(cls, change: diff.Change) -> ManifestChange:
        """From a plan."""
        return cls(
            path=change.path,
            action=change.action,
            before=change.before,
            after=change.after,
            effect=change.effect,
        )


@strawberry.input(description="A manifest to look at or to put in force.")
class ManifestInput:
    """A document, whom it is meant for, and what becomes of the open cases."""

    document: str = strawberry.field(description="The manifest as YAML or JSON text.")
    slug: str | None = strawberry.field(
        default=None,
        description="The tenant it is meant for; given, a document with another slug is refused.",
    )
    open_cases_follow: bool = strawberry.field(
        default=False,
        description="Whether cases that have not ended take over the courses as they are now; false: each keeps its own.",
    )


MOST_CHANGES = 1_000
MOST_FAULTS = 100


@strawberry.type(description="An open case whose deadline would be another one.")
class MovedDeadline:
    """A case and its two deadlines."""

    number: str = strawberry.field(description="Number of the case.")
    before: datetime | None = strawberry.field(description="When it is due now; null for not at all, or not known yet.")
    after: datetime | None = strawberry.field(description="When it would be due.")


@strawberry.type(description="What applying a manifest would do to the deadlines of open cases.")
class DeadlinePreview:
    """Counts, and the first that move. Deadlines that have passed stay."""

    open_cases: int = strawberry.field(description="Open cases of the city.")
    looked_at: int = strawberry.field(description="Those looked at for this preview, at most 5,000.")
    moved: int = strawberry.field(description="Those of them whose deadline would be another one.")
    furthest_minutes: int = strawberry.field(description="By how many minutes a deadline moves at most, either way.")
    moves: list[MovedDeadline] = strawberry.field(
        description="The first 50 of them, oldest cases first.", metadata=listed(MOST_SHOWN)
    )

    @classmethod
    def of(cls, found: Preview) -> DeadlinePreview:
        """From the use case."""
        return cls(
            open_cases=found.open_cases,
            looked_at=found.looked_at,
            moved=found.moved,
            furthest_minutes=found.furthest // timedelta(minutes=1),
            moves=[MovedDeadline(number=move.number, before=move.before, after=move.after) for move in found.moves],
        )


@strawberry.type(description="Answer to planTenant and applyTenant.")
class ManifestPayload:
    """The changes, or the faults of the document."""

    slug: str | None = strawberry.field(default=None, description="The tenant; null when there are errors.")
    version: int | None = strawberry.field(
        default=None,
        description="Number of the manifest now in force; null when only planned.",
    )
    changes: list[ManifestChange] = strawberry.field(
        default_factory=list,
        description=(
            "The differences in the order of the document, the first 1,000; empty when the manifest is in force already."
        ),
        metadata=listed(MOST_CHANGES),
    )
    warnings: list[str] = strawberry.field(default_factory=list, description="What deserves a second look.")
    deadlines: DeadlinePreview | None = strawberry.field(
        default=None,
        description="Of planTenant: what becomes of open deadlines; null when the changes do not touch them. Applying has "
        "the worker compute them anew (deadlineRuns).",
    )
    user_errors: list[UserError] = user_errors(MOST_FAULTS)
