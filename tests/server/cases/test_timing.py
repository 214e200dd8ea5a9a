"""The clocks of a case from its log: where they start and stand still, whose calendar counts, what the ladder does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.cases.calendars import CalendarChange, DayName, Hours, Reason
from server.cases.clocks import NEVER, Clock, Pause, Unit
from server.cases.courses import pauses_of
from server.cases.deadlines import MOST_LINES, ClockStart, DeadlinePolicy, DeadlineRule, TargetKind, due_at, told
from server.cases.hops import stays_of
from server.cases.ladders import LadderAction, LadderStep, steps_of, with_deadline
from server.cases.replay import replay
from server.cases.simulation import Overrides, invented, simulate
from server.cases.states import CaseStatus as S
from server.cases.states import EventKind as E
from server.cases.states import Severity, Track
from server.cases.targets import open_targets, targets_of
from tests.server.cases.clocks import (
    CITY,
    COMMUNITY,
    GRID,
    HOLIDAY,
    PATH,
    TEN_DAYS,
    clock,
    local,
    log,
    mediating,
    reported,
    timing,
    visiting,
)

MEDIATES = DeadlinePolicy({Severity.GENERAL: TEN_DAYS}, pauses_in=frozenset({"MEDIATING"}))


def test_the_clock_starts_where_the_policy_says() -> None:
    waiting = log("2026-03-02T09:00")
    accepted = log("2026-03-02T09:00", (E.ACCEPTED, "2026-03-03T09:00", S.ACCEPTED))
    from_acceptance = timing(DeadlinePolicy({Severity.GENERAL: TEN_DAYS}, ClockStart.ACCEPTANCE))

    assert clock(accepted).deadline(Severity.GENERAL).due_at == local("2026-03-12T09:00")  # type: ignore[union-attr]  # it is there
    found = clock(accepted, from_acceptance).deadline(Severity.GENERAL)
    assert found is not None
    assert found.due_at == local("2026-03-13T09:00")
    assert clock(waiting, from_acceptance).deadline(Severity.GENERAL) is None
    assert clock(accepted).deadline(Severity.MAJOR) is None


@pytest.mark.parametrize(("kind", "status"), [(E.REOPENED, S.IN_PROGRESS), (E.APPEALED, S.REPORTED)])
def test_a_new_course_starts_a_whole_deadline_anew(kind: E, status: S) -> None:
    again = log("2026-03-02T09:00", (E.REJECTED, "2026-03-03T09:00", S.REJECTED), (kind, "2026-03-20T09:00", status))
    found = clock(again).deadline(Severity.GENERAL)
    assert found is not None
    assert found.due_at == local("2026-03-30T09:00")


def test_pauses_are_those_of_the_states_and_the_handling_that_the_track_names() -> None:
    events = log(
        "2026-03-02T09:00",
        (E.DISPATCHED, "2026-03-02T10:00", S.DISPATCHED),
        (E.STARTED, "2026-03-02T11:00", S.IN_PROGRESS),
        mediating("2026-03-03T09:00"),
        mediating("2026-03-03T12:00"),
        visiting("2026-03-04T09:00"),
        mediating("2026-03-05T09:00"),
    )
    assert pauses_of(events, frozenset()) == ()
    assert pauses_of(events, frozenset({"DISPATCHED", "MEDIATING"})) == (
        Pause(local("2026-03-02T10:00"), local("2026-03-02T11:00"), "DISPATCHED"),
        Pause(local("2026-03-03T09:00"), local("2026-03-04T09:00"), "MEDIATING"),
        Pause(local("2026-03-05T09:00"), NEVER, "MEDIATING"),
    )
    concluded = [*events, replace(events[-1], kind=E.RESOLVED, version=8, to_status=S.RESOLVED, handling=None)]
    assert len(pauses_of(concluded, frozenset({"MEDIATING"}))) == 1


def test_while_the_clock_stands_still_nothing_is_due_and_afterwards_nothing_was_lost() -> None:
    started = log("2026-03-02T09:00", (E.STARTED, "2026-03-02T09:00", S.IN_PROGRESS), mediating("2026-03-04T09:00"))
    paused = clock(started, timing(MEDIATES))
    deadline = paused.deadline(Severity.GENERAL)
    assert deadline is not None
    assert deadline.due_at is None
    assert paused.paused_since() == local("2026-03-04T09:00")
    assert paused.next_step(replay(started), None) is None
    for day in ("2026-03-05", "2026-03-30"):
        left = paused.remaining(Severity.GENERAL, None, local(f"{day}T09:00"))
        assert left == timedelta(days=8)
    lines = told(deadline.explain, local("2026-03-05T09:00"))
    assert [(line.reason, line.word, line.hours) for line in lines] == [
        (Reason.ELAPSED, None, 48.0),
        (Reason.PAUSED, "MEDIATING", 0.0),
    ]
    assert lines[-1].ends_at == local("2026-03-05T09:00")
    resumed = clock([*started, *log("2026-03-02T09:00", visiting("2026-03-09T10:30"))[1:]], timing(MEDIATES))
    resumed.log[-1:] = [replace(resumed.log[-1], version=4)]  # type: ignore[index]  # a list
    after = resumed.deadline(Severity.GENERAL)
    assert after is not None
    assert after.due_at == local("2026-03-17T10:30")
    assert resumed.paused_since() is None


def test_an_organization_works_by_its_own_calendar_and_what_it_does_not_say_is_as_above() -> None:
    saturday = (None,) * 5 + ((Hours(540, 720),), None)
    of = replace(
        timing(),
        organizations={
            "town/": CalendarChange(holidays={date(2026, 10, 11): HOLIDAY}, time_zone=ZoneInfo("Asia/Urumqi")),
            "town/east/": CalendarChange(weekly=saturday, make_up_days={date(2026, 10, 1): DayName("值班", "on duty")}),
            "town/eastern/": CalendarChange(weekly=((),) * 7),
        },
    )
    assert of.calendar_at("village/") == CITY
    above, here = of.calendar_at("town/west/"), of.calendar_at("town/east/grid-1/")
    assert (above.why(date(2026, 10, 11)), above.why(date(2026, 10, 1))) == (Reason.HOLIDAY, Reason.HOLIDAY)
    assert (here.why(date(2026, 10, 11)), here.why(date(2026, 10, 1))) == (Reason.HOLIDAY, Reason.MAKE_UP_DAY)
    assert here.time_zone == ZoneInfo("Asia/Urumqi")
    assert here.hours_on(date(2026, 10, 10)) == (Hours(540, 720),)
    assert here.hours_on(date(2026, 10, 9)) == CITY.hours_on(date(2026, 10, 9))
    assert here.known_through == CITY.known_through


def test_a_promised_deadline_does_not_move_when_the_case_is_handed_on() -> None:
    """The calendar is that of who had the case when the course began: nobody wins time by passing it up."""
    rule = DeadlinePolicy({Severity.GENERAL: DeadlineRule(1, Unit.WORKING_DAYS)})
    always = CalendarChange(weekly=((Hours(0, 1440),),) * 7)
    of = replace(timing(rule), organizations={"town/east/": always})
    stays = log("2026-03-06T09:00")
    climbed = [*stays, replace(stays[0], kind=E.ESCALATED, version=2, level="city", organization_id=COMMUNITY)]
    for events in (stays, climbed):
        deadline = clock(events, of).deadline(Severity.GENERAL)
        assert deadline is not None
        assert deadline.due_at == local("2026-03-08T00:00")


def test_the_ladder_is_climbed_in_the_order_of_time() -> None:
    start, due = local("2026-03-02T09:00"), local("2026-03-12T09:00")
    ladder = (
        LadderStep(after=DeadlineRule(1, Unit.WORKING_DAYS)),
        LadderStep(after_share_percent=100),
        LadderStep(after_share_percent=150),
        LadderStep(after_share_percent=50, action=LadderAction.NOTIFY_ONLY),
    )
    runs = Clock(Unit.DAYS, CITY)
    assert [(step.number, step.at, step.early) for step in steps_of(start, due, ladder, runs)] == [
        (1, local("2026-03-07T09:00"), True),
        (2, due, False),
        (3, local("2026-03-13T17:30"), False),
        (4, local("2026-03-17T09:00"), False),
    ]


def test_a_share_of_working_time_falls_into_working_time() -> None:
    start = local("2026-03-06T16:30")
    deadline = due_at(start, 2, Unit.WORKING_HOURS, CITY)
    assert deadline.due_at == local("2026-03-09T09:30")
    works = Clock(Unit.WORKING_HOURS, CITY)
    half, late = steps_of(start, deadline.due_at, (LadderStep(50), LadderStep(150)), works)
    assert (half.at, late.at) == (local("2026-03-06T17:30"), local("2026-03-09T10:30"))


def test_the_deadline_is_always_among_the_steps() -> None:
    assert with_deadline(()) == (LadderStep(100, action=LadderAction.MARK_LATE),)
    assert with_deadline((LadderStep(50),))[-1].action is LadderAction.MARK_LATE
    assert with_deadline((LadderStep(50), LadderStep(100))) == (LadderStep(50), LadderStep(100))


@pytest.mark.parametrize(("share", "after"), [(None, None), (100, TEN_DAYS), (0, None)])
def test_a_ladder_step_has_exactly_one_time(share: int | None, after: DeadlineRule | None) -> None:
    with pytest.raises(ValueError, match=r"ladder|share"):
        LadderStep(share, after)


TARGETS = DeadlinePolicy(
    {Severity.GENERAL: TEN_DAYS},
    ClockStart.ACCEPTANCE,
    targets={
        TargetKind.ACCEPT: {Severity.GENERAL: DeadlineRule(2, Unit.WORKING_HOURS)},
        TargetKind.DISPATCH: {Severity.GENERAL: DeadlineRule(1, Unit.DAYS)},
        TargetKind.FIRST_REPLY: {Severity.GENERAL: DeadlineRule(3, Unit.DAYS), Severity.MAJOR: None},
    },
)


def test_each_target_has_its_own_start_and_its_own_way_of_being_met() -> None:
    events = log(
        "2026-03-02T09:00",
        (E.ACCEPTED, "2026-03-02T10:30", S.ACCEPTED),
        (E.DISPATCHED, "2026-03-04T09:00", S.DISPATCHED),
    )
    state = replay(events)
    at = local("2026-03-04T10:00")
    found = {target.kind: target for target in targets_of(clock(events, timing(TARGETS)), state, state.accepted_at)}
    assert {kind: (target.due_at, target.met_at, target.missed(at)) for kind, target in found.items()} == {
        TargetKind.ACCEPT: (local("2026-03-02T11:00"), local("2026-03-02T10:30"), False),
        TargetKind.DISPATCH: (local("2026-03-03T10:30"), local("2026-03-04T09:00"), True),
        TargetKind.FIRST_REPLY: (local("2026-03-05T09:00"), None, False),
        TargetKind.CONCLUDE: (local("2026-03-02T10:30"), None, True),
    }
    assert [target.kind for target in open_targets(clock(events, timing(TARGETS)), state)] == [TargetKind.FIRST_REPLY]
    assert found[TargetKind.FIRST_REPLY].missed(local("2026-03-05T09:01"))


def test_a_target_found_missed_stays_missed_when_the_limits_change() -> None:
    events = log(
        "2026-03-02T09:00",
        (E.TARGET_MISSED, "2026-03-02T11:00", S.REPORTED, {"target": "ACCEPT"}),
        (E.ACCEPTED, "2026-03-02T12:00", S.ACCEPTED),
    )
    (accept, _deadline) = targets_of(clock(events), replay(events), local("2026-03-12T09:00"))
    assert (accept.kind, accept.due_at, accept.missed(local("2026-03-02T13:00"))) == (TargetKind.ACCEPT, None, True)


def test_who_withdraws_ends_the_targets_without_missing_them() -> None:
    events = log("2026-03-02T09:00", (E.WITHDRAWN, "2026-03-02T10:00", S.WITHDRAWN))
    state = replay(events)
    found = targets_of(clock(events, timing(TARGETS)), state, None)
    assert not any(target.missed(local("2026-04-01T09:00")) for target in found)
    assert open_targets(clock(events, timing(TARGETS)), state) == ()


MOMENTS = st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=12, unique=True).map(sorted)
STEPS = st.sampled_from(("up", "down", "mediate", "visit", "resolve", "reopen"))


@settings(deadline=None)
@given(minutes=MOMENTS, steps=st.lists(STEPS, min_size=12, max_size=12), seconds=st.integers(0, 59))
def test_the_hops_add_up_to_the_whole(minutes: list[int], steps: list[str], seconds: int) -> None:
    first = reported("2026-09-20T09:00")
    first = replace(first, at=first.at + timedelta(seconds=seconds))
    events = [first]
    for minute, step in zip(minutes, steps, strict=False):
        last = events[-1]
        choices: dict[str, dict[str, object]] = {
            "up": {"kind": E.ESCALATED, "level": "community", "organization_id": COMMUNITY},
            "down": {"kind": E.PROGRESSED},
            "mediate": {"kind": E.PROGRESSED, "handling": "MEDIATING"},
            "visit": {"kind": E.PROGRESSED, "handling": "VISITING"},
            "resolve": {"kind": E.RESOLVED, "to_status": S.RESOLVED},
            "reopen": {"kind": E.REOPENED, "to_status": S.IN_PROGRESS},
        }
        plain: dict[str, object] = {
            "version": last.version + 1,
            "at": first.at + timedelta(minutes=minute + 1, seconds=minute % 7),
        }
        events.append(replace(last, **{"track": None, "handling": None, **plain, **choices[step]}))  # type: ignore[arg-type]  # by name
    at = events[-1].at + timedelta(days=2, seconds=13)
    of = timing(MEDIATES)
    stays = stays_of(clock(events, of), at)
    whole = [(stay.since, stay.until or at) for stay in stays]
    assert all(since <= until for since, until in whole)
    assert all(until <= since for (_, until), (since, _) in pairwise(whole))
    pauses = pauses_of(events, of.deadlines.pauses_in)
    works, runs = Clock(Unit.WORKING_HOURS, CITY, pauses), Clock(Unit.HOURS, CITY, pauses)
    sums = [
        sum((until - since for since, until in whole), timedelta()),
        sum((works.between(*each) for each in whole), timedelta()),
        sum((runs.paused(*each) for each in whole), timedelta()),
    ]
    assert [
        sum(stay.calendar_minutes for stay in stays),
        sum(stay.working_minutes for stay in stays),
        sum(stay.paused_minutes for stay in stays),
    ] == [total // timedelta(minutes=1) for total in sums]
    assert stays[0].organization_id == GRID


def test_a_very_long_explanation_is_summed_up_in_its_last_line() -> None:
    deadline = due_at(local("2026-03-02T09:00"), 100, Unit.WORKING_DAYS, CITY)
    lines = told(deadline.explain, local("2026-03-02T09:00"))
    assert len(deadline.explain) > MOST_LINES == len(lines)
    assert lines[-1].reason is Reason.FURTHER
    assert sum(line.hours for line in lines) == 700


def test_another_policy_can_be_tried_on_a_case_and_changes_nothing() -> None:
    events = log("2026-03-02T09:00", (E.ESCALATED_OVERDUE, "2026-03-12T09:00", S.REPORTED, {"level": "community"}))
    of = clock(events, timing(None, LadderStep(100), LadderStep(after=DeadlineRule(2, Unit.DAYS))))
    as_it_is = simulate(of, Overrides({}), ("city", "community", "grid"))
    assert as_it_is.due == {TargetKind.CONCLUDE: local("2026-03-12T09:00")}
    assert [(step.due.number, step.due.at, step.level) for step in as_it_is.steps] == [
        (2, local("2026-03-14T09:00"), "city"),
    ]
    overrides = Overrides(
        {TargetKind.CONCLUDE: DeadlineRule(5, Unit.WORKING_DAYS), TargetKind.ACCEPT: DeadlineRule(4, Unit.HOURS)},
        ladder=(LadderStep(50, action=LadderAction.NOTIFY_ONLY), LadderStep(100), LadderStep(200), LadderStep(300)),
    )
    other = simulate(
        clock(invented(local("2026-03-02T09:00"), Severity.GENERAL, Track.DISPUTE, "grid", GRID)),
        overrides,
        ("city", "community", "grid"),
    )
    assert other.due == {
        TargetKind.ACCEPT: local("2026-03-02T13:00"),
        TargetKind.CONCLUDE: local("2026-03-09T17:30"),
    }
    assert [(step.due.step.action.value, step.level) for step in other.steps] == [
        ("NOTIFY_ONLY", "grid"),
        ("CLIMB", "community"),
        ("CLIMB", "city"),
        ("CLIMB", "city"),
    ]
    assert of.path == PATH
