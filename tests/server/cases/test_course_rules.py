"""What runs beside the main line: merging, appeals, hops, supervision, progress, explanations, classes, steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from server.cases import rules
from server.cases.states import (
    MAIN_LINE,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Handling,
    Hop,
    Severity,
    Stamp,
    Supervision,
    Survivor,
    Track,
)
from server.cases.templates import settings_of, template_of
from server.errors import RuleViolation

A, S = Action, CaseStatus
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, WORKER, SUPERVISOR, OTHER = (UUID(int=n) for n in range(1, 5))
GRID, COMMUNITY = Hop("grid", UUID(int=100)), Hop("community", UUID(int=101))
CHAIN = ("city", "street", "community", "grid")
EIGHT = CaseTemplate(
    Track.GRID_EVENT,
    frozenset({S.ACCEPTED, S.TRIAGED, Stamp.TRACKED, Stamp.URGED, S.FEEDBACK_GIVEN, S.RATED, S.ARCHIVED}),
    CHAIN,
    feedback_by_hop=True,
)
LOOSE = CaseTemplate(Track.TOPIC, frozenset({S.RESOLVED}), CHAIN)

BY_WORKER = Attempt(NOW, member_id=WORKER, note="because")
BY_SUPERVISOR = Attempt(NOW, member_id=SUPERVISOR, note="because")
BY_RESIDENT = Attempt(NOW, resident_id=RESIDENT, note="because")
SURVIVOR = Survivor(OTHER, S.IN_PROGRESS, "SANITATION", same_place=True)


def a_case(status: CaseStatus, **values: object) -> CaseFacts:
    """A case that took every step of the main line up to ``status``."""
    done = frozenset(MAIN_LINE[: MAIN_LINE.index(status) + 1]) if status in MAIN_LINE else frozenset({S.REPORTED})
    case = CaseFacts(
        status=status,
        track=Track.GRID_EVENT,
        level="grid",
        organization_id=GRID.organization_id,
        reported_at=NOW,
        began_at=NOW,
        category="SANITATION",
        severity=Severity.GENERAL,
        reporter_id=RESIDENT,
        steps_done=done,
    )
    return replace(case, **values)  # type: ignore[arg-type]


def held(status: CaseStatus = S.IN_PROGRESS, **values: object) -> CaseFacts:
    return a_case(status, **{"handler_id": WORKER, **values})


TRACKED = held(tracked_at=NOW)
URGED = held(tracked_at=NOW, urges=1, urged_at=NOW)
SUPERVISED = frozenset({Stamp.TRACKED, Stamp.URGED})


@pytest.mark.parametrize(
    ("action", "case", "attempt", "after"),
    [
        (A.APPEAL, a_case(S.REJECTED), BY_RESIDENT, S.REPORTED),
        (A.MERGE, a_case(S.REPORTED), replace(BY_WORKER, into=SURVIVOR), S.MERGED),
        (A.MERGE, a_case(S.ACCEPTED), replace(BY_WORKER, into=SURVIVOR), S.MERGED),
        (A.RECLASSIFY, a_case(S.TRIAGED), replace(BY_WORKER, severity=Severity.MAJOR), S.TRIAGED),
        (A.RECLASSIFY, held(), replace(BY_WORKER, category="PARKING"), S.IN_PROGRESS),
        (A.SEND_BACK, a_case(S.IN_PROGRESS, level="community", climbed=(GRID,)), BY_SUPERVISOR, S.IN_PROGRESS),
        (A.TRACK, a_case(S.DISPATCHED), BY_SUPERVISOR, S.DISPATCHED),
        (A.TRACK, TRACKED, BY_SUPERVISOR, S.IN_PROGRESS),
        (A.TRACK, held(S.RESOLVED), BY_SUPERVISOR, S.RESOLVED),
        (A.URGE, TRACKED, BY_SUPERVISOR, S.IN_PROGRESS),
        (A.URGE, held(tracked_at=NOW, urges=1), BY_SUPERVISOR, S.IN_PROGRESS),
        (A.ANSWER_URGE, URGED, BY_WORKER, S.IN_PROGRESS),
        (A.ANSWER_URGE, replace(URGED, handler_id=None), BY_SUPERVISOR, S.IN_PROGRESS),
        (A.WAIVE_URGE, TRACKED, BY_SUPERVISOR, S.IN_PROGRESS),
        (A.WAIVE_URGE, held(S.RESOLVED, tracked_at=NOW), BY_SUPERVISOR, S.RESOLVED),
        (A.PROGRESS, held(), BY_WORKER, S.IN_PROGRESS),
        (A.PROGRESS, held(), replace(BY_WORKER, handling=Handling.VISITING, checked_at=NOW), S.IN_PROGRESS),
        (A.PROGRESS, held(), replace(BY_WORKER, handling=Handling.MEDIATING, parties_consented=2), S.IN_PROGRESS),
        (A.EXPLAIN, held(severity=Severity.COMPLEX), BY_WORKER, S.IN_PROGRESS),
        (A.EXPLAIN, a_case(S.TRIAGED, severity=Severity.MAJOR), BY_WORKER, S.TRIAGED),
        (A.RELAY_FEEDBACK, held(S.RESOLVED, climbed=(GRID, COMMUNITY), relayed=1), BY_WORKER, S.RESOLVED),
        (A.GIVE_FEEDBACK, held(S.RESOLVED, stamps=SUPERVISED), BY_WORKER, S.FEEDBACK_GIVEN),
        (
            A.GIVE_FEEDBACK,
            held(S.RESOLVED, stamps=SUPERVISED, climbed=(GRID, COMMUNITY), relayed=2),
            BY_WORKER,
            S.FEEDBACK_GIVEN,
        ),
        (A.ARCHIVE, held(S.RATED, stamps=SUPERVISED), BY_WORKER, S.ARCHIVED),
        (A.ARCHIVE, held(S.PUBLISHED, stamps=SUPERVISED), BY_WORKER, S.ARCHIVED),
    ],
)
def test_check_answers_the_state_after(action: Action, case: CaseFacts, attempt: Attempt, after: CaseStatus) -> None:
    assert rules.check(action, case, template=EIGHT, attempt=attempt) is after


def silent(attempt: Attempt) -> Attempt:
    return replace(attempt, note=" ")


@pytest.mark.parametrize(
    ("action", "case", "attempt", "code"),
    [
        (A.APPEAL, a_case(S.REJECTED, appealed_at=NOW), BY_RESIDENT, "CASE_ALREADY_APPEALED"),
        (A.APPEAL, a_case(S.REJECTED), BY_WORKER, "CASE_NOT_REPORTER"),
        (A.APPEAL, a_case(S.REJECTED), silent(BY_RESIDENT), "REASON_REQUIRED"),
        (A.APPEAL, a_case(S.WITHDRAWN), BY_RESIDENT, "CASE_WRONG_STATUS"),
        (A.MERGE, a_case(S.TRIAGED), replace(BY_WORKER, into=SURVIVOR), "CASE_WRONG_STATUS"),
        (A.MERGE, a_case(S.REPORTED), BY_WORKER, "CASE_NOT_ALIKE"),
        (
            A.MERGE,
            a_case(S.REPORTED),
            replace(BY_WORKER, into=replace(SURVIVOR, same_place=False)),
            "CASE_NOT_ALIKE",
        ),
        (
            A.MERGE,
            a_case(S.REPORTED),
            replace(BY_WORKER, into=replace(SURVIVOR, category="PARKING")),
            "CASE_NOT_ALIKE",
        ),
        *[
            (
                A.MERGE,
                a_case(S.REPORTED),
                replace(BY_WORKER, into=replace(SURVIVOR, status=status)),
                "CASE_NOT_OPEN",
            )
            for status in (S.MERGED, S.RESOLVED, S.REJECTED, S.ARCHIVED)
        ],
        (A.MERGE, a_case(S.REPORTED), replace(BY_WORKER, into=SURVIVOR, absorbed=True), "CASE_HAS_MERGED"),
        (A.RECLASSIFY, held(), replace(silent(BY_WORKER), severity=Severity.COMPLEX), "REASON_REQUIRED"),
        (A.RECLASSIFY, held(), BY_WORKER, "CASE_CLASS_UNCHANGED"),
        (A.RECLASSIFY, held(), replace(BY_WORKER, severity=Severity.GENERAL), "CASE_CLASS_UNCHANGED"),
        (A.RECLASSIFY, a_case(S.ACCEPTED), replace(BY_WORKER, severity=Severity.MAJOR), "CASE_WRONG_STATUS"),
        (A.RECLASSIFY, held(S.RESOLVED), replace(BY_WORKER, severity=Severity.MAJOR), "CASE_WRONG_STATUS"),
        (A.SEND_BACK, held(), BY_SUPERVISOR, "CASE_NOT_CLIMBED"),
        (A.SEND_BACK, held(climbed=(GRID,)), silent(BY_SUPERVISOR), "REASON_REQUIRED"),
        (A.SEND_BACK, held(S.RESOLVED, climbed=(GRID,)), BY_SUPERVISOR, "CASE_WRONG_STATUS"),
        (A.TRACK, held(), BY_WORKER, "CASE_OWN_SERVICE"),
        (A.TRACK, a_case(S.IN_PROGRESS, worked=frozenset({WORKER})), BY_WORKER, "CASE_OWN_SERVICE"),
        (A.TRACK, a_case(S.TRIAGED), BY_SUPERVISOR, "CASE_WRONG_STATUS"),
        (A.URGE, held(), BY_SUPERVISOR, "CASE_NOT_TRACKED"),
        (A.URGE, URGED, BY_SUPERVISOR, "CASE_URGE_OPEN"),
        (A.URGE, TRACKED, BY_WORKER, "CASE_OWN_SERVICE"),
        (A.URGE, TRACKED, silent(BY_SUPERVISOR), "TEXT_REQUIRED"),
        (A.ANSWER_URGE, TRACKED, BY_WORKER, "CASE_NOT_URGED"),
        (A.ANSWER_URGE, URGED, BY_SUPERVISOR, "CASE_NOT_HANDLER"),
        (A.ANSWER_URGE, URGED, silent(BY_WORKER), "TEXT_REQUIRED"),
        (A.ANSWER_URGE, replace(URGED, handler_id=None, urged_by=WORKER), BY_WORKER, "CASE_OWN_SERVICE"),
        (A.WITHDRAW, held(), replace(BY_RESIDENT, absorbed=True), "CASE_HAS_MERGED"),
        (A.WAIVE_URGE, held(), BY_SUPERVISOR, "CASE_NOT_TRACKED"),
        (A.WAIVE_URGE, replace(URGED, urged_at=None), BY_SUPERVISOR, "CASE_ALREADY_URGED"),
        (A.WAIVE_URGE, TRACKED, BY_WORKER, "CASE_OWN_SERVICE"),
        (A.WAIVE_URGE, TRACKED, silent(BY_SUPERVISOR), "REASON_REQUIRED"),
        (A.PROGRESS, held(), BY_SUPERVISOR, "CASE_NOT_HANDLER"),
        (A.PROGRESS, held(), silent(BY_WORKER), "TEXT_REQUIRED"),
        (A.PROGRESS, held(S.CLAIMED), BY_WORKER, "CASE_WRONG_STATUS"),
        (
            A.PROGRESS,
            held(),
            replace(BY_WORKER, handling=Handling.MEDIATING, parties_consented=1),
            "CASE_CONSENT_REQUIRED",
        ),
        (A.PROGRESS, held(), replace(BY_WORKER, checked_at=NOW + timedelta(seconds=1)), "CASE_CHECK_IN_FUTURE"),
        (A.EXPLAIN, held(), BY_WORKER, "CASE_NOT_COMPLEX"),
        (A.EXPLAIN, held(severity=Severity.COMPLEX), silent(BY_WORKER), "TEXT_REQUIRED"),
        (A.EXPLAIN, held(severity=Severity.COMPLEX), BY_SUPERVISOR, "CASE_NOT_HANDLER"),
        (A.EXPLAIN, held(S.RESOLVED, severity=Severity.COMPLEX), BY_WORKER, "CASE_WRONG_STATUS"),
        (A.RELAY_FEEDBACK, held(S.RESOLVED), BY_WORKER, "CASE_NOTHING_TO_RELAY"),
        (A.RELAY_FEEDBACK, held(S.RESOLVED, climbed=(GRID,), relayed=1), BY_WORKER, "CASE_NOTHING_TO_RELAY"),
        (A.RELAY_FEEDBACK, held(S.RESOLVED, climbed=(GRID,)), silent(BY_WORKER), "FEEDBACK_REQUIRED"),
        (A.GIVE_FEEDBACK, held(S.RESOLVED), BY_WORKER, "CASE_STEPS_MISSING"),
        (A.GIVE_FEEDBACK, held(S.RESOLVED, stamps=SUPERVISED, urged_at=NOW), BY_WORKER, "CASE_URGE_OPEN"),
        (A.GIVE_FEEDBACK, held(S.RESOLVED, stamps=SUPERVISED, climbed=(GRID,)), BY_WORKER, "CASE_NOT_RELAYED"),
        (A.ARCHIVE, held(S.RATED, stamps=frozenset({Stamp.TRACKED})), BY_WORKER, "CASE_STEPS_MISSING"),
    ],
)
def test_check_refuses_with_the_code_of_the_rule(action: Action, case: CaseFacts, attempt: Attempt, code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        rules.check(action, case, template=EIGHT, attempt=attempt)
    assert caught.value.code == code


def test_the_feedback_goes_down_through_every_level_newest_first() -> None:
    case = held(S.RESOLVED, climbed=(GRID, COMMUNITY))
    assert rules.relaying(case, EIGHT) == COMMUNITY
    assert rules.relaying(replace(case, relayed=1), EIGHT) == GRID
    assert rules.relaying(replace(case, relayed=2), EIGHT) is None
    assert rules.relaying(case, LOOSE) is None


def test_a_case_sent_back_is_where_it_came_from() -> None:
    case = a_case(S.IN_PROGRESS, level="street", climbed=(GRID, COMMUNITY))
    assert rules.level_after(A.SEND_BACK, case, EIGHT) == "community"


def test_an_event_stamps_the_mandatory_step_it_takes_for_the_first_time() -> None:
    kinds, dispatched = EventKind, a_case(S.DISPATCHED)
    assert rules.step_taken(kinds.TRIAGED, S.TRIAGED, a_case(S.ACCEPTED), EIGHT) is S.TRIAGED
    assert rules.step_taken(kinds.DISPATCHED, S.DISPATCHED, a_case(S.TRIAGED), EIGHT) is None
    assert rules.step_taken(kinds.TRACKED, S.DISPATCHED, dispatched, EIGHT) is Stamp.TRACKED
    assert rules.step_taken(kinds.TRACKED, S.DISPATCHED, replace(dispatched, stamps=SUPERVISED), EIGHT) is None
    assert rules.step_taken(kinds.TRACKED, S.DISPATCHED, dispatched, LOOSE) is None
    assert rules.step_taken(kinds.URGE_WAIVED, S.RESOLVED, held(S.RESOLVED), EIGHT) is Stamp.URGED
    assert rules.step_taken(kinds.TAKEN_BACK, S.DISPATCHED, held(), EIGHT) is None
    assert rules.step_taken(kinds.ARCHIVED, S.ARCHIVED, held(S.RATED), EIGHT) is S.ARCHIVED


@pytest.mark.parametrize("kind", [EventKind.PROGRESSED, EventKind.EXPLAINED, EventKind.RESOLVED])
def test_the_first_word_of_the_work_stamps_tracking(kind: EventKind) -> None:
    """A-23, also for what is solved at once."""
    after = S.RESOLVED if kind is EventKind.RESOLVED else S.IN_PROGRESS
    assert rules.step_taken(kind, after, held(), EIGHT) is Stamp.TRACKED
    assert rules.step_taken(kind, after, held(stamps=frozenset({Stamp.TRACKED})), EIGHT) is None


def test_missing_steps_are_named_in_their_order() -> None:
    case = a_case(S.FEEDBACK_GIVEN, feedback_at=NOW, steps_done=frozenset({S.REPORTED, S.FEEDBACK_GIVEN}))
    assert rules.missing_steps(case, EIGHT, NOW) == (S.ACCEPTED, S.TRIAGED, Stamp.TRACKED, Stamp.URGED, S.RATED)


def test_supervision_is_the_gravest_word_that_applies() -> None:
    assert held().supervision is Supervision.NONE
    assert TRACKED.supervision is Supervision.TRACKED
    assert URGED.supervision is Supervision.URGED
    assert replace(URGED, overdue_at=NOW).supervision is Supervision.OVERDUE


def test_an_explanation_is_owed_from_the_last_one_on() -> None:
    complex_one = held(severity=Severity.COMPLEX)
    assert rules.explanation_due_at(complex_one, EIGHT) == NOW + timedelta(days=10)
    explained = replace(complex_one, explained_at=NOW + timedelta(days=3))
    assert rules.explanation_due_at(explained, replace(EIGHT, explanation_every_days=5)) == NOW + timedelta(days=8)
    assert rules.explanation_due_at(held(), EIGHT) is None
    assert rules.explanation_due_at(held(S.RESOLVED, severity=Severity.COMPLEX), EIGHT) is None


def test_the_settings_a_case_keeps_are_read_back() -> None:
    template = replace(EIGHT, dispatcher_roles=frozenset({"dispatcher"}), explanation_every_days=7, pool=False)
    assert template_of(settings_of(template), track=template.track, chain=CHAIN) == template
