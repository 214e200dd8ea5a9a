from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.cases import rules
from server.cases.replay import BrokenLog, CaseEventFacts, apply, begin, replay
from server.cases.states import (
    MAIN_LINE,
    STEPS,
    TERMINAL,
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

S, E = CaseStatus, EventKind
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, WORKER, COLLEAGUE, DISPATCHER = (UUID(int=n) for n in range(1, 5))
ORGANIZATIONS = {"grid": UUID(int=11), "community": UUID(int=12), "street": UUID(int=13)}
CHAIN = ("street", "community", "grid")

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
        steps_done=frozenset(MAIN_LINE),
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


TEMPLATES = st.builds(
    lambda steps, automatic: CaseTemplate(Track.GRID_EVENT, steps, CHAIN, automatic_accept=automatic),
    st.frozensets(st.sampled_from(sorted(STEPS))),
    st.booleans(),
)


def _attempt(action: Action, case: CaseFacts, template: CaseTemplate, now: datetime, *, named: bool) -> Attempt:
    """Somebody who may do it, with the words it takes."""
    by_reporter = action in {Action.RATE, Action.REOPEN, Action.WITHDRAW}
    return Attempt(
        now=now,
        resident_id=RESIDENT if by_reporter else None,
        member_id=None if by_reporter else case.handler_id or COLLEAGUE,
        note="because",
        handler_id=WORKER if named and template.names_handlers and action is Action.DISPATCH else None,
        category="SAFETY",
        severity=Severity.MAJOR,
        rating=Rating.NEUTRAL,
    )


def _event(action: Action, case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> CaseEventFacts:
    row = rules.TRANSITIONS[action]
    level = rules.level_after(action, case, template)
    return CaseEventFacts(
        row.event,
        case.version + 1,
        attempt.now,
        rules.check(action, case, template=template, attempt=attempt),
        level,
        ORGANIZATIONS[level],
        handler_id=attempt.member_id if action is Action.CLAIM else attempt.handler_id,
        rating=attempt.rating if action is Action.RATE else None,
    )


@settings(deadline=None)
@given(template=TEMPLATES, data=st.data())
def test_whatever_people_do_the_log_replays_and_the_invariants_hold(
    template: CaseTemplate, data: st.DataObject
) -> None:
    log = [REPORTED]
    case = begin(REPORTED)
    now = START
    for _ in range(data.draw(st.integers(1, 25))):
        now += timedelta(days=data.draw(st.integers(0, 20)))
        possible = rules.possible_actions(case, template, now=now)
        if not possible:
            break
        action = data.draw(st.sampled_from(possible))
        attempt = _attempt(action, case, template, now, named=data.draw(st.booleans()))
        log.append(_event(action, case, template, attempt))
        before, case = case, apply(case, log[-1])
        assert before.status not in TERMINAL
        assert abs(CHAIN.index(case.level) - CHAIN.index(before.level)) == (action is Action.ESCALATE)
        assert case.claimant_id in {None, case.handler_id}
        assert case.reopen_count <= template.max_reopens
    assert replay(log) == case


@settings(deadline=None)
@given(template=TEMPLATES, data=st.data())
def test_no_template_leads_a_case_into_a_dead_end(template: CaseTemplate, data: st.DataObject) -> None:
    case = begin(REPORTED)
    forward = [
        Action.ACCEPT,
        Action.TRIAGE,
        Action.DISPATCH,
        Action.CLAIM,
        Action.START,
        Action.RESOLVE,
        Action.GIVE_FEEDBACK,
        Action.ARCHIVE,
    ]
    now = START
    skipping = data.draw(st.booleans())
    for _ in range(20):
        now += timedelta(days=15)
        possible = [a for a in forward if a in rules.possible_actions(case, template, now=now)]
        if case.status is S.DISPATCHED:
            possible.remove(Action.DISPATCH)
        if not possible:
            break
        action = possible[-1] if skipping else possible[0]
        attempt = _attempt(action, case, template, now, named=False)
        case = apply(case, _event(action, case, template, attempt))
    assert case.status is S.ARCHIVED
    assert template.mandatory_steps - {S.RATED} <= case.steps_done
