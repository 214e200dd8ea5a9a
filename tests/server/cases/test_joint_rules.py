"""The rows beside the states: shares of departments, answers, scores, return visits, bundles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.cases import rules
from server.cases.events import change_of, facts_of
from server.cases.outcomes import MOST_TASKS, VisitEffect
from server.cases.replay import BrokenLog, CaseEventFacts, replay
from server.cases.states import (
    MAIN_LINE,
    TERMINAL,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Rating,
    Severity,
    Stamp,
    Track,
)
from server.errors import RuleViolation

S, E, A = CaseStatus, EventKind, Action
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, WORKER, SUPERVISOR, DEPARTMENT = (UUID(int=n) for n in range(1, 5))
ONE, TWO, THREE, BUNDLE, OTHER_BUNDLE = (UUID(int=n) for n in range(21, 26))
TEMPLATE = CaseTemplate(
    Track.GRID_EVENT,
    frozenset({S.DISPATCHED, S.RESOLVED, S.FEEDBACK_GIVEN}),
    ("community", "grid"),
)
LOOSE = replace(TEMPLATE, mandatory_steps=frozenset({S.RESOLVED}))
BY_SUPERVISOR = Attempt(NOW, member_id=SUPERVISOR, note="because")


def a_case(status: CaseStatus, **values: Any) -> CaseFacts:
    """A case that came to this state on the main line, in the hands of WORKER."""
    done = frozenset(MAIN_LINE[: MAIN_LINE.index(status) + 1]) if status in MAIN_LINE else frozenset({S.REPORTED})
    case = CaseFacts(
        status=status,
        track=Track.GRID_EVENT,
        level="grid",
        organization_id=UUID(int=100),
        reported_at=NOW,
        category="PARKING",
        severity=Severity.GENERAL,
        reporter_id=RESIDENT,
        handler_id=WORKER,
        feedback_at=NOW,
        steps_done=done,
    )
    return replace(case, **values)


def refused(action: Action, case: CaseFacts, attempt: Attempt, template: CaseTemplate = TEMPLATE) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        rules.check(action, case, template=template, attempt=attempt)
    return caught.value


def trying(**values: Any) -> Attempt:
    return replace(BY_SUPERVISOR, **values)


SHARE = trying(task_ids=frozenset({ONE}))
SHARED = {"tasks_open": frozenset({ONE, TWO})}
THREE_POINTS = {"allegations": 3, "answered": frozenset({1, 3})}


@pytest.mark.parametrize(
    ("action", "case", "attempt"),
    [
        *[(A.ASSIGN_TASKS, a_case(status), SHARE) for status in (S.DISPATCHED, S.CLAIMED, S.IN_PROGRESS)],
        *[(A.COMPLETE_TASK, a_case(status, **SHARED), SHARE) for status in (S.DISPATCHED, S.CLAIMED, S.IN_PROGRESS)],
        (A.CANCEL_TASK, a_case(S.IN_PROGRESS, **SHARED), SHARE),
        *[
            (A.ANSWER_ALLEGATION, a_case(status, **THREE_POINTS), trying(allegation=2))
            for status in (S.IN_PROGRESS, S.RESOLVED, S.FEEDBACK_GIVEN, S.RATED, S.PUBLISHED)
        ],
        *[
            (A.SCORE, a_case(status), trying(score=score))
            for status, score in ((S.RESOLVED, 1), (S.FEEDBACK_GIVEN, 3), (S.RATED, 5), (S.PUBLISHED, 2))
        ],
        *[
            (A.VISIT, a_case(status), trying(visit_effect=VisitEffect.PARTLY))
            for status in (S.FEEDBACK_GIVEN, S.RATED, S.PUBLISHED)
        ],
        *[(A.LINK, a_case(status), trying(bundle_id=BUNDLE)) for status in MAIN_LINE[:-1]],
        (A.LINK, a_case(S.REPORTED, bundle_id=BUNDLE), trying(bundle_id=BUNDLE)),
        (A.UNLINK, a_case(S.RATED, bundle_id=BUNDLE), BY_SUPERVISOR),
    ],
)
def test_what_runs_beside_the_states_leaves_them_as_they_are(action: Action, case: CaseFacts, attempt: Attempt) -> None:
    assert rules.check(action, case, template=TEMPLATE, attempt=attempt) is case.status


@pytest.mark.parametrize(
    ("action", "case", "attempt", "code"),
    [
        (A.ASSIGN_TASKS, a_case(S.TRIAGED), SHARE, "CASE_WRONG_STATUS"),
        (A.ASSIGN_TASKS, a_case(S.RESOLVED), SHARE, "CASE_WRONG_STATUS"),
        (A.ASSIGN_TASKS, a_case(S.IN_PROGRESS), trying(task_ids=frozenset()), "CASE_TASK_LIMIT"),
        (
            A.ASSIGN_TASKS,
            a_case(S.IN_PROGRESS, tasks_open=frozenset(UUID(int=n) for n in range(MOST_TASKS))),
            SHARE,
            "CASE_TASK_LIMIT",
        ),
        (A.COMPLETE_TASK, a_case(S.IN_PROGRESS), SHARE, "CASE_TASK_CLOSED"),
        (A.COMPLETE_TASK, a_case(S.IN_PROGRESS, tasks_open=frozenset({TWO})), SHARE, "CASE_TASK_CLOSED"),
        (A.COMPLETE_TASK, a_case(S.IN_PROGRESS, **SHARED), replace(SHARE, note=" "), "RESULT_REQUIRED"),
        (A.CANCEL_TASK, a_case(S.IN_PROGRESS, **SHARED), replace(SHARE, note=""), "REASON_REQUIRED"),
        (A.CANCEL_TASK, a_case(S.IN_PROGRESS), SHARE, "CASE_TASK_CLOSED"),
        (A.RESOLVE, a_case(S.IN_PROGRESS, **SHARED), trying(member_id=WORKER), "CASE_TASKS_OPEN"),
        (A.ANSWER_ALLEGATION, a_case(S.DISPATCHED, **THREE_POINTS), trying(allegation=2), "CASE_WRONG_STATUS"),
        (A.ANSWER_ALLEGATION, a_case(S.RESOLVED), trying(allegation=1), "CASE_ALLEGATION_ANSWERED"),
        (A.ANSWER_ALLEGATION, a_case(S.RESOLVED, **THREE_POINTS), trying(allegation=3), "CASE_ALLEGATION_ANSWERED"),
        (
            A.ANSWER_ALLEGATION,
            a_case(S.RESOLVED, **THREE_POINTS),
            trying(allegation=2, note=" "),
            "FEEDBACK_REQUIRED",
        ),
        (A.GIVE_FEEDBACK, a_case(S.RESOLVED, **THREE_POINTS), BY_SUPERVISOR, "CASE_ALLEGATIONS_UNANSWERED"),
        (A.ARCHIVE, a_case(S.RATED, **THREE_POINTS), BY_SUPERVISOR, "CASE_ALLEGATIONS_UNANSWERED"),
        (A.SCORE, a_case(S.IN_PROGRESS), trying(score=3), "CASE_WRONG_STATUS"),
        (A.SCORE, a_case(S.ARCHIVED), trying(score=3), "CASE_WRONG_STATUS"),
        (A.SCORE, a_case(S.RATED, score=4), trying(score=4), "CASE_ALREADY_SCORED"),
        (A.SCORE, a_case(S.RATED), trying(score=0), "CASE_SCORE_NOT_ON_SCALE"),
        (A.SCORE, a_case(S.RATED), trying(score=6), "CASE_SCORE_NOT_ON_SCALE"),
        (A.SCORE, a_case(S.RATED), trying(score=None), "CASE_SCORE_NOT_ON_SCALE"),
        (A.SCORE, a_case(S.RATED), trying(score=3, member_id=WORKER), "CASE_OWN_SERVICE"),
        (
            A.SCORE,
            a_case(S.RATED, worked=frozenset({DEPARTMENT})),
            trying(score=3, member_id=DEPARTMENT),
            "CASE_OWN_SERVICE",
        ),
        (A.VISIT, a_case(S.RESOLVED), BY_SUPERVISOR, "CASE_WRONG_STATUS"),
        (A.VISIT, a_case(S.RATED), trying(member_id=WORKER), "CASE_OWN_SERVICE"),
        (A.VISIT, a_case(S.RATED), trying(note=""), "RESULT_REQUIRED"),
        (A.REOPEN, a_case(S.RATED), trying(supervises=True), "CASE_NOT_VISITED"),
        (
            A.REOPEN,
            a_case(S.RATED, visit_effect=VisitEffect.PARTLY),
            trying(supervises=True),
            "CASE_NOT_VISITED",
        ),
        (A.REOPEN, a_case(S.RATED, visit_effect=VisitEffect.NOT_SOLVED), BY_SUPERVISOR, "CASE_NOT_REPORTER"),
        (
            A.REOPEN,
            a_case(S.RATED, visit_effect=VisitEffect.NOT_SOLVED),
            trying(supervises=True, member_id=WORKER),
            "CASE_NOT_REPORTER",
        ),
        (A.LINK, a_case(S.REPORTED, bundle_id=OTHER_BUNDLE), trying(bundle_id=BUNDLE), "CASE_LINKED_ELSEWHERE"),
        (A.UNLINK, a_case(S.REPORTED), BY_SUPERVISOR, "CASE_NOT_LINKED"),
        *[(A.LINK, a_case(status), trying(bundle_id=BUNDLE), "CASE_WRONG_STATUS") for status in sorted(TERMINAL)],
    ],
)
def test_what_runs_beside_the_states_is_refused(
    action: Action,
    case: CaseFacts,
    attempt: Attempt,
    code: str,
) -> None:
    assert refused(action, case, attempt).code == code


def test_a_refusal_says_how_many_departments_and_which_allegations_are_waited_for() -> None:
    tasks = refused(A.RESOLVE, a_case(S.IN_PROGRESS, **SHARED), trying(member_id=WORKER))
    assert tasks.params == {"count": 2}
    unanswered = a_case(S.RESOLVED, allegations=4, answered=frozenset({3}))
    assert refused(A.GIVE_FEEDBACK, unanswered, BY_SUPERVISOR).params == {"numbers": "1, 2, 4"}


def test_what_waits_for_others_is_not_offered() -> None:
    shared = rules.possible_actions(a_case(S.IN_PROGRESS, **SHARED), TEMPLATE, now=NOW)
    assert {A.ASSIGN_TASKS, A.COMPLETE_TASK, A.CANCEL_TASK} <= set(shared)
    assert A.RESOLVE not in shared
    alone = rules.possible_actions(a_case(S.IN_PROGRESS), TEMPLATE, now=NOW)
    assert A.RESOLVE in alone
    assert not {A.COMPLETE_TASK, A.CANCEL_TASK, A.ANSWER_ALLEGATION, A.UNLINK} & set(alone)
    waiting = rules.possible_actions(a_case(S.RESOLVED, **THREE_POINTS), TEMPLATE, now=NOW)
    assert A.ANSWER_ALLEGATION in waiting
    assert A.GIVE_FEEDBACK not in waiting


def test_a_template_that_skips_the_feedback_has_what_was_resolved_visited() -> None:
    attempt = trying(visit_effect=VisitEffect.SOLVED)
    assert rules.check(A.VISIT, a_case(S.RESOLVED), template=LOOSE, attempt=attempt) is S.RESOLVED


def test_a_template_may_demand_the_return_visit_before_the_archive() -> None:
    visiting = replace(TEMPLATE, mandatory_steps=TEMPLATE.mandatory_steps | {Stamp.RETURN_VISITED})
    case = a_case(S.RATED)
    assert str(refused(A.ARCHIVE, case, BY_SUPERVISOR, visiting)) == "Before archiving: RETURN_VISITED."
    visited = replace(case, stamps=frozenset({Stamp.RETURN_VISITED}))
    assert rules.check(A.ARCHIVE, visited, template=visiting, attempt=BY_SUPERVISOR) is S.ARCHIVED


def test_the_reporter_needs_no_visit_to_reopen_and_a_supervisor_one_that_found_it_not_solved() -> None:
    by_reporter = Attempt(NOW, resident_id=RESIDENT, note="still full")
    assert rules.check(A.REOPEN, a_case(S.RATED), template=TEMPLATE, attempt=by_reporter) is S.IN_PROGRESS
    unsolved = a_case(S.RATED, visit_effect=VisitEffect.NOT_SOLVED)
    by_visitor = trying(supervises=True)
    assert rules.check(A.REOPEN, unsolved, template=TEMPLATE, attempt=by_visitor) is S.IN_PROGRESS


REPORTED = CaseEventFacts(
    E.REPORTED,
    1,
    NOW,
    S.REPORTED,
    "grid",
    UUID(int=100),
    track=Track.GRID_EVENT,
    category="PARKING",
    severity=Severity.GENERAL,
    reporter_id=RESIDENT,
    allegations=2,
)


def follow(*steps: tuple[EventKind, CaseStatus, Mapping[str, Any]]) -> list[CaseEventFacts]:
    """The report of two allegations and what came after it, an hour apart; each as it comes back from the log."""
    log = [REPORTED]
    for version, (kind, status, values) in enumerate(steps, start=2):
        at = NOW + timedelta(hours=version - 1)
        log.append(CaseEventFacts(kind, version, at, status, "grid", **values))
    return [
        facts_of(
            kind=event.kind,
            version=event.version,
            at=event.at,
            to_status=event.to_status,
            level=event.level,
            change=change_of(event),
        )
        for event in log
    ]


STARTED = (E.STARTED, S.IN_PROGRESS, {"member_id": WORKER})


def test_tasks_are_open_until_they_are_done_or_canceled() -> None:
    log = follow(
        STARTED,
        (E.TASKS_ASSIGNED, S.IN_PROGRESS, {"task_ids": frozenset({ONE, TWO, THREE})}),
        (E.TASK_COMPLETED, S.IN_PROGRESS, {"task_ids": frozenset({TWO}), "member_id": DEPARTMENT}),
        (E.TASK_CANCELED, S.IN_PROGRESS, {"task_ids": frozenset({ONE})}),
    )
    state = replay(log)
    assert (state.tasks_open, state.worked) == (frozenset({THREE}), frozenset({WORKER, DEPARTMENT}))
    withdrawn = replay([*log, replace(log[-1], kind=E.WITHDRAWN, version=6, to_status=S.WITHDRAWN)])
    assert withdrawn.tasks_open == frozenset()


def test_a_reopening_asks_for_answers_score_and_visit_again_and_forgets_no_work() -> None:
    steps: tuple[tuple[EventKind, CaseStatus, Mapping[str, Any]], ...] = (
        STARTED,
        (E.ALLEGATION_ANSWERED, S.IN_PROGRESS, {"allegation": 2}),
        (E.RESOLVED, S.RESOLVED, {"member_id": SUPERVISOR}),
        (E.ALLEGATION_ANSWERED, S.RESOLVED, {"allegation": 1}),
        (E.FEEDBACK_GIVEN, S.FEEDBACK_GIVEN, {}),
        (E.RATED, S.RATED, {"rating": Rating.NEUTRAL}),
        (E.SCORED, S.RATED, {"score": 4}),
        (
            E.RETURN_VISITED,
            S.RATED,
            {"visit_effect": VisitEffect.NOT_SOLVED, "step": Stamp.RETURN_VISITED},
        ),
    )
    state = replay(follow(*steps))
    assert (state.allegations, state.answered, state.score) == (2, frozenset({1, 2}), 4)
    assert (state.visit_effect, state.visited_at) == (VisitEffect.NOT_SOLVED, NOW + timedelta(hours=8))
    assert state.stamps == {Stamp.RETURN_VISITED}
    again = replay(follow(*steps, (E.REOPENED, S.IN_PROGRESS, {})))
    assert (again.allegations, again.answered, again.score) == (2, frozenset(), None)
    assert (again.visit_effect, again.visited_at, again.stamps) == (None, None, frozenset())
    assert again.worked == {WORKER, SUPERVISOR}


def test_a_case_joins_a_bundle_and_leaves_it() -> None:
    log = follow((E.LINKED, S.REPORTED, {"bundle_id": BUNDLE}), (E.UNLINKED, S.REPORTED, {}))
    assert replay(log[:2]).bundle_id == BUNDLE
    assert replay(log).bundle_id is None


def test_an_answer_to_nothing_is_no_history() -> None:
    with pytest.raises(BrokenLog):
        replay(follow(STARTED, (E.ALLEGATION_ANSWERED, S.IN_PROGRESS, {})))
