"""What a template demands, and how far a case has come with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from server.cases.states import (
    MAIN_LINE,
    SKIPPABLE,
    STEP_ORDER,
    TERMINAL,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Stamp,
    Step,
)
from server.errors import RuleViolation


def open_to(source: frozenset[CaseStatus], template: CaseTemplate) -> frozenset[CaseStatus]:
    """``source`` and the states before it from which only steps lead there that the template skips."""
    found = set(source)
    for earlier, later in reversed(list(pairwise(MAIN_LINE))):
        if later in found and later in SKIPPABLE - template.mandatory_steps:
            found.add(earlier)
    return frozenset(found)


def missing_steps(case: CaseFacts, template: CaseTemplate, now: datetime) -> tuple[Step, ...]:
    """The mandatory steps an archive still waits for, in order (T25, JM-09).

    Silence past the window waives RATED, a waiver PUBLISHED (T24).
    """
    missing = template.mandatory_steps - case.steps_done - case.stamps - {CaseStatus.ARCHIVED}
    closes_at = rating_closes_at(case, template)
    if closes_at is not None and now >= closes_at:
        missing -= {CaseStatus.RATED}
    if case.publication_waived_at is not None:
        missing -= {CaseStatus.PUBLISHED}
    return tuple(step for step in STEP_ORDER if step in missing)


_STAMPS: Mapping[EventKind, Stamp] = MappingProxyType(
    {
        EventKind.TRACKED: Stamp.TRACKED,
        # The first word of how it goes counts as tracking, the result of what was solved at once too.
        EventKind.PROGRESSED: Stamp.TRACKED,
        EventKind.EXPLAINED: Stamp.TRACKED,
        EventKind.RESOLVED: Stamp.TRACKED,
        EventKind.URGED: Stamp.URGED,
        EventKind.URGE_WAIVED: Stamp.URGED,
        EventKind.RETURN_VISITED: Stamp.RETURN_VISITED,
    },
)


def step_taken(kind: EventKind, status: CaseStatus, case: CaseFacts, template: CaseTemplate) -> Step | None:
    """The mandatory step that an event leading to ``status`` stamps; None for one that takes none for the first time.

    An event stamps one step, that of its own state first.
    """
    demanded = template.mandatory_steps
    if status is not case.status and status in demanded - case.steps_done:
        return status
    if kind is EventKind.PUBLICATION_WAIVED:
        return CaseStatus.PUBLISHED if CaseStatus.PUBLISHED in demanded else None
    stamp = _STAMPS.get(kind)
    return stamp if stamp in demanded - case.stamps else None


def rating_closes_at(case: CaseFacts, template: CaseTemplate) -> datetime | None:
    """The first moment at which rating is over; None while there is no result to rate (T21).

    Counted from the feedback, or from the resolution where the template skips feedback; in elapsed days.
    """
    opened_at = case.feedback_at
    if opened_at is None and CaseStatus.FEEDBACK_GIVEN not in template.mandatory_steps:
        opened_at = case.resolved_at
    return None if opened_at is None else opened_at + timedelta(days=template.rating_window_days)


def steps_complete(case: CaseFacts, template: CaseTemplate, now: datetime) -> None:
    missing = missing_steps(case, template, now)
    if missing and case.status not in TERMINAL:
        raise RuleViolation("Before archiving: {steps}.", code="CASE_STEPS_MISSING", steps=", ".join(missing))
