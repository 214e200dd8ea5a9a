from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from server.cases import rules
from server.cases.outcomes import VisitEffect
from server.cases.states import (
    MAIN_LINE,
    UNRESOLVED,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Rating,
    Severity,
    Track,
)
from server.errors import Conflict, RuleViolation

S = CaseStatus
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, NEIGHBOR, WORKER, COLLEAGUE = (UUID(int=n) for n in range(1, 5))
COMMUNITY = UUID(int=100)
CHAIN = ("city", "street", "community", "grid")

JIAMUSI = CaseTemplate(Track.GRID_EVENT, frozenset(MAIN_LINE) - {S.CLAIMED, S.PUBLISHED}, CHAIN)
DAYE = CaseTemplate(
    Track.SERVICE_ORDER,
    frozenset({S.DISPATCHED, S.CLAIMED, S.RESOLVED, S.RATED}),
    CHAIN,
    direct=False,
)
LOOSE = CaseTemplate(Track.TOPIC, frozenset({S.RESOLVED}), CHAIN)
DIRECT = CaseTemplate(Track.COMPLAINT, frozenset({S.RESOLVED}), CHAIN, pool=False, automatic_accept=True)


def a_case(status: CaseStatus, **values: object) -> CaseFacts:
    """A case that took every step of the main line up to ``status``."""
    done = frozenset(MAIN_LINE[: MAIN_LINE.index(status) + 1]) if status in MAIN_LINE else frozenset({S.REPORTED})
    case = CaseFacts(
        status=status,
        track=Track.SERVICE_ORDER,
        level="grid",
        organization_id=COMMUNITY,
        reported_at=NOW,
        category="SANITATION",
        severity=Severity.GENERAL,
        reporter_id=RESIDENT,
        steps_done=done,
    )
    return replace(case, **values)  # type: ignore[arg-type]


def held(status: CaseStatus, **values: object) -> CaseFacts:
    return a_case(status, **{"handler_id": WORKER, "claimant_id": WORKER, **values})


def refused(action: Action, case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        rules.check(action, case, template=template, attempt=attempt)
    return caught.value


BY_WORKER = Attempt(NOW, member_id=WORKER, note="because")
BY_RESIDENT = Attempt(NOW, resident_id=RESIDENT, note="because", rating=Rating.SATISFIED)


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        (Action.REPORT, "T1"),
        (Action.ACCEPT, "T2"),
        (Action.REJECT, "T3"),
        (Action.APPEAL, "T3"),
        (Action.MERGE, "T4"),
        (Action.FOLLOW, "T4"),
        (Action.WITHDRAW, "T5"),
        (Action.TRIAGE, "T6"),
        (Action.RECLASSIFY, "A-09, AQ-05"),
        (Action.DISPATCH, "T7"),
        (Action.CLAIM, "T8"),
        (Action.START, "T9, T10"),
        (Action.RELEASE, "T11"),
        (Action.TAKE_BACK, "T11"),
        (Action.ESCALATE, "T12"),
        (Action.SEND_BACK, "T13"),
        (Action.ESCALATE_OVERDUE, "T12, T17"),
        (Action.PROGRESS, "T14, T15, AQ-03"),
        (Action.TRACK, "T16"),
        (Action.URGE, "T16"),
        (Action.ANSWER_URGE, "T16"),
        (Action.WAIVE_URGE, "T16, A-23"),
        (Action.EXPLAIN, "T18"),
        (Action.RESOLVE, "T19"),
        (Action.GIVE_FEEDBACK, "T20"),
        (Action.RELAY_FEEDBACK, "T20, JM-23"),
        (Action.RATE, "T21"),
        (Action.REOPEN, "T22"),
        (Action.ARCHIVE, "T25"),
    ],
)
def test_the_table_follows_the_source_rows(action: Action, rows: str) -> None:
    assert rules.TRANSITIONS[action].source_row == rows


def test_every_action_has_one_row_and_one_event_of_its_own() -> None:
    assert set(rules.TRANSITIONS) == set(Action)
    assert sorted(row.event for row in rules.TRANSITIONS.values()) == sorted(EventKind)


@pytest.mark.parametrize(
    ("action", "case", "template", "attempt", "after"),
    [
        (Action.ACCEPT, a_case(S.REPORTED), JIAMUSI, BY_WORKER, S.ACCEPTED),
        (Action.REJECT, a_case(S.REPORTED), JIAMUSI, BY_WORKER, S.REJECTED),
        (
            Action.TRIAGE,
            a_case(S.ACCEPTED),
            JIAMUSI,
            replace(BY_WORKER, category="PARKING", severity=Severity.MAJOR),
            S.TRIAGED,
        ),
        (Action.DISPATCH, a_case(S.TRIAGED), JIAMUSI, BY_WORKER, S.DISPATCHED),
        (Action.DISPATCH, a_case(S.TRIAGED), JIAMUSI, replace(BY_WORKER, handler_id=COLLEAGUE), S.DISPATCHED),
        (Action.DISPATCH, a_case(S.DISPATCHED, handler_id=COLLEAGUE), JIAMUSI, BY_WORKER, S.DISPATCHED),
        (Action.CLAIM, a_case(S.DISPATCHED), DAYE, BY_WORKER, S.CLAIMED),
        (Action.START, held(S.CLAIMED), DAYE, BY_WORKER, S.IN_PROGRESS),
        (Action.START, a_case(S.DISPATCHED, handler_id=WORKER), JIAMUSI, BY_WORKER, S.IN_PROGRESS),
        (Action.RELEASE, held(S.CLAIMED), DAYE, BY_WORKER, S.DISPATCHED),
        (Action.RELEASE, held(S.IN_PROGRESS), DAYE, BY_WORKER, S.DISPATCHED),
        (Action.TAKE_BACK, held(S.IN_PROGRESS), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), S.DISPATCHED),
        (Action.ESCALATE, held(S.IN_PROGRESS), DAYE, BY_WORKER, S.IN_PROGRESS),
        (Action.ESCALATE_OVERDUE, a_case(S.TRIAGED), JIAMUSI, Attempt(NOW), S.TRIAGED),
        (Action.RESOLVE, held(S.IN_PROGRESS), DAYE, BY_WORKER, S.RESOLVED),
        (Action.RESOLVE, a_case(S.IN_PROGRESS), DAYE, BY_WORKER, S.RESOLVED),
        (Action.GIVE_FEEDBACK, held(S.RESOLVED), JIAMUSI, BY_WORKER, S.FEEDBACK_GIVEN),
        (Action.RATE, held(S.FEEDBACK_GIVEN, feedback_at=NOW), JIAMUSI, BY_RESIDENT, S.RATED),
        (Action.REOPEN, held(S.FEEDBACK_GIVEN), JIAMUSI, BY_RESIDENT, S.IN_PROGRESS),
        (Action.REOPEN, held(S.RATED), JIAMUSI, BY_RESIDENT, S.IN_PROGRESS),
        (
            Action.REOPEN,
            held(S.RATED, visit_effect=VisitEffect.NOT_SOLVED),
            JIAMUSI,
            Attempt(NOW, member_id=COLLEAGUE, note="seen", supervises=True),
            S.IN_PROGRESS,
        ),
        (Action.ARCHIVE, held(S.RATED), JIAMUSI, BY_WORKER, S.ARCHIVED),
        *[(Action.WITHDRAW, a_case(status), DAYE, BY_RESIDENT, S.WITHDRAWN) for status in sorted(UNRESOLVED)],
    ],
)
def test_check_answers_the_state_after(
    action: Action,
    case: CaseFacts,
    template: CaseTemplate,
    attempt: Attempt,
    after: CaseStatus,
) -> None:
    assert rules.check(action, case, template=template, attempt=attempt) is after


@pytest.mark.parametrize(
    ("action", "case", "template", "attempt", "code"),
    [
        (Action.REJECT, a_case(S.REPORTED), JIAMUSI, replace(BY_WORKER, note=" "), "REASON_REQUIRED"),
        (Action.TRIAGE, a_case(S.ACCEPTED), JIAMUSI, BY_WORKER, "CASE_TRIAGE_INCOMPLETE"),
        (Action.DISPATCH, a_case(S.ACCEPTED), DIRECT, BY_WORKER, "CASE_HANDLER_REQUIRED"),
        (Action.DISPATCH, a_case(S.TRIAGED), DAYE, replace(BY_WORKER, handler_id=COLLEAGUE), "CASE_POOL_ONLY"),
        (Action.CLAIM, held(S.CLAIMED), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), "CASE_ALREADY_CLAIMED"),
        (Action.CLAIM, held(S.IN_PROGRESS), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), "CASE_ALREADY_CLAIMED"),
        (Action.CLAIM, a_case(S.DISPATCHED, handler_id=COLLEAGUE), JIAMUSI, BY_WORKER, "CASE_NOT_IN_POOL"),
        (Action.CLAIM, a_case(S.DISPATCHED), DAYE, BY_RESIDENT, "CASE_NOT_MEMBER"),
        (Action.CLAIM, a_case(S.REPORTED), DAYE, BY_WORKER, "CASE_WRONG_STATUS"),
        (Action.START, a_case(S.DISPATCHED), DAYE, BY_WORKER, "CASE_NOT_CLAIMED"),
        (Action.START, held(S.CLAIMED), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), "CASE_NOT_CLAIMANT"),
        (Action.START, a_case(S.DISPATCHED, handler_id=COLLEAGUE), JIAMUSI, BY_WORKER, "CASE_NOT_HANDLER"),
        (Action.RELEASE, held(S.CLAIMED), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), "CASE_NOT_CLAIMANT"),
        (Action.RELEASE, held(S.CLAIMED), DAYE, replace(BY_WORKER, note=""), "REASON_REQUIRED"),
        (Action.TAKE_BACK, held(S.CLAIMED), DAYE, replace(BY_WORKER, note=""), "REASON_REQUIRED"),
        (Action.ESCALATE, held(S.IN_PROGRESS, level="city"), DAYE, BY_WORKER, "CASE_TOP_LEVEL"),
        (Action.ESCALATE, held(S.IN_PROGRESS, level="zone"), DAYE, BY_WORKER, "LEVEL_NOT_LISTED"),
        (Action.ESCALATE, held(S.IN_PROGRESS), DAYE, replace(BY_WORKER, note=""), "REASON_REQUIRED"),
        (Action.ESCALATE_OVERDUE, a_case(S.TRIAGED), JIAMUSI, BY_WORKER, "CASE_WORKER_ONLY"),
        (Action.ESCALATE_OVERDUE, a_case(S.TRIAGED, ladder_steps=1), JIAMUSI, Attempt(NOW), "CASE_ALREADY_OVERDUE"),
        (Action.ESCALATE_OVERDUE, held(S.RESOLVED), JIAMUSI, Attempt(NOW), "CASE_WRONG_STATUS"),
        (Action.RESOLVE, held(S.IN_PROGRESS), DAYE, replace(BY_WORKER, member_id=COLLEAGUE), "CASE_NOT_CLAIMANT"),
        (Action.RESOLVE, held(S.IN_PROGRESS), DAYE, replace(BY_WORKER, note=""), "RESULT_REQUIRED"),
        (Action.GIVE_FEEDBACK, held(S.RESOLVED), JIAMUSI, replace(BY_WORKER, note=""), "FEEDBACK_REQUIRED"),
        (Action.RATE, held(S.RESOLVED, resolved_at=NOW), JIAMUSI, BY_RESIDENT, "CASE_WRONG_STATUS"),
        (
            Action.RATE,
            held(S.FEEDBACK_GIVEN, feedback_at=NOW),
            JIAMUSI,
            replace(BY_RESIDENT, resident_id=NEIGHBOR),
            "CASE_NOT_REPORTER",
        ),
        (
            Action.RATE,
            held(S.FEEDBACK_GIVEN, feedback_at=NOW),
            JIAMUSI,
            replace(BY_RESIDENT, member_id=WORKER),
            "CASE_OWN_SERVICE",
        ),
        (
            Action.RATE,
            held(S.FEEDBACK_GIVEN, feedback_at=NOW),
            JIAMUSI,
            replace(BY_RESIDENT, rating=None),
            "CASE_RATING_NOT_ON_SCALE",
        ),
        (Action.RATE, held(S.RATED, rating=Rating.NEUTRAL), JIAMUSI, BY_RESIDENT, "CASE_ALREADY_RATED"),
        (
            Action.RATE,
            held(S.FEEDBACK_GIVEN, feedback_at=NOW - timedelta(days=14)),
            JIAMUSI,
            BY_RESIDENT,
            "CASE_RATING_CLOSED",
        ),
        (Action.REOPEN, held(S.RATED, reopen_count=2), JIAMUSI, BY_RESIDENT, "CASE_REOPEN_LIMIT"),
        (Action.REOPEN, held(S.RATED), JIAMUSI, replace(BY_RESIDENT, note=""), "REASON_REQUIRED"),
        (Action.REOPEN, held(S.RATED), JIAMUSI, replace(BY_WORKER, supervises=True), "CASE_NOT_REPORTER"),
        (Action.WITHDRAW, held(S.IN_PROGRESS), DAYE, BY_WORKER, "CASE_NOT_REPORTER"),
        (Action.WITHDRAW, held(S.RESOLVED), DAYE, BY_RESIDENT, "CASE_WRONG_STATUS"),
        (Action.ARCHIVE, held(S.IN_PROGRESS), LOOSE, BY_WORKER, "CASE_STEPS_MISSING"),
        (Action.ARCHIVE, held(S.WITHDRAWN), JIAMUSI, BY_WORKER, "CASE_WRONG_STATUS"),
        (Action.REPORT, a_case(S.REPORTED), JIAMUSI, BY_RESIDENT, "CASE_WRONG_STATUS"),
    ],
)
def test_check_refuses_with_the_code_of_the_rule(
    action: Action,
    case: CaseFacts,
    template: CaseTemplate,
    attempt: Attempt,
    code: str,
) -> None:
    assert refused(action, case, template, attempt).code == code


def test_a_wrong_status_says_where_the_case_is_and_what_is_possible() -> None:
    error = refused(Action.RESOLVE, a_case(S.REPORTED), JIAMUSI, BY_WORKER)
    assert str(error) == (
        "RESOLVE is not possible while the case is REPORTED. Possible now: ACCEPT, REJECT, MERGE, WITHDRAW, LINK."
    )


def test_a_template_that_demands_steps_lets_nobody_pass_them_over() -> None:
    assert rules.sources(Action.DISPATCH, JIAMUSI) == {S.TRIAGED, S.DISPATCHED}
    assert rules.sources(Action.RATE, JIAMUSI) == {S.FEEDBACK_GIVEN}


def test_a_template_without_acceptance_and_triage_dispatches_what_was_reported() -> None:
    assert rules.sources(Action.DISPATCH, DAYE) == {S.REPORTED, S.ACCEPTED, S.TRIAGED, S.DISPATCHED}


def test_a_template_without_feedback_rates_and_reopens_what_was_resolved() -> None:
    assert rules.sources(Action.RATE, DAYE) == {S.RESOLVED, S.FEEDBACK_GIVEN}
    assert rules.sources(Action.REOPEN, DAYE) == {S.RESOLVED, S.FEEDBACK_GIVEN, S.RATED}


def test_skipping_stops_at_the_first_demanded_step() -> None:
    accepting = replace(DAYE, mandatory_steps=DAYE.mandatory_steps | {S.ACCEPTED})
    assert rules.sources(Action.DISPATCH, accepting) == {S.ACCEPTED, S.TRIAGED, S.DISPATCHED}


def test_archiving_before_the_rating_names_the_missing_step_and_silence_past_the_window_allows_it() -> None:
    case = held(S.FEEDBACK_GIVEN, feedback_at=NOW)
    before = replace(BY_WORKER, now=NOW + timedelta(days=14) - timedelta(microseconds=1))
    assert str(refused(Action.ARCHIVE, case, JIAMUSI, before)) == "Before archiving: RATED."
    after = replace(BY_WORKER, now=NOW + timedelta(days=14))
    assert rules.check(Action.ARCHIVE, case, template=JIAMUSI, attempt=after) is S.ARCHIVED


def test_the_rating_window_counts_from_the_resolution_where_feedback_is_skipped() -> None:
    case = held(S.RESOLVED, resolved_at=NOW)
    assert rules.rating_closes_at(case, DAYE) == NOW + timedelta(days=14)
    assert rules.rating_closes_at(case, JIAMUSI) is None


def test_the_account_that_reported_is_the_reporter_only_where_no_resident_is() -> None:
    by_account = Attempt(NOW, account_id=WORKER)
    own = a_case(S.REPORTED, reporter_id=None, reporter_account_id=WORKER)
    assert rules.check(Action.WITHDRAW, own, template=DAYE, attempt=by_account) is S.WITHDRAWN
    for_a_resident = a_case(S.REPORTED, reporter_account_id=WORKER)
    assert refused(Action.WITHDRAW, for_a_resident, DAYE, by_account).code == "CASE_NOT_REPORTER"
    anonymous = a_case(S.REPORTED, reporter_id=None)
    assert refused(Action.WITHDRAW, anonymous, DAYE, Attempt(NOW)).code == "CASE_NOT_REPORTER"


@pytest.mark.parametrize(("level", "above"), [("grid", "community"), ("community", "street"), ("street", "city")])
def test_escalation_climbs_exactly_one_level(level: str, above: str) -> None:
    assert rules.next_level(CHAIN, level) == above
    assert rules.level_after(Action.ESCALATE, a_case(S.IN_PROGRESS, level=level), DAYE) == above


def test_an_overdue_case_at_the_top_stays_there() -> None:
    assert rules.level_after(Action.ESCALATE_OVERDUE, a_case(S.TRIAGED, level="city"), DAYE) == "city"
    assert rules.level_after(Action.ESCALATE_OVERDUE, a_case(S.TRIAGED, level="street"), DAYE) == "city"
    assert rules.level_after(Action.RESOLVE, a_case(S.IN_PROGRESS, level="street"), DAYE) == "street"


def test_possible_actions_are_those_the_case_itself_allows() -> None:
    assert rules.possible_actions(a_case(S.REPORTED), DAYE, now=NOW) == (
        Action.ACCEPT,
        Action.REJECT,
        Action.MERGE,
        Action.TRIAGE,
        Action.RECLASSIFY,
        Action.DISPATCH,
        Action.WITHDRAW,
        Action.LINK,
    )
    assert rules.possible_actions(a_case(S.DISPATCHED), DAYE, now=NOW) == (
        Action.RECLASSIFY,
        Action.DISPATCH,
        Action.CLAIM,
        Action.TRACK,
        Action.WITHDRAW,
        Action.ASSIGN_TASKS,
        Action.LINK,
    )
    at_the_top = held(S.IN_PROGRESS, level="city")
    assert rules.possible_actions(at_the_top, DAYE, now=NOW) == (
        Action.RECLASSIFY,
        Action.RELEASE,
        Action.TAKE_BACK,
        Action.TRACK,
        Action.PROGRESS,
        Action.RESOLVE,
        Action.WITHDRAW,
        Action.ASSIGN_TASKS,
        Action.LINK,
    )
    assert rules.possible_actions(held(S.ARCHIVED), DAYE, now=NOW) == ()


def test_reporting_accepts_at_once_only_where_the_template_says_so() -> None:
    assert rules.on_report(DAYE) == (Action.REPORT,)
    assert rules.on_report(DIRECT) == (Action.REPORT, Action.ACCEPT)


def test_a_stale_version_is_a_conflict() -> None:
    rules.check_version(a_case(S.REPORTED, version=3), 3)
    with pytest.raises(Conflict) as caught:
        rules.check_version(a_case(S.REPORTED, version=3), 2)
    assert (caught.value.code, caught.value.field) == ("VERSION_CONFLICT", ("expectedVersion",))


@pytest.mark.parametrize(
    "values",
    [
        {"mandatory_steps": frozenset({S.WITHDRAWN})},
        {"pool": False},
        {"mandatory_steps": frozenset({S.RESOLVED}), "pool": False, "direct": False},
        {"rating_window_days": 0},
        {"max_reopens": -1},
    ],
)
def test_a_template_under_which_no_case_could_end_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="SERVICE_ORDER"):
        replace(DAYE, **values)  # type: ignore[arg-type]
