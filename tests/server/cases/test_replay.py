from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from server.cases.replay import BrokenLog, CaseEventFacts, apply, replay
from server.cases.states import (
    MAIN_LINE,
    CaseFacts,
    CaseStatus,
    EventKind,
    Handling,
    Hop,
    Rating,
    Severity,
    Stamp,
    Supervision,
    Track,
)

S, E = CaseStatus, EventKind
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, WORKER, OTHER = (UUID(int=n) for n in range(1, 4))
ORGANIZATIONS = {"grid": UUID(int=11), "community": UUID(int=12), "street": UUID(int=13)}

REPORTED = CaseEventFacts(
    E.REPORTED,
    1,
    START,
    S.REPORTED,
    "grid",
    ORGANIZATIONS["grid"],
    track=Track.GRID_EVENT,
    category="PARKING",
    severity=Severity.GENERAL,
    reporter_id=RESIDENT,
)


def follow(*steps: CaseEventFacts) -> list[CaseEventFacts]:
    """The report and what came after it, an hour apart."""
    return [
        REPORTED,
        *(
            replace(step, version=number, at=START + timedelta(hours=number - 1))
            for number, step in enumerate(steps, start=2)
        ),
    ]


def event(kind: EventKind, to: CaseStatus, level: str = "grid", **values: object) -> CaseEventFacts:
    return replace(CaseEventFacts(kind, 0, START, to, level), **values)  # type: ignore[arg-type]


def test_the_whole_way_from_report_to_archive() -> None:
    log = follow(
        event(E.ACCEPTED, S.ACCEPTED),
        event(E.TRIAGED, S.TRIAGED, category="SAFETY", severity=Severity.COMPLEX),
        event(E.DISPATCHED, S.DISPATCHED),
        event(E.CLAIMED, S.CLAIMED, handler_id=WORKER),
        event(E.STARTED, S.IN_PROGRESS),
        event(E.RESOLVED, S.RESOLVED),
        event(E.FEEDBACK_GIVEN, S.FEEDBACK_GIVEN),
        event(E.RATED, S.RATED, rating=Rating.VERY_SATISFIED),
        event(E.ARCHIVED, S.ARCHIVED),
    )
    assert replay(log) == CaseFacts(
        status=S.ARCHIVED,
        track=Track.GRID_EVENT,
        level="grid",
        organization_id=ORGANIZATIONS["grid"],
        reported_at=START,
        category="SAFETY",
        severity=Severity.COMPLEX,
        reporter_id=RESIDENT,
        version=10,
        claimant_id=WORKER,
        handler_id=WORKER,
        accepted_at=START + timedelta(hours=1),
        resolved_at=START + timedelta(hours=6),
        feedback_at=START + timedelta(hours=7),
        archived_at=START + timedelta(hours=9),
        rating=Rating.VERY_SATISFIED,
        steps_done=frozenset(MAIN_LINE) - {S.PUBLISHED},
        began_at=START,
        tracked_at=START + timedelta(hours=6),
    )


def test_a_release_puts_the_case_back_into_the_pool_and_forgets_the_later_steps() -> None:
    state = replay(
        follow(
            event(E.DISPATCHED, S.DISPATCHED),
            event(E.CLAIMED, S.CLAIMED, handler_id=WORKER),
            event(E.STARTED, S.IN_PROGRESS),
            event(E.RELEASED, S.DISPATCHED),
        ),
    )
    assert (state.handler_id, state.claimant_id) == (None, None)
    assert state.steps_done == {S.REPORTED, S.DISPATCHED}


def test_an_escalation_hands_over_and_lateness_alone_does_not() -> None:
    started = follow(event(E.DISPATCHED, S.DISPATCHED, handler_id=WORKER), event(E.STARTED, S.IN_PROGRESS))
    state = replay(started)
    late = event(E.ESCALATED_OVERDUE, S.IN_PROGRESS, "community", version=4)
    after = apply(state, replace(late, organization_id=ORGANIZATIONS["community"]))
    assert (after.level, after.organization_id) == ("community", ORGANIZATIONS["community"])
    assert (after.handler_id, after.overdue_at) == (WORKER, START)
    asked = apply(state, event(E.ESCALATED, S.IN_PROGRESS, "community", version=4))
    assert (asked.handler_id, asked.overdue_at) == (None, None)


def test_a_reopening_starts_a_new_course_and_keeps_count() -> None:
    state = replay(
        follow(
            event(E.DISPATCHED, S.DISPATCHED, handler_id=WORKER),
            event(E.STARTED, S.IN_PROGRESS),
            event(E.ESCALATED_OVERDUE, S.IN_PROGRESS, "community"),
            event(E.RESOLVED, S.RESOLVED, "community"),
            event(E.RATED, S.RATED, "community", rating=Rating.DISSATISFIED),
            event(E.REOPENED, S.IN_PROGRESS, "community"),
        ),
    )
    assert (state.status, state.reopen_count, state.handler_id) == (S.IN_PROGRESS, 1, WORKER)
    assert (state.rating, state.resolved_at, state.feedback_at, state.overdue_at) == (None, None, None, None)
    assert state.steps_done == {S.REPORTED, S.DISPATCHED, S.IN_PROGRESS}


@pytest.mark.parametrize(
    "log",
    [
        [],
        [replace(REPORTED, version=2)],
        [replace(REPORTED, kind=E.ACCEPTED)],
        [replace(REPORTED, category=None)],
        [REPORTED, REPORTED],
        [REPORTED, event(E.ACCEPTED, S.ACCEPTED, version=3)],
        [REPORTED, replace(REPORTED, version=2)],
    ],
)
def test_a_log_that_is_no_history_of_a_case_is_broken(log: list[CaseEventFacts]) -> None:
    with pytest.raises(BrokenLog):
        replay(log)


IN_HAND = (event(E.DISPATCHED, S.DISPATCHED, handler_id=WORKER), event(E.STARTED, S.IN_PROGRESS))


def test_what_climbed_is_remembered_and_forgotten_on_the_way_back() -> None:
    up = (
        event(E.ESCALATED, S.IN_PROGRESS, "community", organization_id=ORGANIZATIONS["community"]),
        event(E.ESCALATED_OVERDUE, S.IN_PROGRESS, "street", organization_id=ORGANIZATIONS["street"]),
    )
    grid, community = Hop("grid", ORGANIZATIONS["grid"]), Hop("community", ORGANIZATIONS["community"])
    assert replay(follow(*IN_HAND, *up)).climbed == (grid, community)
    back = event(E.SENT_BACK, S.IN_PROGRESS, "community", organization_id=ORGANIZATIONS["community"])
    state = replay(follow(*IN_HAND, *up, back))
    assert (state.level, state.organization_id, state.climbed, state.handler_id) == (
        "community",
        ORGANIZATIONS["community"],
        (grid,),
        None,
    )
    with pytest.raises(BrokenLog):
        replay(follow(*IN_HAND, *up, replace(back, level="grid", organization_id=ORGANIZATIONS["grid"])))


def test_supervision_runs_beside_the_states() -> None:
    log = follow(
        *IN_HAND,
        event(E.PROGRESSED, S.IN_PROGRESS, handling=Handling.VISITING, step=Stamp.TRACKED),
        event(E.URGED, S.IN_PROGRESS, step=Stamp.URGED),
        event(E.PROGRESSED, S.IN_PROGRESS),
        event(E.URGE_ANSWERED, S.IN_PROGRESS),
        event(E.RESOLVED, S.RESOLVED),
    )
    urged, answered, resolved = (replay(log[:length]) for length in (5, 7, 8))
    assert (urged.supervision, urged.urged_at) == (Supervision.URGED, log[4].at)
    assert (answered.supervision, answered.handling) == (Supervision.TRACKED, Handling.VISITING)
    assert (resolved.handling, resolved.tracked_at) == (None, log[3].at)
    assert resolved.stamps == {Stamp.TRACKED, Stamp.URGED}
    reopened = apply(resolved, event(E.REOPENED, S.IN_PROGRESS, version=9))
    assert (reopened.stamps, reopened.urges, reopened.supervision) == (frozenset(), 0, Supervision.NONE)
    assert reopened.began_at == START


def test_a_missed_deadline_stays_missed_whatever_the_case_is_called() -> None:
    in_time = event(E.RECLASSIFIED, S.IN_PROGRESS, severity=Severity.COMPLEX)
    assert replay(follow(*IN_HAND, in_time)).overdue_at is None
    log = follow(*IN_HAND, replace(in_time, late=True))
    state = replay(log)
    assert (state.severity, state.overdue_at, state.supervision) == (
        Severity.COMPLEX,
        log[-1].at,
        Supervision.OVERDUE,
    )


def test_a_rejection_can_be_appealed_against_and_a_merged_case_says_where_it_went() -> None:
    log = follow(event(E.REJECTED, S.REJECTED), event(E.APPEALED, S.REPORTED))
    state = replay(log)
    assert (state.status, state.appealed_at, state.began_at) == (S.REPORTED, log[-1].at, log[-1].at)
    merged = apply(state, event(E.MERGED, S.MERGED, version=4, merged_into_id=OTHER))
    assert (merged.status, merged.merged_into_id) == (S.MERGED, OTHER)
