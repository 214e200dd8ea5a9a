"""What a city's manifest says about cases, as the values the rules look at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.cases.calendars import WorkCalendar
from server.cases.questions import NOTHING_ASKED
from server.cases.service.clockwork import timing_of
from server.cases.states import CaseTemplate, Containment, Rating, Severity, Track
from server.cases.templates import step_of
from server.cases.timing import Timing
from server.errors import RuleViolation
from tenants.manifest.casework import CaseTemplate as TemplatePart
from tenants.manifest.model import Manifest
from tenants.manifest.words import CaseStep
from tenants.permissions import Permission

MOST_ECHOED = 64
"""Characters of an unknown code that its refusal repeats."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the city; parent: code of the wider one, None for a root.

    department: the kind of organization whose queue its cases wait in. questions: its own, as JSON Schema, None for none.
    private: whether its cases are never made public; None: as those of the wider one. materials: codes of what a service
    needs one to bring along.
    """

    code: str
    parent: str | None
    severity: Severity
    containment: Containment | None
    department: str | None = None
    questions: Mapping[str, Any] | None = None
    private: bool | None = None
    materials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """The settings of one city.

    templates: by track offered, in the manifest's order. dispatchers: the roles that dispatch cases of a track.
    roles: the rights of each role. timing: limits, ladder and calendars.
    """

    slug: str
    templates: Mapping[Track, CaseTemplate]
    dispatchers: Mapping[Track, frozenset[str]]
    categories: Mapping[str, Category]
    timing: Timing
    chain: tuple[str, ...]
    roles: Mapping[str, frozenset[Permission]]

    @property
    def calendar(self) -> WorkCalendar:
        """The city's own, in whose time zone its days and years begin."""
        return self.timing.calendar

    def template(self, track: Track) -> CaseTemplate:
        """The template of a track. Raises TRACK_NOT_OFFERED."""
        template = self.templates.get(track)
        if template is None:
            raise RuleViolation(
                "This city has no track {track}; it has {offered}.",
                code="TRACK_NOT_OFFERED",
                field=("track",),
                track=track,
                offered=", ".join(self.templates) or "none",
            )
        return template

    def category(self, code: str) -> Category:
        """A category by code. Raises CATEGORY_NOT_LISTED."""
        category = self.categories.get(code)
        if category is None:
            raise RuleViolation(
                "This city has no category {category}.",
                code="CATEGORY_NOT_LISTED",
                field=("category",),
                category=code[:MOST_ECHOED],
            )
        return category

    def department(self, category: Category) -> str | None:
        """The department of the category, or of the nearest one above it that has any."""
        return next((found.department for found in self._upward(category) if found.department), None)

    def questions(self, category: Category) -> Mapping[str, Any]:
        """The questions of the category, or of the nearest one above it that has any, as JSON Schema."""
        return next((found.questions for found in self._upward(category) if found.questions), NOTHING_ASKED)

    def is_private(self, code: str) -> bool:
        """Whether cases of a category are never made public; those of a category the city lists no more never are."""
        category = self.categories.get(code)
        if category is None:
            return True
        return next((found.private for found in self._upward(category) if found.private is not None), False)

    def widening(self, code: str) -> tuple[str, ...]:
        """The codes of a category and of those above it, the narrowest first; none for an unlisted one."""
        category = self.categories.get(code)
        return () if category is None else tuple(found.code for found in self._upward(category))

    def _upward(self, category: Category) -> Iterator[Category]:
        found: Category | None = category
        while found is not None:
            yield found
            found = self.categories.get(found.parent or "")

    def usual_track(self, category: Category) -> Track:
        """The track named like the category or one above it (a dispute goes the way of disputes), else the city's first.

        Raises TRACK_NOT_OFFERED in a city without any template.
        """
        named = (Track(found.code) for found in self._upward(category) if found.code in self.templates)
        return next(named, next(iter(self.templates), Track.GRID_EVENT))


_KEPT_POLICIES = 512
_POLICIES: OrderedDict[int, tuple[Manifest, CasePolicy]] = OrderedDict()


def policy_of(manifest: Manifest) -> CasePolicy:
    """The settings of a city from its manifest in force; made once for each manifest that the registry keeps."""
    kept = _POLICIES.get(id(manifest))
    if kept is not None:  # it holds its manifest, so no other one can have come by the same id
        _POLICIES.move_to_end(id(manifest))
        return kept[1]
    policy = _made_of(manifest)
    _POLICIES[id(manifest)] = (manifest, policy)
    if len(_POLICIES) > _KEPT_POLICIES:
        _POLICIES.popitem(last=False)
    return policy


def _made_of(manifest: Manifest) -> CasePolicy:
    chain = manifest.escalation_chain
    return CasePolicy(
        slug=manifest.slug,
        templates={Track(part.track.value): _template(part, chain) for part in manifest.case_templates},
        dispatchers={Track(part.track.value): frozenset(part.dispatcher_roles) for part in manifest.case_templates},
        categories={
            part.code: Category(
                code=part.code,
                parent=part.parent,
                severity=Severity(part.default_severity.value),
                containment=Containment(part.containment.value) if part.containment else None,
                department=part.department,
                questions=part.questions.json_schema() if part.questions else None,
                private=part.private,
                materials=tuple(material.code for material in part.service.materials) if part.service else (),
            )
            for part in manifest.case_categories
        },
        timing=timing_of(manifest),
        chain=chain,
        roles={role.slug: frozenset(role.permissions) for role in manifest.roles},
    )


def _template(part: TemplatePart, chain: tuple[str, ...]) -> CaseTemplate:
    return CaseTemplate(
        track=Track(part.track.value),
        mandatory_steps=frozenset(step_of(step.value) for step in part.mandatory_steps),
        escalation_chain=chain,
        pool=part.claim,
        direct=part.direct_dispatch,
        automatic_accept=part.automatic_accept,
        rating_window_days=part.rating.window_days,
        rating_scale=tuple(Rating(rating.value) for rating in part.rating.scale),
        max_reopens=part.max_reopens,
        feedback_by_hop=part.feedback_by_hop,
        explanation_every_days=part.explanation_every_days,
        dispatcher_roles=frozenset(part.dispatcher_roles),
        publishes=part.publishes or CaseStep.PUBLISHED in part.mandatory_steps,
        archive_after_days=part.archive_after_days,
    )
