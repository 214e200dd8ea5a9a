"""Rules about cases: categories, one template per track, deadlines, the escalation ladder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tenants.manifest.questions import Questions
from tenants.manifest.words import (
    CaseStep,
    Code,
    Containment,
    CourseWord,
    DeadlineStart,
    LadderAction,
    LocalText,
    Part,
    PauseWord,
    Rating,
    Severity,
    Slug,
    Target,
    TimeUnit,
    Track,
)


class Material(Part):
    """Something to bring along."""

    code: Code = Field(description="Stable code of the material.")
    name: LocalText = Field(description="What it is, as people call it.")


class ServiceItem(Part):
    """What a service needs, to be known before one goes there (CZ-04)."""

    materials: tuple[Material, ...] = Field(default=(), max_length=30, description="What to bring along.")
    steps: tuple[LocalText, ...] = Field(default=(), max_length=30, description="What happens there, in order.")


class CaseCategory(Part):
    """What a case is about."""

    code: Code = Field(description="Stable code of the category.")
    name: LocalText = Field(description="Local name of the category.")
    parent: Code | None = Field(default=None, description="Code of the wider category; null for a root.")
    default_severity: Severity = Field(
        default=Severity.GENERAL,
        description="Severity until a dispatcher decides otherwise with a reason (A-09).",
    )
    containment: Containment | None = Field(
        default=None,
        description="Class whose containment target applies; null for none.",
    )
    department: Slug | None = Field(
        default=None,
        description=(
            "Kind of organization whose queue cases of the category wait in: the nearest such organization at or above "
            "the place (HS-03). Null: that of the wider category, or no queue."
        ),
    )
    questions: Questions | None = Field(
        default=None,
        description="What is asked of whoever reports, as JSON Schema. Null: what the wider category asks, or nothing.",
    )
    service: ServiceItem | None = Field(
        default=None,
        description="What to bring along and what happens, for a service; null for nothing known before (CZ-04).",
    )
    private: bool | None = Field(
        default=None,
        description=(
            "Whether its cases are never made public: health, petitions, minors (T23). Null: as the wider category, or no."
        ),
    )


class RatingRules(Part):
    """How a reporter rates; silence is NOT_RATED and never counts as satisfied (T21)."""

    window_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=14,
        description="Days after the feedback in which the reporter may rate (the articles are silent; default 14).",
    )
    scale: tuple[Rating, ...] = Field(
        default=tuple(Rating),
        min_length=2,
        description="The judgments offered, best first (AQ-04 quotes only VERY_SATISFIED).",
    )


class TimeLimit(Part):
    """A stretch of time."""

    amount: Annotated[int, Field(ge=1, le=1000)] = Field(description="How many units.")
    unit: TimeUnit = Field(description="HOURS and DAYS run on; the WORKING units follow the work calendar.")


class Deadlines(Part):
    """How long a case may take, by severity."""

    starts_from: DeadlineStart = Field(
        default=DeadlineStart.SUBMISSION,
        alias="from",
        description="What starts the clock (A-08; default SUBMISSION).",
    )
    limits: dict[Severity, TimeLimit | None] = Field(
        default={
            Severity.GENERAL: TimeLimit(amount=10, unit=TimeUnit.DAYS),
            Severity.COMPLEX: None,
            Severity.MAJOR: None,
        },
        description=(
            "Limit per severity; null or absent for none. Default: 10 calendar days for GENERAL, none for COMPLEX and "
            "MAJOR, which carry a duty to explain instead (AQ-05)."
        ),
    )

    targets: dict[Target, dict[Severity, TimeLimit | None]] = Field(
        default_factory=dict,
        description=(
            "Limits of what must happen before, per severity: ACCEPT and FIRST_REPLY from the report, DISPATCH from "
            "where the deadline runs. A target that is missed is written down once; only the deadline climbs the ladder."
        ),
    )

    def limit(self, severity: Severity) -> TimeLimit | None:
        """The limit of a severity; None when it has none."""
        return self.limits.get(severity)


class CaseTemplate(Part):
    """The course of one track. It may skip states, never reorder them (sources.md 3.2)."""

    track: Track = Field(description="The track this template is for.")
    name: LocalText = Field(description="Local name of the track.")
    dispatcher_roles: tuple[Slug, ...] = Field(
        min_length=1,
        description="Roles that dispatch cases of this track; each must hold `case:dispatch`.",
    )
    claim: bool = Field(default=False, description="Whether cases can be sent to the pool, where one claimant wins.")
    direct_dispatch: bool = Field(default=True, description="Whether a dispatcher may name the handler.")
    automatic_accept: bool = Field(
        default=False,
        description="Whether reporting accepts the case at once, with no gatekeeper between (AQ-02).",
    )
    mandatory_steps: tuple[CaseStep, ...] = Field(
        default=(CaseStep.DISPATCHED, CaseStep.RESOLVED, CaseStep.FEEDBACK_GIVEN),
        description=(
            "The steps of the course, in their order: a case must have taken each before it is archived, and each is "
            "stamped when it is taken. TRACKED, URGED and RETURN_VISITED run beside the states (A-23)."
        ),
    )
    step_names: dict[CourseWord, LocalText] = Field(
        default_factory=dict,
        description="Local names of states and steps in this track; what is not listed keeps its common name.",
    )
    rating: RatingRules = Field(default=RatingRules(), description="How the reporter rates.")
    max_reopens: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2,
        description="How often a reporter may reopen a case (the articles are silent; default 2).",
    )
    feedback_by_hop: bool = Field(
        default=False,
        description="Whether the feedback passes through every organization that handed the case up (JM-23).",
    )
    explanation_every_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=10,
        description="Days a complex or major case may go without an explanation (AQ-05 names no interval; default 10).",
    )
    publishes: bool = Field(
        default=False,
        description="Whether results of this track can be made public (T23); demanding PUBLISHED says so too.",
    )
    archive_after_days: Annotated[int, Field(ge=0, le=3650)] | None = Field(
        default=None,
        description="Days after rating is closed until the worker archives what has its steps; null: people archive.",
    )
    deadlines: Deadlines | None = Field(
        default=None,
        description="The limits of this track, whole; null for those of the city.",
    )
    pauses_in: tuple[PauseWord, ...] = Field(
        default=(),
        description="States and kinds of handling in which the clocks of a case of this track stand still.",
    )


class LadderStep(Part):
    """One step of a late case: when, one level up, and who is told. Exactly one of the two times is set."""

    after_share_percent: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="Share of the time from the start to the deadline, in percent; 100 is the deadline itself.",
    )
    after: TimeLimit | None = Field(default=None, description="Time after the deadline.")
    to: Literal["NEXT_LEVEL"] = Field(
        default="NEXT_LEVEL",
        description="Where the case goes: always exactly one level up the escalation chain (JM-23).",
    )
    action: LadderAction = Field(
        default=LadderAction.CLIMB,
        description="CLIMB: the case goes up. NOTIFY_ONLY: it stays where it is, and people are told.",
    )
    notify_roles: tuple[Slug, ...] = Field(
        default=(),
        description="Roles that are told, at the organization that has the case after the step.",
    )


class EscalationLadder(Part):
    """What happens to a late case, step by step."""

    steps: tuple[LadderStep, ...] = Field(
        default=(LadderStep(after_share_percent=100),),
        max_length=20,
        description=(
            "Steps in the order of time. Default: one level up when the deadline passes. A case is marked late at its "
            "deadline whatever they say."
        ),
    )
