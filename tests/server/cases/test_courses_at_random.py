"""Whatever people and the worker do, by the rules of any template, the log replays and the invariants hold (3.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from server.cases import rules
from server.cases.outcomes import VisitEffect
from server.cases.replay import CaseEventFacts, apply, begin, replay
from server.cases.service.changes import next_event
from server.cases.states import (
    STEP_ORDER,
    STEPS,
    TERMINAL,
    Action,
    Attempt,
    CaseFacts,
    CaseStatus,
    CaseTemplate,
    EventKind,
    Handling,
    Rating,
    Severity,
    Stamp,
    Survivor,
    Track,
)

A, S = Action, CaseStatus
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESIDENT, WORKER, COLLEAGUE, SUPERVISOR, OTHER, TASK = (UUID(int=n) for n in range(1, 7))
CHAIN = ("street", "community", "grid")
ORGANIZATIONS = {level: UUID(int=number) for number, level in enumerate(CHAIN, start=11)}
BY_REPORTER = {A.RATE, A.REOPEN, A.WITHDRAW, A.APPEAL}
BY_SUPERVISOR = {A.TRACK, A.URGE, A.WAIVE_URGE, A.SCORE, A.VISIT}
TEMPLATES = st.builds(
    lambda steps, automatic, by_hop: CaseTemplate(
        Track.GRID_EVENT,
        steps,
        CHAIN,
        automatic_accept=automatic,
        feedback_by_hop=by_hop,
        publishes=S.PUBLISHED in steps,
    ),
    st.frozensets(st.sampled_from(STEP_ORDER)),
    st.booleans(),
    st.booleans(),
)
REPORTED = CaseEventFacts(
    EventKind.REPORTED,
    1,
    START,
    S.REPORTED,
    "grid",
    ORGANIZATIONS["grid"],
    track=Track.GRID_EVENT,
    category="PARKING",
    severity=Severity.COMPLEX,
    reporter_id=RESIDENT,
    allegations=2,
)


def attempt_of(action: Action, case: CaseFacts, template: CaseTemplate, now: datetime, *, named: bool) -> Attempt:
    """Somebody who may do it, with the words it takes."""
    member_id = SUPERVISOR if action in BY_SUPERVISOR else case.handler_id or COLLEAGUE
    open_tasks = sorted(case.tasks_open)
    unanswered = [number for number in (1, 2) if number not in case.answered]
    return Attempt(
        now=now,
        resident_id=RESIDENT if action in BY_REPORTER else None,
        member_id=None if action in BY_REPORTER else member_id,
        note="because",
        handler_id=WORKER if named and template.names_handlers and action is A.DISPATCH else None,
        category="SAFETY" if action in {A.TRIAGE, A.RECLASSIFY} and case.category != "SAFETY" else "PARKING",
        severity=Severity.MAJOR,
        rating=Rating.NEUTRAL,
        into=Survivor(OTHER, S.IN_PROGRESS, case.category, same_place=True),
        handling=Handling.VISITING if action is A.PROGRESS else None,
        task_ids=frozenset(open_tasks[:1]) if action in {A.COMPLETE_TASK, A.CANCEL_TASK} else frozenset({TASK}),
        allegation=unanswered[0] if unanswered else None,
        score=4,
        visit_effect=VisitEffect.SOLVED,
        bundle_id=OTHER,
        copy_checked=True,
    )


def step(action: Action, case: CaseFacts, template: CaseTemplate, attempt: Attempt) -> CaseEventFacts:
    """The event of an action, with the words of other actions left out."""
    level = rules.level_after(action, case, template)
    event = next_event(
        case,
        template,
        action,
        attempt=attempt,
        level=level,
        organization_id=None if level == case.level else ORGANIZATIONS[level],
    )
    classifies = action in {A.TRIAGE, A.RECLASSIFY}
    return replace(
        event,
        category=event.category if classifies else None,
        severity=event.severity if classifies else None,
        rating=event.rating if action is A.RATE else None,
    )


@settings(deadline=None)
@given(template=TEMPLATES, data=st.data())
def test_whatever_people_do_the_log_replays_and_the_invariants_hold(
    template: CaseTemplate, data: st.DataObject
) -> None:
    log = [REPORTED]
    case = begin(REPORTED)
    now = START
    for _ in range(data.draw(st.integers(1, 30))):
        now += timedelta(days=data.draw(st.integers(0, 20)))
        possible = rules.possible_actions(case, template, now=now)
        if not possible:
            break
        action = data.draw(st.sampled_from(possible))
        attempt = attempt_of(action, case, template, now, named=data.draw(st.booleans()))
        log.append(step(action, case, template, attempt))
        before, case = case, apply(case, log[-1])
        assert before.status not in TERMINAL or (before.status, action) == (S.REJECTED, A.APPEAL)
        climb = {A.ESCALATE: 1, A.SEND_BACK: -1}.get(action, 0)
        assert CHAIN.index(before.level) - CHAIN.index(case.level) == climb
        assert [hop.level for hop in case.climbed] == list(reversed(CHAIN))[: len(case.climbed)]
        assert len(case.climbed) == len(CHAIN) - 1 - CHAIN.index(case.level)
        assert case.claimant_id in {None, case.handler_id}
        assert case.reopen_count <= template.max_reopens
        assert action not in BY_SUPERVISOR or attempt.member_id not in {before.handler_id, *before.worked}
        if action is A.GIVE_FEEDBACK:
            assert {Stamp.TRACKED, Stamp.URGED} & template.mandatory_steps <= case.stamps
            assert case.relayed == len(case.climbed) or not template.feedback_by_hop
        if action is A.ARCHIVE:
            waived = {S.RATED} if case.publication_waived_at is None else {S.RATED, S.PUBLISHED}
            assert template.mandatory_steps - waived <= case.steps_done | case.stamps
    assert replay(log) == case
    assert sum(event.kind is EventKind.APPEALED for event in log) <= 1


def in_order(log: list[CaseEventFacts]) -> bool:
    """Whether the steps of a log are stamped in the order of the steps."""
    places = [STEP_ORDER.index(event.step) for event in log if event.step is not None]
    return places == sorted(places) and len(set(places)) == len(places)


@settings(deadline=None)
@given(template=TEMPLATES, data=st.data())
def test_no_template_leads_a_case_into_a_dead_end(template: CaseTemplate, data: st.DataObject) -> None:
    log = [REPORTED]
    case = begin(REPORTED)
    forward = [
        A.ACCEPT,
        A.TRIAGE,
        A.DISPATCH,
        A.CLAIM,
        A.START,
        A.TRACK,
        A.WAIVE_URGE,
        A.RESOLVE,
        A.ANSWER_ALLEGATION,
        A.GIVE_FEEDBACK,
        A.VISIT,
        data.draw(st.sampled_from([A.PUBLISH, A.WAIVE_PUBLICATION])),
        A.ARCHIVE,
    ]
    now = START
    skipping = data.draw(st.booleans())
    for _ in range(30):
        now += timedelta(days=15)
        wanted = template.mandatory_steps - case.stamps
        idle = {A.DISPATCH} if case.status is S.DISPATCHED else set()
        idle |= set() if Stamp.TRACKED in wanted else {A.TRACK}
        idle |= set() if Stamp.RETURN_VISITED in wanted else {A.VISIT}
        possible = [a for a in forward if a in rules.possible_actions(case, template, now=now) and a not in idle]
        if not possible:
            break
        action = possible[-1] if skipping else possible[0]
        log.append(step(action, case, template, attempt_of(action, case, template, now, named=False)))
        case = apply(case, log[-1])
    assert case.status is S.ARCHIVED
    waived = {S.RATED} if case.publication_waived_at is None else {S.RATED, S.PUBLISHED}
    assert template.mandatory_steps - waived <= case.steps_done | case.stamps


def test_jiamusis_steps_are_stamped_in_order() -> None:
    """JM-09: with what runs beside the handling where it belongs."""
    mandatory = STEPS - {S.REPORTED, S.DISPATCHED, S.CLAIMED, S.IN_PROGRESS, S.RESOLVED, S.PUBLISHED}
    template = CaseTemplate(Track.GRID_EVENT, mandatory - {Stamp.RETURN_VISITED}, CHAIN)
    log = [REPORTED]
    case = begin(REPORTED)
    for action in (
        A.ACCEPT,
        A.TRIAGE,
        A.DISPATCH,
        A.CLAIM,
        A.START,
        A.RESOLVE,
        A.WAIVE_URGE,
        A.ANSWER_ALLEGATION,
        A.ANSWER_ALLEGATION,
        A.GIVE_FEEDBACK,
        A.RATE,
        A.ARCHIVE,
    ):
        now = log[-1].at + timedelta(hours=1)
        log.append(step(action, case, template, attempt_of(action, case, template, now, named=False)))
        case = apply(case, log[-1])
    assert [event.step for event in log if event.step] == [
        S.ACCEPTED,
        S.TRIAGED,
        Stamp.TRACKED,
        Stamp.URGED,
        S.FEEDBACK_GIVEN,
        S.RATED,
        S.ARCHIVED,
    ]
    assert in_order(log)
