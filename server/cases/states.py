"""The states of a case and the values the rules look at (sources.md 3); what happens to it is named in ``words``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from server.cases.outcomes import VisitEffect
from server.cases.words import (
    Action,
    Containment,
    EventKind,
    Handling,
    Rating,
    Severity,
    Stamp,
    Supervision,
    Track,
)

__all__ = [
    "MAIN_LINE",
    "SKIPPABLE",
    "STEPS",
    "STEP_ORDER",
    "TERMINAL",
    "UNRESOLVED",
    "Action",
    "Attempt",
    "CaseFacts",
    "CaseStatus",
    "CaseTemplate",
    "Containment",
    "EventKind",
    "Handling",
    "Hop",
    "Rating",
    "Severity",
    "Stamp",
    "Step",
    "Supervision",
    "Survivor",
    "Track",
]


class CaseStatus(StrEnum):
    """Where a case stands; the order of the main line is ``MAIN_LINE``."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RATED = "RATED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"


MAIN_LINE: tuple[CaseStatus, ...] = (
    CaseStatus.REPORTED,
    CaseStatus.ACCEPTED,
    CaseStatus.TRIAGED,
    CaseStatus.DISPATCHED,
    CaseStatus.CLAIMED,
    CaseStatus.IN_PROGRESS,
    CaseStatus.RESOLVED,
    CaseStatus.FEEDBACK_GIVEN,
    CaseStatus.RATED,
    CaseStatus.PUBLISHED,
    CaseStatus.ARCHIVED,
)
"""The order no template may change (sources.md 3.2)."""

Step = CaseStatus | Stamp

_RESOLVED = MAIN_LINE.index(CaseStatus.RESOLVED)
_RATED = MAIN_LINE.index(CaseStatus.RATED)
STEP_ORDER: tuple[Step, ...] = (
    *MAIN_LINE[:_RESOLVED],
    Stamp.TRACKED,
    Stamp.URGED,
    *MAIN_LINE[_RESOLVED:_RATED],
    Stamp.RETURN_VISITED,
    *MAIN_LINE[_RATED:],
)
"""The states of the main line, and the steps beside them where they belong."""

STEPS: frozenset[Step] = frozenset(STEP_ORDER)
"""What a template may demand; ARCHIVED is demanded of every case, naming it counts it among the steps of the course."""

SKIPPABLE: frozenset[CaseStatus] = frozenset(
    {
        CaseStatus.ACCEPTED,
        CaseStatus.TRIAGED,
        CaseStatus.FEEDBACK_GIVEN,
        CaseStatus.RATED,
        CaseStatus.PUBLISHED,
    },
)
"""Steps a template may leave out by not demanding them; CLAIMED is left out by naming a handler at dispatch."""

TERMINAL: frozenset[CaseStatus] = frozenset(
    {CaseStatus.ARCHIVED, CaseStatus.REJECTED, CaseStatus.WITHDRAWN, CaseStatus.MERGED},
)
"""Where a case ends; only a rejection may be appealed against, once (sources.md 3.6)."""

UNENDED: frozenset[CaseStatus] = frozenset(CaseStatus) - TERMINAL
"""Every state in which something can still become of a case."""

UNRESOLVED: frozenset[CaseStatus] = frozenset(MAIN_LINE[: MAIN_LINE.index(CaseStatus.RESOLVED)])
"""Every state before RESOLVED: the case can be late, and its reporter can still withdraw it (T5)."""


@dataclass(frozen=True, slots=True)
class CaseTemplate:
    """The course of one track in one city, from the manifest.

    mandatory_steps: subset of ``STEPS``; demanded before ARCHIVED, and never passed over on the way.
    pool, direct: whether a dispatcher may send to the pool (claimed there) and to a named handler.
    automatic_accept: reporting accepts at once (T2, COMPLAINT).
    rating_window_days: elapsed days after feedback (or resolution, where feedback is skipped); at least 1.
    escalation_chain: level codes a case climbs, highest first. feedback_by_hop: the feedback passes through every
    organization that handed the case up (JM-23). explanation_every_days: how long a complex or major case may go
    without an explanation (T18). dispatcher_roles: who dispatches (DY-08). publishes: results can be made public (T23).
    archive_after_days: elapsed days after the rating is over until the worker archives; None: people do.
    Raises ValueError for a combination in which no case could ever reach ARCHIVED.
    """

    track: Track
    mandatory_steps: frozenset[Step]
    escalation_chain: tuple[str, ...]
    pool: bool = True
    direct: bool = True
    automatic_accept: bool = False
    rating_window_days: int = 14
    rating_scale: tuple[Rating, ...] = tuple(Rating)
    max_reopens: int = 2
    feedback_by_hop: bool = False
    explanation_every_days: int = 10
    dispatcher_roles: frozenset[str] = frozenset()
    publishes: bool = False
    archive_after_days: int | None = None

    def __post_init__(self) -> None:
        if not self.mandatory_steps <= STEPS:
            raise ValueError(f"{self.track}: not a step: {', '.join(sorted(self.mandatory_steps - STEPS))}")
        if not self.pool and (not self.direct or CaseStatus.CLAIMED in self.mandatory_steps):
            raise ValueError(f"{self.track}: without a pool a handler is named at dispatch and nobody claims")
        if min(self.rating_window_days, self.explanation_every_days) < 1 or self.max_reopens < 0:
            raise ValueError(f"{self.track}: windows and intervals are at least 1 day, reopenings are not negative")
        if CaseStatus.PUBLISHED in self.mandatory_steps and not self.publishes:
            raise ValueError(f"{self.track}: what must be published can be published")

    @property
    def names_handlers(self) -> bool:
        """Whether dispatch may name a handler: not where every case must be claimed."""
        return self.direct and CaseStatus.CLAIMED not in self.mandatory_steps


@dataclass(frozen=True, slots=True)
class Hop:
    """An organization that had a case before it went up."""

    level: str
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The stored state of one case, as far as rules decide on it and its log replays it.

    version: number of events so far; 1 right after reporting.
    reporter_id: the resident whose matter it is; without one, the account that reported stands as the reporter.
    handler_id: the member who holds the case: its claimant, or the one named at dispatch; None while it is in the pool,
    and after an escalation, when whoever may act at the new level holds it.
    steps_done: states reached in the present course; going back forgets the later ones.
    resolved_at, feedback_at, rating: of the present course; a reopening clears them, the log keeps them.
    overdue_at: when the present course was found late, at most once: by the worker (T17), or by a change of its class.
    began_at: when the present course began: the report, the appeal, or the last reopening. climbed: the hops below, lowest
    first. stamps, relayed, tracked_at, urges, urged_at, explained_at: of the present course; relayed counts the hops that
    passed the feedback on, urges those made or waived, urged_at and urged_by (the member) are set while an urge waits for its answer.
    tasks_open: shares of departments still to be done. allegations: how many the report holds, numbered from 1; answered:
    those answered in the present course. worked: members who took one of the steps ``replay.WORKED``, in any course.
    score, visited_at, visit_effect: of the present course. bundle_id: of the cases it is mediated together with.
    ladder_steps: steps of the ladder taken in the present course. missed: targets found missed, in any course.
    publication_waived_at: of the present course (T24). retained_at: when its personal parts were erased, the reporter too.
    """

    status: CaseStatus
    track: Track
    level: str
    organization_id: UUID
    reported_at: datetime
    category: str
    severity: Severity
    reporter_id: UUID | None = None
    reporter_account_id: UUID | None = None
    version: int = 1
    claimant_id: UUID | None = None
    handler_id: UUID | None = None
    reopen_count: int = 0
    accepted_at: datetime | None = None
    overdue_at: datetime | None = None
    resolved_at: datetime | None = None
    feedback_at: datetime | None = None
    archived_at: datetime | None = None
    rating: Rating | None = None
    steps_done: frozenset[CaseStatus] = frozenset({CaseStatus.REPORTED})
    stamps: frozenset[Stamp] = frozenset()
    began_at: datetime | None = None
    climbed: tuple[Hop, ...] = ()
    relayed: int = 0
    appealed_at: datetime | None = None
    merged_into_id: UUID | None = None
    handling: Handling | None = None
    tracked_at: datetime | None = None
    urges: int = 0
    urged_at: datetime | None = None
    urged_by: UUID | None = None
    explained_at: datetime | None = None
    tasks_open: frozenset[UUID] = frozenset()
    allegations: int = 0
    answered: frozenset[int] = frozenset()
    worked: frozenset[UUID] = frozenset()
    score: int | None = None
    visited_at: datetime | None = None
    visit_effect: VisitEffect | None = None
    bundle_id: UUID | None = None
    ladder_steps: int = 0
    missed: frozenset[str] = frozenset()
    publication_waived_at: datetime | None = None
    retained_at: datetime | None = None

    @property
    def supervision(self) -> Supervision:
        """How closely the case is watched: the gravest word that applies."""
        if self.overdue_at is not None:
            return Supervision.OVERDUE
        if self.urged_at is not None:
            return Supervision.URGED
        return Supervision.NONE if self.tracked_at is None else Supervision.TRACKED


@dataclass(frozen=True, slots=True)
class Survivor:
    """The case that another is merged into (T4). same_place: both are in one grid."""

    case_id: UUID
    status: CaseStatus
    category: str
    same_place: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries what, when, with which words.

    now: aware. account_id, resident_id, member_id: the acting person in each of their capacities; all None for the
    worker. note: the reason (reject, release, take back, escalate, reopen) or the text of a result or a feedback.
    handler_id: the member named at dispatch, None for the pool.
    supervises: the actor acts as supervisor of the case's place, by scope (the service knows). late: the deadline has
    passed. into: the case to merge into. absorbed: other cases were merged into this one. parties_consented: to a mediation.
    checked_at: when the matter was looked at on the spot.
    task_ids: the shares assigned, or the one closed. allegation: number of the one answered. bundle_id: of the cases it is
    linked with. by_code: the actor holds the tracking code of this very case. ladder_step: number of the step that is
    due, None for the first; early: it is taken before the deadline; told: the roles it tells. target: the one missed.
    private: the category is never made public. copy_checked: somebody else checked what is to be public (T23). template: the
    settings that the case goes by from now on (``templates``).
    """

    now: datetime
    account_id: UUID | None = None
    resident_id: UUID | None = None
    member_id: UUID | None = None
    note: str = ""
    handler_id: UUID | None = None
    category: str | None = None
    severity: Severity | None = None
    rating: Rating | None = None
    supervises: bool = False
    by_code: bool = False
    late: bool = False
    into: Survivor | None = None
    absorbed: bool = False
    handling: Handling | None = None
    parties_consented: int = 0
    checked_at: datetime | None = None
    task_ids: frozenset[UUID] = frozenset()
    allegation: int | None = None
    score: int | None = None
    visit_effect: VisitEffect | None = None
    bundle_id: UUID | None = None
    ladder_step: int | None = None
    early: bool = False
    told: tuple[str, ...] = ()
    target: str | None = None
    private: bool = False
    copy_checked: bool = False
    template: Mapping[str, Any] | None = None
