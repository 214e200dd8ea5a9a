"""Filters and orders of cases, and the enumerations they share with the rules."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema.places import PlaceFilter
from schema.planner.conditions import (
    WORDS,
    at_least,
    before,
    below,
    equals,
    found_by,
    holds,
    holds_for,
    is_set,
    is_true,
    one_of,
    refers_to,
)
from schema.planner.declare import where
from server.cases import columns
from server.cases.origins import Origin, ServiceMode, Source
from server.cases.outcomes import VisitEffect
from server.cases.states import CaseStatus, Containment, EventKind, Handling, Rating, Severity, Supervision, Track
from server.members.models import Member
from server.members.visibility import members

strawberry.enum(CaseStatus, description="Where a case stands.")
strawberry.enum(Track, description="The kind of course a case takes.")
strawberry.enum(Severity, description="How hard a case is; decides its deadline.")
strawberry.enum(Containment, description="How far up a case should have to go: an aim, no bar.")
strawberry.enum(Rating, description="The reporter's verdict.")
strawberry.enum(VisitEffect, description="What a return visit found.")
strawberry.enum(EventKind, name="CaseEventKind", description="What happened to a case.")
strawberry.enum(Supervision, name="CaseSupervision", description="How closely a case is watched, beside its state.")
strawberry.enum(Handling, name="CaseHandling", description="What the work on a case consists of.")


@strawberry.enum(description="What a city can demand of every case of a track: states, and what runs beside them.")
class CaseStep(Enum):
    """The steps, in their order."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    IN_PROGRESS = "IN_PROGRESS"
    TRACKED = "TRACKED"
    URGED = "URGED"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RETURN_VISITED = "RETURN_VISITED"
    RATED = "RATED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


strawberry.enum(Source, name="CaseSourceKind", description="By which way a report came in.")
strawberry.enum(Origin, name="CaseOrigin", description="Who brought a matter up.")
strawberry.enum(ServiceMode, description="How far the desk goes with whoever asks for a service.")


@strawberry.enum(description="Orders of cases.")
class CaseOrder(Enum):
    """What cases can be ordered by."""

    REPORTED_DESC = "REPORTED_DESC"
    REPORTED_ASC = "REPORTED_ASC"
    CHANGED_DESC = "CHANGED_DESC"
    NUMBER_ASC = "NUMBER_ASC"
    DUE_ASC = "DUE_ASC"


@strawberry.enum(description="Orders of a case's history.")
class CaseEventOrder(Enum):
    """What events can be ordered by."""

    SEQ_ASC = "SEQ_ASC"
    SEQ_DESC = "SEQ_DESC"


@strawberry.enum(description="What cases can be counted by.")
class CaseKey(Enum):
    """Keys of charts of cases."""

    STATUS = "STATUS"
    SEVERITY = "SEVERITY"
    TRACK = "TRACK"
    CATEGORY = "CATEGORY"
    CONTAINMENT = "CONTAINMENT"
    RATING = "RATING"
    SOURCE = "SOURCE"
    ORIGIN = "ORIGIN"
    QUEUE = "QUEUE"
    LEVEL = "LEVEL"
    SUPERVISION = "SUPERVISION"
    GRID = "GRID"
    ORGANIZATION = "ORGANIZATION"
    MONTH_REPORTED = "MONTH_REPORTED"


@strawberry.input(description="Which cases; all conditions given must hold.")
class CaseFilter:
    """Conditions on cases."""

    search: str | None = where(
        "Whose title or number holds all these words; 1 to 100 characters.",
        found_by("case"),
        binding=WORDS,
    )
    place: PlaceFilter | None = where("At this place.")
    status: list[CaseStatus] | None = where("In one of these states.", one_of("status"))
    track: list[Track] | None = where("On one of these tracks.", one_of("track"))
    category: list[str] | None = where(
        "In one of these categories (codes).",
        one_of("category"),
    )
    severity: list[Severity] | None = where(
        "Of one of these severities.",
        one_of("severity"),
    )
    containment: list[Containment] | None = where("That should be contained at one of these.", one_of("containment"))
    rating: list[Rating] | None = where("With one of these verdicts.", one_of("rating"))
    rated: bool | None = where("true: with a verdict; false: without.", flag=is_set("rating"))
    source: list[Source] | None = where("That came in by one of these ways.", one_of("source"))
    channel: list[str] | None = where("That came in by one of these channels (codes).", one_of("channel"))
    origin: Origin | None = where("Brought up so.", equals("origin"))
    anonymous: bool | None = where("true: reported without a name; false: not.", flag=is_true("anonymous"))
    queue_id: strawberry.ID | None = where("In the queue of this department.", equals("queue_id"), prefix="org")
    supervision: list[Supervision] | None = where("Watched as closely as one of these.", one_of("supervision"))
    handling: list[Handling] | None = where("Whose work consists of one of these now.", one_of("handling"))
    awaits_explanation: bool | None = where(
        "true: complex or major, open, and unexplained for too long; false: not.",
        flag=holds(columns.is_awaiting_explanation),
    )
    level: list[str] | None = where("Now at one of these levels (codes).", one_of("level"))
    organization_id: strawberry.ID | None = where(
        "Now with this organization, wherever the case is.",
        equals("organization_id"),
        prefix="org",
    )
    claimed: bool | None = where("true: claimed by somebody; false: by nobody.", flag=is_set("claimant_id"))
    handler_id: strawberry.ID | None = where(
        "In the hands of this member, if the viewer may see that member.",
        refers_to("handler_id", Member, members),
        prefix="member",
    )
    handled_by_me: bool | None = where(
        "true: in the viewer's own hands; false: not.",
        flag=holds_for(columns.is_handled_by),
    )
    reopened: bool | None = where("true: reopened at least once; false: never.", flag=holds(columns.is_reopened))
    grid_id: strawberry.ID | None = where("In this grid.", equals("grid_id"), prefix="grid")
    within_organization_id: strawberry.ID | None = where(
        "At a place at or below this organization.",
        below(),
        prefix="org",
    )
    number: str | None = where("With exactly this number.", equals("number"))
    overdue: bool | None = where(
        "true: the deadline has been missed; false: it has not.",
        flag=is_set("overdue_at"),
    )
    open: bool | None = where(
        "true: not yet concluded, rejected, withdrawn or merged; false: the others.",
        flag=holds(columns.is_open),
    )
    reported_since: datetime | None = where("Reported at or after.", at_least("reported_at"))
    reported_until: datetime | None = where("Reported before.", before("reported_at"))
    changed_since: datetime | None = where("Last changed at or after.", at_least("changed_at"))
    changed_until: datetime | None = where("Last changed before.", before("changed_at"))
    due_since: datetime | None = where("Due at or after.", at_least("due_at"))
    due_until: datetime | None = where("Due before.", before("due_at"))
    resolved_since: datetime | None = where("Concluded at or after.", at_least("resolved_at"))
    resolved_until: datetime | None = where("Concluded before.", before("resolved_at"))


@strawberry.input(description="Which steps of a case; all conditions given must hold.")
class CaseEventFilter:
    """Conditions on the history of one case: few rows, found by the case."""

    kind: list[EventKind] | None = where("Of one of these kinds.", one_of("kind"))
    to_status: list[CaseStatus] | None = where("That led to one of these states.", one_of("to_status"))
    actor_role: list[str] | None = where("Taken in one of these roles.", one_of("actor_role"))
    since: datetime | None = where("At or after.", at_least("at"))
    until: datetime | None = where("Before.", before("at"))
