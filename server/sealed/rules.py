"""The course of a sealed matter: its states, which step may follow, and who may not have to do with it (T26). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from server.errors import Conflict, RuleViolation

MOST_ALLEGATIONS = 20
ALLEGATION_LENGTH = 2_000
NOTE_LENGTH = 2_000
MOST_MEMBERS = 50


class SealedStatus(StrEnum):
    """Where a sealed matter stands (FD-02)."""

    RECEIVED = "RECEIVED"
    ANALYZED = "ANALYZED"
    ZONE_ASSIGNED = "ZONE_ASSIGNED"
    INQUIRY = "INQUIRY"
    TRANSFERRED = "TRANSFERRED"
    FEEDBACK = "FEEDBACK"
    CLOSED = "CLOSED"


class SealedEventKind(StrEnum):
    """What happened to a sealed matter."""

    RECEIVED = "RECEIVED"
    ANALYZED = "ANALYZED"
    ZONE_ASSIGNED = "ZONE_ASSIGNED"
    INQUIRY_BEGUN = "INQUIRY_BEGUN"
    TRANSFERRED = "TRANSFERRED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RATED = "RATED"
    CLOSED = "CLOSED"


class SealedFactor(StrEnum):
    """What an analysis finds that bears on who can inquire (FD-02)."""

    MANY_PERSONS = "MANY_PERSONS"
    LONG_TIME = "LONG_TIME"
    SEVERAL_PLACES = "SEVERAL_PLACES"
    PEER_SUPERVISION = "PEER_SUPERVISION"
    SPECIAL_KNOWLEDGE = "SPECIAL_KNOWLEDGE"


class SealedVerdict(StrEnum):
    """What a reporter may say of the answers (FD-04)."""

    SATISFIED = "SATISFIED"
    PARTLY_SATISFIED = "PARTLY_SATISFIED"
    DISSATISFIED = "DISSATISFIED"


class SealedSatisfaction(StrEnum):
    """A verdict, or that there is none: silence is never satisfaction."""

    NOT_RATED = "NOT_RATED"
    SATISFIED = "SATISFIED"
    PARTLY_SATISFIED = "PARTLY_SATISFIED"
    DISSATISFIED = "DISSATISFIED"


class ZonePart(StrEnum):
    """What an organization is in a cooperation zone: office, dispatched group or township (室组地, FD-01)."""

    OFFICE = "OFFICE"
    GROUP = "GROUP"
    TOWNSHIP = "TOWNSHIP"


class ZoneRuleStatus(StrEnum):
    """Whether a rule document is on trial (试行) or fully in force (FD-05)."""

    TRIAL = "TRIAL"
    IN_FORCE = "IN_FORCE"


class SealedReading(StrEnum):
    """How a sealed matter was read: by staff, by staff to know the reporter, by whoever holds its code."""

    READ = "READ"
    IDENTIFY = "IDENTIFY"
    TRACK = "TRACK"


_S, _K = SealedStatus, SealedEventKind
_FROM = MappingProxyType(
    {
        _K.ANALYZED: frozenset({_S.RECEIVED}),
        _K.ZONE_ASSIGNED: frozenset({_S.ANALYZED, _S.ZONE_ASSIGNED, _S.INQUIRY}),
        _K.INQUIRY_BEGUN: frozenset({_S.ANALYZED, _S.ZONE_ASSIGNED}),
        _K.TRANSFERRED: frozenset({_S.ANALYZED, _S.ZONE_ASSIGNED, _S.INQUIRY}),
        _K.FEEDBACK_GIVEN: frozenset({_S.INQUIRY, _S.TRANSFERRED, _S.FEEDBACK}),
        _K.RATED: frozenset({_S.FEEDBACK, _S.CLOSED}),
        _K.CLOSED: frozenset({_S.FEEDBACK}),
    },
)
_TO = MappingProxyType(
    {
        _K.RECEIVED: _S.RECEIVED,
        _K.ANALYZED: _S.ANALYZED,
        _K.ZONE_ASSIGNED: _S.ZONE_ASSIGNED,
        _K.INQUIRY_BEGUN: _S.INQUIRY,
        _K.TRANSFERRED: _S.TRANSFERRED,
        _K.FEEDBACK_GIVEN: _S.FEEDBACK,
        _K.CLOSED: _S.CLOSED,
    },
)


@dataclass(frozen=True, slots=True)
class SealedFacts:
    """A sealed matter as its log makes it.

    owner_id: the organization that has it; None while a zone has it, the leads alone, or a body outside. answered:
    positions of the allegations with feedback, of ``allegations`` in all.
    """

    status: SealedStatus
    version: int
    allegations: int
    owner_id: UUID | None = None
    zone_id: UUID | None = None
    answered: frozenset[int] = frozenset()
    satisfaction: SealedSatisfaction = SealedSatisfaction.NOT_RATED

    @property
    def all_answered(self) -> bool:
        """Whether each allegation has its feedback (逐一, FD-04)."""
        return len(self.answered) == self.allegations


@dataclass(frozen=True, slots=True)
class ZoneMemberFacts:
    """An organization of a zone. leads: it heads the zone's work; exactly one does."""

    organization_id: UUID
    path: str
    part: ZonePart
    leads: bool = False


def status_after(kind: SealedEventKind, status: SealedStatus) -> SealedStatus:
    """The state a step leads to; rating changes none."""
    return _TO.get(kind, status)


def check_step(kind: SealedEventKind, facts: SealedFacts) -> None:
    """Raise SEALED_WRONG_STATUS unless the step may follow on the present state."""
    allowed = _FROM.get(kind, frozenset())
    if facts.status not in allowed:
        raise RuleViolation(
            "The matter is {status}; this step is for {allowed}.",
            code="SEALED_WRONG_STATUS",
            status=facts.status.value,
            allowed=", ".join(status.value for status in SealedStatus if status in allowed),
        )


def check_version(facts: SealedFacts, expected: int) -> None:
    """Raise Conflict VERSION_CONFLICT unless the caller saw the present version."""
    if facts.version != expected:
        raise Conflict(
            "The matter is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=facts.version,
            expected=expected,
        )


def check_answer(facts: SealedFacts, position: int) -> None:
    """Raise SEALED_NO_SUCH_ALLEGATION for a number it has not, Conflict SEALED_ANSWERED for one that has its feedback."""
    if not 1 <= position <= facts.allegations:
        raise RuleViolation(
            "The matter has the allegations 1 to {count}.",
            code="SEALED_NO_SUCH_ALLEGATION",
            field=("allegation",),
            count=facts.allegations,
        )
    if position in facts.answered:
        raise Conflict("This allegation has its feedback already.", code="SEALED_ANSWERED", field=("allegation",))


def check_closing(facts: SealedFacts) -> None:
    """Raise SEALED_NOT_ANSWERED unless each allegation has its feedback (FD-04)."""
    if not facts.all_answered:
        raise RuleViolation(
            "{answered} of {count} allegations have their feedback; give each its own first.",
            code="SEALED_NOT_ANSWERED",
            answered=len(facts.answered),
            count=facts.allegations,
        )


def check_rating(facts: SealedFacts) -> None:
    """Raise SEALED_NOT_ANSWERED before all feedback is there, Conflict SEALED_RATED after the first verdict."""
    check_closing(facts)
    if facts.satisfaction is not SealedSatisfaction.NOT_RATED:
        raise Conflict("The verdict was given already; there is one.", code="SEALED_RATED")


def check_allegations(count: int) -> None:
    """Raise SEALED_ALLEGATIONS unless there are 1 to 20."""
    if not 1 <= count <= MOST_ALLEGATIONS:
        raise RuleViolation(
            "A report has 1 to {most} allegations, each for itself.",
            code="SEALED_ALLEGATIONS",
            field=("allegations",),
            most=MOST_ALLEGATIONS,
        )


def check_zone(members: Sequence[ZoneMemberFacts]) -> None:
    """Raise ZONE_INVALID unless each organization is there once, an office among them, and exactly one leads."""
    once = len({member.organization_id for member in members}) == len(members) <= MOST_MEMBERS
    offices = any(member.part is ZonePart.OFFICE for member in members)
    leaders = sum(member.leads for member in members)
    if not (once and offices and leaders == 1):
        raise RuleViolation(
            "A zone has up to {most} organizations, each once, at least one office, and exactly one of them leads.",
            code="ZONE_INVALID",
            field=("members",),
            most=MOST_MEMBERS,
        )


def check_zone_apart(members: Sequence[ZoneMemberFacts], about_path: str) -> None:
    """Raise SEALED_ZONE_CONFLICT when whoever leads the zone is, or is below, the organization complained of (FD-03)."""
    if any(member.leads and is_concerned(member.path, about_path) for member in members):
        raise RuleViolation(
            "The organization complained of would lead the inquiry. Choose a zone that another one leads.",
            code="SEALED_ZONE_CONFLICT",
            field=("zoneId",),
        )


def check_target_apart(target_path: str, about_path: str) -> None:
    """Raise SEALED_TARGET_CONFLICT for a hand-over to the organization complained of, or to one below it (FD-03)."""
    if is_concerned(target_path, about_path):
        raise RuleViolation(
            "A matter is not handed to those it is about.", code="SEALED_TARGET_CONFLICT", field=("organizationId",)
        )


def is_concerned(path: str, about_path: str) -> bool:
    """Whether an organization is the one complained of, or below it."""
    return path.startswith(about_path)


def check_rule_document(latest_from: date | None, effective_from: date) -> None:
    """Raise ZONE_RULE_DATE for a version that begins before the one it follows (FD-05)."""
    if latest_from is not None and effective_from < latest_from:
        raise RuleViolation(
            "The version before is in force from {day}; a later one begins then or later.",
            code="ZONE_RULE_DATE",
            field=("effectiveFrom",),
            day=latest_from.isoformat(),
        )
