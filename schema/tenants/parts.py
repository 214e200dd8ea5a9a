"""The parts of a city's configuration in the graph. They come from the manifest in force, never from rows."""

from __future__ import annotations

import strawberry

from schema.members.inputs import Scope
from server.cases.states import Containment, Severity, Track
from tenants.manifest import casework, people, structure, words


@strawberry.type(description="One text in the languages of the platform.")
class LocalText:
    """A text per language."""

    zh_cn: str = strawberry.field(name="zhCN", description="The text in simplified Chinese.")
    en: str = strawberry.field(description="The text in American English.")

    @classmethod
    def of(cls, text: words.LocalText) -> LocalText:
        """From the manifest."""
        return cls(zh_cn=text.zh_cn, en=text.en)


@strawberry.type(description="A local word, by key.")
class Label:
    """What the city calls something."""

    key: str = strawberry.field(description="Stable key; dots group keys.")
    text: LocalText = strawberry.field(description="The word.")


@strawberry.type(description="Something with a code and a name.")
class OrganizationKind:
    """A kind of organization."""

    code: str = strawberry.field(description="Stable code.")
    name: LocalText = strawberry.field(description="Local name.")

    @classmethod
    def of(cls, kind: structure.OrganizationKind) -> OrganizationKind:
        """From the manifest."""
        return cls(code=kind.code, name=LocalText.of(kind.name))


@strawberry.type(description="One storey of the city.")
class Level:
    """A level."""

    code: str = strawberry.field(description="Stable code.")
    rank: int = strawberry.field(description="0 household to 7 city, the same scale in every city.")
    name: LocalText = strawberry.field(description="Local name.")
    kinds: list[str] = strawberry.field(description="Codes of the kinds of organizations that may stand here.")
    grids: bool = strawberry.field(description="Whether grids may attach to organizations of this level.")

    @classmethod
    def of(cls, level: structure.Level) -> Level:
        """From the manifest."""
        return cls(
            code=level.code,
            rank=level.rank,
            name=LocalText.of(level.name),
            kinds=list(level.kinds),
            grids=level.grids,
        )


@strawberry.type(description="A line of levels in which each organization's parent is of the level before.")
class Chain:
    """A chain of levels."""

    code: str = strawberry.field(description="Stable code.")
    name: LocalText = strawberry.field(description="Local name.")
    levels: list[str] = strawberry.field(description="Level codes from the highest to the lowest.")

    @classmethod
    def of(cls, chain: structure.Chain) -> Chain:
        """From the manifest."""
        return cls(code=chain.code, name=LocalText.of(chain.name), levels=list(chain.levels))


@strawberry.type(description="A kind of grid and the size it should have.")
class GridKind:
    """A kind of grid."""

    code: str = strawberry.field(description="Stable code.")
    name: LocalText = strawberry.field(description="Local name.")
    target_households: int | None = strawberry.field(description="Households it should hold; null for no size.")
    tolerance_percent: int = strawberry.field(description="How far from the target it may be before it is flagged.")

    @classmethod
    def of(cls, kind: structure.GridKind) -> GridKind:
        """From the manifest."""
        return cls(
            code=kind.code,
            name=LocalText.of(kind.name),
            target_households=kind.target_households,
            tolerance_percent=kind.tolerance_percent,
        )


@strawberry.type(description="One line of the staffing formula.")
class Capacity:
    """A capacity in which somebody serves."""

    code: str = strawberry.field(description="Stable code.")
    name: LocalText = strawberry.field(description="Local name.")
    minimum: int = strawberry.field(description="How many there must be at least.")
    per: str | None = strawberry.field(description="Level whose every organization needs them; null: every grid does.")

    @classmethod
    def of(cls, post: structure.StaffingPost) -> Capacity:
        """From the manifest."""
        return cls(code=post.capacity, name=LocalText.of(post.name), minimum=post.minimum, per=post.per)


@strawberry.type(description="What holders of an appointment may do, and the terms of the appointment.")
class Role:
    """A role."""

    slug: str = strawberry.field(description="Stable slug: pass it to appointMember.")
    name: LocalText = strawberry.field(description="Local name.")
    scope: Scope = strawberry.field(description="How far its rights reach.")
    permissions: list[str] = strawberry.field(description="Its rights, area:verb.")
    term_months: int | None = strawberry.field(description="Usual length of an appointment; null for no fixed term.")
    max_active_per_organization: int | None = strawberry.field(
        description="How many may hold it in one organization at a time; null for any number.",
    )
    requires_posting: bool = strawberry.field(description="Whether only members posted to the place may hold it.")

    @classmethod
    def of(cls, role: people.Role) -> Role:
        """From the manifest."""
        return cls(
            slug=role.slug,
            name=LocalText.of(role.name),
            scope=Scope(role.scope.value),
            permissions=sorted(permission.value for permission in role.permissions),
            term_months=role.term_months,
            max_active_per_organization=role.max_active_per_organization,
            requires_posting=role.requires_posting,
        )


@strawberry.type(description="What a case can be about.")
class Category:
    """A category of cases."""

    code: str = strawberry.field(description="Stable code: pass it to reportCase.")
    name: LocalText = strawberry.field(description="Local name.")
    parent: str | None = strawberry.field(description="Code of the wider category; null for a root.")
    default_severity: Severity = strawberry.field(description="Severity until a dispatcher decides otherwise.")
    containment: Containment | None = strawberry.field(description="Class whose containment target applies.")

    @classmethod
    def of(cls, category: casework.CaseCategory) -> Category:
        """From the manifest."""
        return cls(
            code=category.code,
            name=LocalText.of(category.name),
            parent=category.parent,
            default_severity=Severity(category.default_severity.value),
            containment=Containment(category.containment.value) if category.containment else None,
        )


@strawberry.type(description="The course cases of one track take.")
class CourseOfTrack:
    """A case template."""

    track: Track = strawberry.field(description="The track.")
    name: LocalText = strawberry.field(description="Local name.")
    claim: bool = strawberry.field(description="Whether cases can be sent to the pool, where one claimant wins.")
    direct_dispatch: bool = strawberry.field(description="Whether a dispatcher may name the handler.")
    dispatcher_roles: list[str] = strawberry.field(description="Slugs of the roles that dispatch.")
    mandatory_steps: list[str] = strawberry.field(description="Steps a case must have taken before it is archived.")
    feedback_by_hop: bool = strawberry.field(
        description="Whether the feedback passes through every organization that handed the case up."
    )
    explanation_every_days: int = strawberry.field(
        description="Days a complex or major case may go without an explanation."
    )

    @classmethod
    def of(cls, template: casework.CaseTemplate) -> CourseOfTrack:
        """From the manifest."""
        return cls(
            track=Track(template.track.value),
            name=LocalText.of(template.name),
            claim=template.claim,
            direct_dispatch=template.direct_dispatch,
            dispatcher_roles=list(template.dispatcher_roles),
            mandatory_steps=[step.value for step in template.mandatory_steps],
            feedback_by_hop=template.feedback_by_hop,
            explanation_every_days=template.explanation_every_days,
        )
