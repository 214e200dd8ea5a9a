"""What a city's manifest says about cases, as the values the rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from server.cases.calendars import Hours, WorkCalendar
from server.cases.deadlines import ClockStart, DeadlinePolicy, DeadlineRule, LadderStep, Unit
from server.cases.states import CaseStatus, CaseTemplate, Containment, Rating, Severity, Track
from server.errors import RuleViolation
from tenants.manifest.calendar import WEEKDAYS
from tenants.manifest.casework import CaseTemplate as TemplatePart
from tenants.manifest.casework import TimeLimit
from tenants.manifest.model import Manifest
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the city; parent: code of the wider one, None for a root."""

    code: str
    parent: str | None
    severity: Severity
    containment: Containment | None


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """The settings of one city.

    templates: by track offered, in the manifest's order. dispatchers: the roles that dispatch cases of a track.
    roles: the rights of each role. ladder: in the order of time.
    """

    slug: str
    templates: Mapping[Track, CaseTemplate]
    dispatchers: Mapping[Track, frozenset[str]]
    categories: Mapping[str, Category]
    deadlines: DeadlinePolicy
    ladder: tuple[LadderStep, ...]
    calendar: WorkCalendar
    chain: tuple[str, ...]
    roles: Mapping[str, frozenset[Permission]]

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
                category=code,
            )
        return category

    def usual_track(self, category: Category) -> Track:
        """The track named like the category or one above it (a dispute goes the way of disputes), else the city's first.

        Raises TRACK_NOT_OFFERED in a city without any template.
        """
        found: Category | None = category
        while found is not None:
            if found.code in self.templates:
                return Track(found.code)
            found = self.categories.get(found.parent or "")
        return next(iter(self.templates), Track.GRID_EVENT)


def policy_of(manifest: Manifest) -> CasePolicy:
    """The settings of a city from its manifest in force."""
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
            )
            for part in manifest.case_categories
        },
        deadlines=_deadlines(manifest),
        ladder=tuple(
            LadderStep(after_share_percent=step.after_share_percent, after=_limit(step.after))
            for step in manifest.escalation_ladder.steps
        ),
        calendar=calendar_of(manifest),
        chain=chain,
        roles={role.slug: frozenset(role.permissions) for role in manifest.roles},
    )


def calendar_of(manifest: Manifest) -> WorkCalendar:
    """The city's working time."""
    calendar = manifest.work_calendar
    return WorkCalendar(
        time_zone=ZoneInfo(manifest.time_zone),
        weekly=tuple(
            tuple(Hours(start, end) for start, end in calendar.weekly.spans(weekday))
            for weekday in range(len(WEEKDAYS))
        ),
        known_through=calendar.known_through,
        holidays={day.on: day.name.en for day in calendar.holidays},
        make_up_days={day.on: day.name.en for day in calendar.make_up_days},
    )


def _template(part: TemplatePart, chain: tuple[str, ...]) -> CaseTemplate:
    return CaseTemplate(
        track=Track(part.track.value),
        mandatory_steps=frozenset(CaseStatus(step.value) for step in part.mandatory_steps),
        escalation_chain=chain,
        pool=part.claim,
        direct=part.direct_dispatch,
        automatic_accept=part.automatic_accept,
        rating_window_days=part.rating.window_days,
        rating_scale=tuple(Rating(rating.value) for rating in part.rating.scale),
        max_reopens=part.max_reopens,
    )


def _deadlines(manifest: Manifest) -> DeadlinePolicy:
    return DeadlinePolicy(
        rules={Severity(severity.value): _limit(limit) for severity, limit in manifest.deadlines.limits.items()},
        starts_from=ClockStart(manifest.deadlines.starts_from.value),
    )


def _limit(part: TimeLimit | None) -> DeadlineRule | None:
    return None if part is None else DeadlineRule(part.amount, Unit(part.unit.value))
