"""When a result can be made public, and what waives that (T23, T24); when what is personal can be erased (T25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.cases import rules
from server.cases.states import (
    TERMINAL,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Severity,
    Track,
)
from server.cases.templates import settings_of, template_of
from server.errors import AppError

A, S = Action, CaseStatus
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
CHAIN = ("community", "grid")
OPEN = CaseTemplate(Track.GRID_EVENT, frozenset({S.FEEDBACK_GIVEN, S.RATED, S.PUBLISHED}), CHAIN, publishes=True)
CLOSED = CaseTemplate(Track.GRID_EVENT, frozenset({S.FEEDBACK_GIVEN, S.RATED}), CHAIN)
MEMBER = UUID(int=1)


def case(status: CaseStatus, **values: Any) -> CaseFacts:
    fresh = CaseFacts(
        status, Track.GRID_EVENT, "grid", UUID(int=2), NOW - timedelta(days=30), "LAMPS", Severity.GENERAL
    )
    told = NOW - timedelta(days=3)
    done = frozenset({S.REPORTED, S.FEEDBACK_GIVEN} | ({S.RATED} if status is S.RATED else set()))
    usual: dict[str, Any] = {"resolved_at": told, "feedback_at": told, "steps_done": done}
    return replace(fresh, **(usual | values))


def code_of(action: Action, facts: CaseFacts, template: CaseTemplate = OPEN, **words: Any) -> str | None:
    usual: dict[str, Any] = {"member_id": MEMBER, "note": "because", "copy_checked": True}
    attempt = Attempt(now=NOW, **(usual | words))
    try:
        rules.check(action, facts, template=template, attempt=attempt)
    except AppError as error:
        return error.code
    return None


SILENT = case(S.FEEDBACK_GIVEN, feedback_at=NOW - timedelta(days=14))


@pytest.mark.parametrize(
    ("action", "facts", "template", "words", "code"),
    [
        (A.PUBLISH, case(S.RATED), OPEN, {}, None),
        (A.PUBLISH, SILENT, OPEN, {}, None),
        (A.PUBLISH, case(S.FEEDBACK_GIVEN), OPEN, {}, "CASE_RATING_OPEN"),
        (A.PUBLISH, case(S.RATED), CLOSED, {}, "CASE_TRACK_NOT_PUBLISHED"),
        (A.PUBLISH, case(S.RATED), OPEN, {"private": True}, "CASE_CATEGORY_PRIVATE"),
        (A.PUBLISH, case(S.RATED), OPEN, {"copy_checked": False}, "PUBLICATION_NOT_CHECKED"),
        (A.PUBLISH, case(S.RATED, publication_waived_at=NOW), OPEN, {}, "CASE_PUBLICATION_WAIVED"),
        (A.PUBLISH, case(S.RESOLVED), OPEN, {}, "CASE_WRONG_STATUS"),
        (A.PUBLISH, case(S.ARCHIVED), OPEN, {}, "CASE_WRONG_STATUS"),
        (A.WAIVE_PUBLICATION, case(S.RATED), OPEN, {"private": True, "copy_checked": False}, None),
        (A.WAIVE_PUBLICATION, SILENT, OPEN, {}, None),
        (A.WAIVE_PUBLICATION, case(S.FEEDBACK_GIVEN), OPEN, {}, "CASE_RATING_OPEN"),
        (A.WAIVE_PUBLICATION, case(S.RATED), CLOSED, {}, "CASE_TRACK_NOT_PUBLISHED"),
        (A.WAIVE_PUBLICATION, case(S.RATED), OPEN, {"note": " "}, "REASON_REQUIRED"),
        (A.WAIVE_PUBLICATION, case(S.RATED, publication_waived_at=NOW), OPEN, {}, "CASE_PUBLICATION_WAIVED"),
        (A.ARCHIVE, case(S.RATED), OPEN, {}, "CASE_STEPS_MISSING"),
        (A.ARCHIVE, case(S.RATED, publication_waived_at=NOW), OPEN, {}, None),
        (A.ARCHIVE, replace(SILENT, publication_waived_at=NOW), OPEN, {}, None),
        (A.RETAIN, case(S.ARCHIVED), OPEN, {"member_id": None}, None),
        (A.RETAIN, case(S.ARCHIVED), OPEN, {}, "CASE_WORKER_ONLY"),
        (A.RETAIN, case(S.ARCHIVED, retained_at=NOW), OPEN, {"member_id": None}, "CASE_RETAINED"),
        (A.RETAIN, case(S.PUBLISHED), OPEN, {"member_id": None}, "CASE_WRONG_STATUS"),
    ],
)
def test_what_can_be_done_and_what_stands_in_the_way(
    action: Action, facts: CaseFacts, template: CaseTemplate, words: dict[str, object], code: str | None
) -> None:
    assert code_of(action, facts, template, **words) == code


def test_nothing_is_offered_of_what_has_ended() -> None:
    assert {rules.possible_actions(case(status), OPEN, now=NOW) for status in TERMINAL - {S.REJECTED}} == {()}


@pytest.mark.parametrize(
    ("kind", "step"), [(EventKind.PUBLISHED, S.PUBLISHED), (EventKind.PUBLICATION_WAIVED, S.PUBLISHED)]
)
def test_both_stamp_the_seventh_step(kind: EventKind, step: CaseStatus) -> None:
    status = S.PUBLISHED if kind is EventKind.PUBLISHED else S.RATED
    assert rules.step_taken(kind, status, case(S.RATED), OPEN) is step
    assert rules.step_taken(kind, status, case(S.RATED), CLOSED) is None


def test_a_template_kept_before_anybody_could_publish_lets_what_it_demands_be_published() -> None:
    kept = {name: value for name, value in settings_of(OPEN).items() if name not in {"publishes", "archive_after_days"}}
    assert template_of(kept, track=Track.GRID_EVENT, chain=CHAIN).publishes
    kept["mandatory_steps"] = ["RATED"]
    assert not template_of(kept, track=Track.GRID_EVENT, chain=CHAIN).publishes
    with pytest.raises(ValueError, match="can be published"):
        replace(OPEN, publishes=False)
