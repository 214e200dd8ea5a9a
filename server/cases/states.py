"""The words of a case: its states, tracks and actions, and the values the rules look at (sources.md 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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
    ARCHIVED = "ARCHIVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Track(StrEnum):
    """The kind of course a case takes; one template per track and city."""

    SERVICE_ORDER = "SERVICE_ORDER"
    GRID_EVENT = "GRID_EVENT"
    COMPLAINT = "COMPLAINT"
    DISPUTE = "DISPUTE"
    TOPIC = "TOPIC"


class Severity(StrEnum):
    """How hard a case is; decides its deadline (sources.md 3.5)."""

    GENERAL = "GENERAL"
    COMPLEX = "COMPLEX"
    MAJOR = "MAJOR"


class Containment(StrEnum):
    """How far up a case should have to go: an aim that is measured, never a bar to escalating (sources.md 3.4)."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    BIG = "BIG"


class Rating(StrEnum):
    """The reporter's verdict; its absence means NOT_RATED and never "satisfied" (T21)."""

    VERY_SATISFIED = "VERY_SATISFIED"
    SATISFIED = "SATISFIED"
    NEUTRAL = "NEUTRAL"
    DISSATISFIED = "DISSATISFIED"
    VERY_DISSATISFIED = "VERY_DISSATISFIED"


class Action(StrEnum):
    """What can be done to a case; ESCALATE_OVERDUE is the worker's alone."""

    REPORT = "REPORT"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    TRIAGE = "TRIAGE"
    DISPATCH = "DISPATCH"
    CLAIM = "CLAIM"
    RELEASE = "RELEASE"
    TAKE_BACK = "TAKE_BACK"
    START = "START"
    ESCALATE = "ESCALATE"
    ESCALATE_OVERDUE = "ESCALATE_OVERDUE"
    RESOLVE = "RESOLVE"
    GIVE_FEEDBACK = "GIVE_FEEDBACK"
    RATE = "RATE"
    REOPEN = "REOPEN"
    WITHDRAW = "WITHDRAW"
    ARCHIVE = "ARCHIVE"


class EventKind(StrEnum):
    """What the log says happened: one kind per action."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    RELEASED = "RELEASED"
    TAKEN_BACK = "TAKEN_BACK"
    STARTED = "STARTED"
    ESCALATED = "ESCALATED"
    ESCALATED_OVERDUE = "ESCALATED_OVERDUE"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RATED = "RATED"
    REOPENED = "REOPENED"
    WITHDRAWN = "WITHDRAWN"
    ARCHIVED = "ARCHIVED"


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
    CaseStatus.ARCHIVED,
)
"""The order no template may change (sources.md 3.2)."""

STEPS: frozenset[CaseStatus] = frozenset(MAIN_LINE[:-1])
"""What a template may demand before a case is archived."""

SKIPPABLE: frozenset[CaseStatus] = frozenset(
    {CaseStatus.ACCEPTED, CaseStatus.TRIAGED, CaseStatus.FEEDBACK_GIVEN, CaseStatus.RATED},
)
"""Steps a template may leave out by not demanding them; CLAIMED is left out by naming a handler at dispatch."""

TERMINAL: frozenset[CaseStatus] = frozenset({CaseStatus.ARCHIVED, CaseStatus.REJECTED, CaseStatus.WITHDRAWN})

UNRESOLVED: frozenset[CaseStatus] = frozenset(MAIN_LINE[: MAIN_LINE.index(CaseStatus.RESOLVED)])
"""Every state before RESOLVED: the case can be late, and its reporter can still withdraw it (T5)."""


@dataclass(frozen=True, slots=True)
class CaseTemplate:
    """The course of one track in one city, from the manifest.

    mandatory_steps: subset of ``STEPS``; demanded before ARCHIVED, and never passed over on the way.
    pool, direct: whether a dispatcher may send to the pool (claimed there) and to a named handler.
    automatic_accept: reporting accepts at once (T2, COMPLAINT).
    rating_window_days: elapsed days after feedback (or resolution, where feedback is skipped); at least 1.
    escalation_chain: level codes a case climbs, highest first.
    Raises ValueError for a combination in which no case could ever reach ARCHIVED.
    """

    track: Track
    mandatory_steps: frozenset[CaseStatus]
    escalation_chain: tuple[str, ...]
    pool: bool = True
    direct: bool = True
    automatic_accept: bool = False
    rating_window_days: int = 14
    rating_scale: tuple[Rating, ...] = tuple(Rating)
    max_reopens: int = 2

    def __post_init__(self) -> None:
        if not self.mandatory_steps <= STEPS:
            raise ValueError(f"{self.track}: not a step: {', '.join(sorted(self.mandatory_steps - STEPS))}")
        if not self.pool and (not self.direct or CaseStatus.CLAIMED in self.mandatory_steps):
            raise ValueError(f"{self.track}: without a pool a handler is named at dispatch and nobody claims")
        if self.rating_window_days < 1 or self.max_reopens < 0:
            raise ValueError(f"{self.track}: the rating window is at least 1 day, reopenings are not negative")

    @property
    def names_handlers(self) -> bool:
        """Whether dispatch may name a handler: not where every case must be claimed."""
        return self.direct and CaseStatus.CLAIMED not in self.mandatory_steps


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The stored state of one case, as far as rules decide on it and its log replays it.

    version: number of events so far; 1 right after reporting.
    reporter_id: the resident whose matter it is; without one, the account that reported stands as the reporter.
    handler_id: the member who holds the case: its claimant, or the one named at dispatch; None while it is in the pool,
    and after an escalation, when whoever may act at the new level holds it.
    steps_done: states reached in the present course; going back forgets the later ones.
    resolved_at, feedback_at, rating: of the present course; a reopening clears them, the log keeps them.
    overdue_at: when the worker found the present course late, at most once (T17).
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries what, when, with which words.

    now: aware. account_id, resident_id, member_id: the acting person in each of their capacities; all None for the
    worker. note: the reason (reject, release, take back, escalate, reopen) or the text of a result or a feedback.
    handler_id: the member named at dispatch, None for the pool.
    supervises: the actor acts as supervisor of the case's place, by scope (the service knows).
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
