"""What other systems' clocks got wrong for years (peers.md 3, items 30 to 37), each as a test of ours.

What needs the worker and a database is in ``test_clockwork.py``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from server.cases.calendars import Hours, Reason
from server.cases.clocks import Clock, Pause, Unit
from server.cases.deadlines import DeadlinePolicy, DeadlineRule, TargetKind, due_at, told
from server.cases.ladders import LadderStep, steps_of
from server.cases.replay import replay
from server.cases.states import CaseStatus as S
from server.cases.states import EventKind as E
from server.cases.states import Severity
from server.cases.targets import targets_of
from tests.server.cases.clocks import CITY, OFFICE, clock, local, log, mediating, timing, visiting

NIGHT_SHIFT = replace(CITY, weekly=((Hours(0, 6 * 60), Hours(18 * 60, 1440)),) * 7, holidays={}, make_up_days={})


def test_zammad_390_everybody_can_see_why_two_days_became_six() -> None:
    """A holiday feed stretched 48 hours to six days, and nobody could tell why."""
    deadline = due_at(local("2026-09-30T08:30"), 14, Unit.WORKING_HOURS, CITY)
    assert deadline.due_at == local("2026-10-05T17:30")
    lines = told(deadline.explain, local("2026-09-30T08:30"))
    told_why = {(line.day.isoformat(), line.reason.value, line.name and line.name.en) for line in lines}
    assert told_why == {
        ("2026-09-30", "WORKING_DAY", None),
        ("2026-10-01", "HOLIDAY", "National Day"),
        ("2026-10-02", "HOLIDAY", "National Day"),
        ("2026-10-03", "DAY_OFF", None),
        ("2026-10-04", "DAY_OFF", None),
        ("2026-10-05", "WORKING_DAY", None),
    }
    assert sum(line.hours for line in lines) == 14
    assert {line.name.zh_cn for line in lines if line.name} == {"国庆节"}


def test_zammad_4432_nothing_happens_at_midnight() -> None:
    """Escalation mails went out at midnight: a step in working time is taken in working time."""
    for hour in range(24):
        start = local(f"2026-03-06T{hour:02}:00")
        due = due_at(start, 2, Unit.WORKING_DAYS, CITY).due_at
        assert due is not None
        ladder = (LadderStep(25), LadderStep(50), LadderStep(100), LadderStep(150))
        for step in steps_of(start, due, ladder, Clock(Unit.WORKING_DAYS, CITY)):
            local_at = step.at.astimezone(CITY.time_zone)
            minute = local_at.hour * 60 + local_at.minute
            assert any(hours.start <= minute <= hours.end for hours in CITY.hours_on(local_at.date())), local_at


def test_zammad_3180_a_day_that_ends_at_24_00_loses_no_minute() -> None:
    """23:59 stood for midnight, and one minute a day was closed."""
    deadline = due_at(local("2026-03-02T23:00"), 4, Unit.WORKING_HOURS, NIGHT_SHIFT)
    assert deadline.due_at == local("2026-03-03T03:00")
    assert Clock(Unit.WORKING_HOURS, NIGHT_SHIFT).between(local("2026-03-02T18:00"), local("2026-03-03T06:00")) == (
        timedelta(hours=12)
    )


def test_chatwoot_13392_a_target_in_working_time_is_not_missed_over_night() -> None:
    limits = {TargetKind.FIRST_REPLY: {Severity.GENERAL: DeadlineRule(2, Unit.WORKING_HOURS)}}
    events = log("2026-03-06T17:00")
    (reply,) = targets_of(clock(events, timing(DeadlinePolicy({}, targets=limits))), replay(events), None)
    assert reply.due_at == local("2026-03-09T10:00")
    assert not reply.missed(local("2026-03-09T09:59"))
    assert reply.missed(local("2026-03-09T10:01"))


def test_chatwoot_14009_lunch_is_not_working_time() -> None:
    deadline = due_at(local("2026-03-02T11:30"), 1, Unit.WORKING_HOURS, CITY)
    assert deadline.due_at == local("2026-03-02T14:30")
    assert [(line.hours, line.reason) for line in deadline.explain] == [
        (0.5, Reason.WORKING_DAY),
        (0.5, Reason.WORKING_DAY),
    ]


def test_chatwoot_10455_what_comes_after_the_deadline_keeps_office_hours_too() -> None:
    due = local("2026-03-06T17:00")
    (step,) = steps_of(
        local("2026-03-02T09:00"),
        due,
        (LadderStep(after=DeadlineRule(1, Unit.WORKING_HOURS)),),
        Clock(Unit.DAYS, CITY),
    )
    assert step.at == local("2026-03-09T09:00")


def test_frappe_1554_a_pause_pauses() -> None:
    mediates = DeadlinePolicy({Severity.GENERAL: DeadlineRule(3, Unit.DAYS)}, pauses_in=frozenset({"MEDIATING"}))
    events = log(
        "2026-03-02T09:00",
        (E.STARTED, "2026-03-02T10:00", S.IN_PROGRESS),
        mediating("2026-03-03T09:00"),
        visiting("2026-03-13T09:07"),
    )
    deadline = clock(events, timing(mediates)).deadline(Severity.GENERAL)
    assert deadline is not None
    assert deadline.due_at == local("2026-03-15T09:07")


def test_frappe_2212_a_pause_over_lunch_costs_nothing() -> None:
    lunch = (Pause(local("2026-03-02T12:00"), local("2026-03-02T14:00"), "MEDIATING"),)
    assert due_at(local("2026-03-02T11:00"), 2, Unit.WORKING_HOURS, CITY, lunch).due_at == local("2026-03-02T15:00")


def test_frappe_2449_time_on_hold_is_not_added_to_the_creation() -> None:
    """Added to the start, a pause at night moved deadlines by hours nobody would have worked (erpnext#49414)."""
    night = (Pause(local("2026-03-02T18:00"), local("2026-03-03T08:00"), "MEDIATING"),)
    plain = due_at(local("2026-03-02T16:30"), 4, Unit.WORKING_HOURS, CITY)
    assert due_at(local("2026-03-02T16:30"), 4, Unit.WORKING_HOURS, CITY, night).due_at == plain.due_at
    into_work = (Pause(local("2026-03-02T18:00"), local("2026-03-03T09:00"), "MEDIATING"),)
    moved = due_at(local("2026-03-02T16:30"), 4, Unit.WORKING_HOURS, CITY, into_work).due_at
    assert plain.due_at == local("2026-03-03T11:30")
    assert moved == local("2026-03-03T12:00")


def test_glpi_15429_a_new_case_is_not_late_at_once() -> None:
    """After an upgrade, tickets escalated at creation."""
    for unit in Unit:
        events = log("2026-03-02T09:00")
        policy = DeadlinePolicy({Severity.GENERAL: DeadlineRule(1, unit)})
        case = clock(events, timing(policy, LadderStep(1), LadderStep(100)))
        deadline = case.deadline(Severity.GENERAL)
        assert deadline is not None
        first = case.next_step(replay(events), deadline.due_at)
        assert first is not None
        assert first.at > events[0].at


def test_erpnext_6049_each_level_has_its_own_time() -> None:
    start, due = local("2026-03-02T09:00"), local("2026-03-04T09:00")
    ladder = (
        LadderStep(100),
        LadderStep(after=DeadlineRule(4, Unit.HOURS)),
        LadderStep(after=DeadlineRule(1, Unit.WORKING_DAYS)),
    )
    assert [step.at for step in steps_of(start, due, ladder, Clock(Unit.DAYS, CITY))] == [
        due,
        local("2026-03-04T13:00"),
        local("2026-03-05T17:30"),
    ]


def test_osticket_1168_working_hours_follow_the_week() -> None:
    half = replace(CITY, weekly=(*(OFFICE,) * 4, (Hours(540, 720),), (), ()))
    assert due_at(local("2026-03-06T11:00"), 2, Unit.WORKING_HOURS, half).due_at == local("2026-03-09T09:30")
    assert half.why(date(2026, 3, 7)) is Reason.DAY_OFF


def test_osticket_3034_waiting_for_parts_stops_the_clock_again_and_again() -> None:
    stops = tuple(
        Pause(local(f"2026-03-0{day}T09:00"), local(f"2026-03-0{day}T11:00"), "PROJECT") for day in range(2, 7)
    )
    assert due_at(local("2026-03-02T08:30"), 21, Unit.WORKING_HOURS, CITY, stops).due_at == local("2026-03-06T11:30")
