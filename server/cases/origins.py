"""Where a report came from and how it was taken: the words, and what must hold of them (WH-16, HH-15, CZ-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from server.errors import RuleViolation


class Source(StrEnum):
    """By which way a report came in (WH-16)."""

    APP = "APP"
    CHAT = "CHAT"
    HOTLINE = "HOTLINE"
    DOOR = "DOOR"
    DESK = "DESK"


class Origin(StrEnum):
    """Whether a resident brought it up or somebody went out to look for it (HH-15)."""

    RESIDENT_REPORTED = "RESIDENT_REPORTED"
    PROACTIVE_VISIT = "PROACTIVE_VISIT"


class ServiceMode(StrEnum):
    """How far the desk goes with whoever asks for a service (CZ-02)."""

    ANSWER = "ANSWER"
    GUIDE = "GUIDE"
    ASSIST = "ASSIST"
    AGENT = "AGENT"


@dataclass(frozen=True, slots=True)
class Intake:
    """How a report was taken.

    channel: code of the manifest, for what came in by a channel. behalf_of: the resident whose matter it is, when staff
    report it. for_contact: staff report it for somebody who is no resident known here. anonymous: nobody is known.
    consented: whether the resident agreed to be acted for; None where that was not asked. started_at, finished_at: of the
    service, None for unknown. materials: codes of what was brought along, None where nobody looked.
    """

    source: Source = Source.APP
    channel: str | None = None
    origin: Origin = Origin.RESIDENT_REPORTED
    behalf_of: UUID | None = None
    for_contact: bool = False
    anonymous: bool = False
    mode: ServiceMode | None = None
    consented: bool | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    materials: tuple[str, ...] | None = None

    @property
    def on_behalf(self) -> bool:
        """Whether it is somebody else's matter than the one's who reports."""
        return self.behalf_of is not None or self.for_contact


PLAIN = Intake()
"""What a resident says by the application."""


def check_service_times(intake: Intake, now: datetime) -> None:
    """Raise SERVICE_TIME_INVALID unless a service ends after it began, and neither lies ahead (CZ-02)."""
    started, finished = intake.started_at, intake.finished_at
    known = [at for at in (started, finished, now) if at is not None]
    if known != sorted(known) or (started is None and finished is not None):
        raise RuleViolation(
            "A service begins, ends after that, and has ended by now.",
            code="SERVICE_TIME_INVALID",
            field=("service", "finishedAt"),
        )


def one_trip(brought: tuple[str, ...] | None, needed: tuple[str, ...]) -> bool | None:
    """Whether one visit was enough: all that the category needs was there; None where nobody looked or nothing is needed.

    Raises MATERIAL_UNKNOWN for what the category does not need (CZ-04).
    """
    if brought is None:
        return None
    unknown = next((code for code in brought if code not in needed), None)
    if unknown is not None:
        raise RuleViolation(
            "This category needs no {material}; caseCategories lists what it needs.",
            code="MATERIAL_UNKNOWN",
            field=("service", "materials"),
            material=unknown[:100],
        )
    return set(needed) <= set(brought) if needed else None


def check_intake(intake: Intake, *, staff: bool) -> None:
    """Raise INTAKE_STAFF_ONLY for what only staff may say of a report, CONSENT_REQUIRED for an agent without consent.

    staff: the right to report reaches the place, and not only the reporter's own matters; channels count as staff.
    """
    told = (intake.source, intake.origin, intake.mode, intake.on_behalf)
    if not staff and told != (PLAIN.source, PLAIN.origin, None, False):
        raise RuleViolation(
            "Only staff of the place say by which way a report came, or report for somebody else.",
            code="INTAKE_STAFF_ONLY",
        )
    if intake.mode is ServiceMode.AGENT and not intake.consented:
        raise RuleViolation(
            "Ask the resident for consent before you act in their name.",
            code="CONSENT_REQUIRED",
            field=("service", "consented"),
        )
