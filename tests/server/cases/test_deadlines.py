from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.cases.calendars import DayName, Hours, Reason, WorkCalendar
from server.cases.clocks import Clock, Pause, Span, Unit
from server.cases.deadlines import MAX_AMOUNT, CalendarWarning, due_at
from server.errors import RuleViolation

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
OFFICE = (Hours(8 * 60 + 30, 12 * 60), Hours(14 * 60, 17 * 60 + 30))

# Invented days off: the rules must be right for any calendar, so these need not be a real year's.
NATIONAL_DAY = DayName("国庆节", "National Day")
CITY = WorkCalendar(
    SHANGHAI,
    (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()),
    known_through=date(2026, 12, 31),
    holidays={
        date(2026, 10, 1): NATIONAL_DAY,
        date(2026, 10, 2): NATIONAL_DAY,
        date(2026, 12, 31): DayName("岁末", "Year's end"),
    },
    make_up_days={date(2026, 10, 11): DayName("补班", "for 2 October")},
)
ALWAYS = WorkCalendar(SHANGHAI, ((Hours(0, 1440),),) * 7, known_through=date(2030, 12, 31))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def due(start: datetime, amount: int, unit: Unit, calendar: WorkCalendar) -> datetime:
    """The moment alone, without pauses."""
    found = due_at(start, amount, unit, calendar).due_at
    assert found is not None
    return found


def told(line: Span) -> tuple[str, int, str, str | None]:
    """Day, minutes counted, reason and name."""
    name = line.name.in_language("en") if line.name else None
    return line.day.isoformat(), line.counted // timedelta(minutes=1), line.reason.value, name


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        # Elapsed hours and calendar days know no weekend and no year.
        ("2026-03-06T16:00", 24, Unit.HOURS, "2026-03-07T16:00"),
        ("2026-12-31T23:30", 1, Unit.HOURS, "2027-01-01T00:30"),
        ("2026-03-02T09:15", 10, Unit.DAYS, "2026-03-12T09:15"),
        ("2026-12-25T10:00", 10, Unit.DAYS, "2027-01-04T10:00"),
        ("2028-02-28T10:00", 1, Unit.DAYS, "2028-02-29T10:00"),
        # Working hours: inside a span, over lunch, over night, over a weekend, from outside working time.
        ("2026-03-02T09:00", 2, Unit.WORKING_HOURS, "2026-03-02T11:00"),
        ("2026-03-02T11:00", 1, Unit.WORKING_HOURS, "2026-03-02T12:00"),
        ("2026-03-02T11:00", 2, Unit.WORKING_HOURS, "2026-03-02T15:00"),
        ("2026-03-02T16:30", 2, Unit.WORKING_HOURS, "2026-03-03T09:30"),
        ("2026-03-06T17:00", 1, Unit.WORKING_HOURS, "2026-03-09T09:00"),
        ("2026-03-02T12:00", 1, Unit.WORKING_HOURS, "2026-03-02T15:00"),
        ("2026-03-02T13:00", 1, Unit.WORKING_HOURS, "2026-03-02T15:00"),
        ("2026-03-02T06:00", 1, Unit.WORKING_HOURS, "2026-03-02T09:30"),
        ("2026-03-07T12:00", 7, Unit.WORKING_HOURS, "2026-03-09T17:30"),
        ("2026-03-02T08:30", 35, Unit.WORKING_HOURS, "2026-03-06T17:30"),
        # ... over two holidays and the weekend after them, and into the make-up Sunday.
        ("2026-09-30T17:00", 1, Unit.WORKING_HOURS, "2026-10-05T09:00"),
        ("2026-10-09T17:00", 1, Unit.WORKING_HOURS, "2026-10-11T09:00"),
        # ... over a holiday and the year's end: Friday 1 January 2027 is unknown and counts as a weekday.
        ("2026-12-30T17:00", 1, Unit.WORKING_HOURS, "2027-01-01T09:00"),
        # Working days: the start's day does not count, the last one ends with its work.
        ("2026-03-02T09:00", 1, Unit.WORKING_DAYS, "2026-03-03T17:30"),
        ("2026-03-02T23:59", 1, Unit.WORKING_DAYS, "2026-03-03T17:30"),
        ("2026-03-06T09:00", 1, Unit.WORKING_DAYS, "2026-03-09T17:30"),
        ("2026-03-07T09:00", 1, Unit.WORKING_DAYS, "2026-03-09T17:30"),
        ("2026-09-30T09:00", 1, Unit.WORKING_DAYS, "2026-10-05T17:30"),
        ("2026-10-09T09:00", 1, Unit.WORKING_DAYS, "2026-10-11T17:30"),
        ("2026-10-09T09:00", 2, Unit.WORKING_DAYS, "2026-10-12T17:30"),
        ("2026-12-30T09:00", 1, Unit.WORKING_DAYS, "2027-01-01T17:30"),
        ("2026-12-30T09:00", 2, Unit.WORKING_DAYS, "2027-01-04T17:30"),
    ],
)
def test_due_at_in_the_office_calendar(start: str, amount: int, unit: Unit, due: str) -> None:
    assert due_at(local(start), amount, unit, CITY).due_at == local(due)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-03-02T23:00", 1, Unit.WORKING_HOURS, "2026-03-03T00:00"),
        ("2026-12-31T23:00", 2, Unit.WORKING_HOURS, "2027-01-01T01:00"),
        ("2026-12-31T09:00", 1, Unit.WORKING_DAYS, "2027-01-02T00:00"),
    ],
)
def test_a_day_may_end_at_24_00(start: str, amount: int, unit: Unit, due: str) -> None:
    assert due_at(local(start), amount, unit, ALWAYS).due_at == local(due)


def test_due_at_is_in_utc_and_keeps_seconds() -> None:
    due = due_at(local("2026-03-02T11:59:30.5"), 1, Unit.WORKING_HOURS, CITY).due_at
    assert due == local("2026-03-02T14:59:30.5")
    assert due.tzinfo is UTC


def test_the_explanation_says_what_each_day_gave() -> None:
    deadline = due_at(local("2026-09-30T16:30"), 2, Unit.WORKING_HOURS, CITY)
    assert [told(line) for line in deadline.explain] == [
        ("2026-09-30", 60, "WORKING_DAY", None),
        ("2026-10-01", 0, "HOLIDAY", "National Day"),
        ("2026-10-02", 0, "HOLIDAY", "National Day"),
        ("2026-10-03", 0, "DAY_OFF", None),
        ("2026-10-04", 0, "DAY_OFF", None),
        ("2026-10-05", 60, "WORKING_DAY", None),
    ]
    assert (deadline.explain[0].starts_at, deadline.explain[0].ends_at) == (
        local("2026-09-30T16:30"),
        local("2026-09-30T17:30"),
    )


def test_the_explanation_names_a_make_up_day() -> None:
    lines = due_at(local("2026-10-09T18:00"), 1, Unit.WORKING_DAYS, CITY).explain
    assert [told(line) for line in lines] == [
        ("2026-10-10", 0, "DAY_OFF", None),
        ("2026-10-11", 210, "MAKE_UP_DAY", "for 2 October"),
        ("2026-10-11", 210, "MAKE_UP_DAY", "for 2 October"),
    ]


def test_elapsed_time_is_one_line() -> None:
    (line,) = due_at(local("2026-03-02T09:15"), 10, Unit.DAYS, CITY).explain
    assert told(line) == ("2026-03-02", 14_400, "ELAPSED", None)


def test_an_unknown_year_is_counted_by_weekdays_with_a_warning() -> None:
    assert due_at(local("2026-12-29T09:00"), 1, Unit.WORKING_DAYS, CITY).warnings == ()
    into = due_at(local("2026-12-30T09:00"), 1, Unit.WORKING_DAYS, CITY)
    assert into.warnings == (CalendarWarning(date(2027, 1, 1)),)
    beyond = due_at(local("2031-05-05T09:00"), 3, Unit.WORKING_HOURS, CITY)
    assert beyond.warnings == (CalendarWarning(date(2031, 5, 5)),)
    nothing_known = due_at(local("2026-03-02T09:00"), 1, Unit.WORKING_HOURS, replace(CITY, known_through=None))
    assert nothing_known.warnings == (CalendarWarning(date(2026, 3, 2)),)


def test_a_make_up_day_works_its_own_hours_where_it_has_some() -> None:
    half_saturday = replace(
        CITY,
        weekly=(*CITY.weekly[:5], (Hours(540, 600),), ()),
        make_up_days={date(2026, 3, 7): NATIONAL_DAY, date(2026, 3, 8): NATIONAL_DAY},
    )
    assert half_saturday.hours_on(date(2026, 3, 7)) == (Hours(540, 600),)
    assert half_saturday.hours_on(date(2026, 3, 8)) == OFFICE
    assert replace(half_saturday, weekly=((),) * 7).hours_on(date(2026, 3, 8)) == ()


@pytest.mark.parametrize("unit", [Unit.WORKING_HOURS, Unit.WORKING_DAYS])
def test_a_calendar_without_work_is_told_and_does_not_hang(unit: Unit) -> None:
    with pytest.raises(RuleViolation) as caught:
        due_at(local("2026-03-02T09:00"), 1, unit, replace(CITY, weekly=((),) * 7, make_up_days={}))
    assert caught.value.code == "CALENDAR_CLOSED"


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1])
def test_an_amount_out_of_range_is_refused(amount: int) -> None:
    with pytest.raises(RuleViolation) as caught:
        due_at(local("2026-03-02T09:00"), amount, Unit.HOURS, CITY)
    assert caught.value.code == "DEADLINE_AMOUNT"


@pytest.mark.parametrize(
    ("zone_start", "unit", "due"),
    [
        # Clocks go forward on 8 March 2026 and back on 1 November 2026.
        ("2026-03-07T12:00", Unit.DAYS, "2026-03-08T12:00"),
        ("2026-10-31T12:00", Unit.DAYS, "2026-11-01T12:00"),
        ("2026-03-07T02:30", Unit.DAYS, "2026-03-08T03:30"),
    ],
)
def test_calendar_days_keep_the_wall_clock_where_clocks_change(zone_start: str, unit: Unit, due: str) -> None:
    calendar = replace(CITY, time_zone=NEW_YORK)
    assert due_at(local(zone_start, NEW_YORK), 1, unit, calendar).due_at == local(due, NEW_YORK)


def test_elapsed_and_working_hours_are_real_hours_where_clocks_change() -> None:
    calendar = replace(ALWAYS, time_zone=NEW_YORK)
    for unit in (Unit.HOURS, Unit.WORKING_HOURS):
        assert due_at(local("2026-03-08T00:00", NEW_YORK), 24, unit, calendar).due_at == local(
            "2026-03-09T01:00",
            NEW_YORK,
        )


@pytest.mark.parametrize(
    "values",
    [
        {"weekly": (OFFICE,) * 6},
        {"weekly": ((Hours(0, 60), Hours(30, 90)),) * 7},
        {"holidays": {date(2026, 10, 11): NATIONAL_DAY}},
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"week|hours|holiday"):
        replace(CITY, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (60, 60), (90, 60), (0, 1441)])
def test_hours_lie_within_a_day(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="working hours"):
        Hours(start, end)


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
NAMED_DAYS = st.dictionaries(DAYS, st.just(NATIONAL_DAY), max_size=30)
STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
AMOUNTS = st.integers(1, 200)


@st.composite
def calendars(draw: st.DrawFn, zones: tuple[ZoneInfo, ...] = (SHANGHAI, NEW_YORK)) -> WorkCalendar:
    weekly = []
    for _ in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        weekly.append(tuple(Hours(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)))
    if not any(weekly):
        weekly[0] = OFFICE
    holidays = draw(NAMED_DAYS)
    make_up = {day: name for day, name in draw(NAMED_DAYS).items() if day not in holidays}
    known = draw(DAYS)
    return WorkCalendar(draw(st.sampled_from(zones)), tuple(weekly), known, holidays, make_up)


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    """Up to three pauses, in order and apart, that all end."""
    edges = sorted(draw(st.sets(STARTS, max_size=6)))
    return tuple(Pause(*pair, "MEDIATING") for pair in zip(edges[::2], edges[1::2], strict=False))


UNITS = st.sampled_from(Unit)


@settings(deadline=None)
@given(calendar=calendars(), start=STARTS, first=AMOUNTS, second=AMOUNTS)
def test_working_hours_add_up_over_splits(calendar: WorkCalendar, start: datetime, first: int, second: int) -> None:
    halfway = due(start, first, Unit.WORKING_HOURS, calendar)
    whole = due_at(start, first + second, Unit.WORKING_HOURS, calendar)
    assert due(halfway, second, Unit.WORKING_HOURS, calendar) == whole.due_at
    assert sum((line.counted for line in whole.explain), timedelta()) == timedelta(hours=first + second)


@settings(deadline=None)
@given(calendar=calendars(), start=STARTS, amount=AMOUNTS, more=AMOUNTS, unit=UNITS)
def test_more_time_is_never_due_earlier(
    calendar: WorkCalendar,
    start: datetime,
    amount: int,
    more: int,
    unit: Unit,
) -> None:
    assert start < due(start, amount, unit, calendar) < due(start, amount + more, unit, calendar)


@settings(deadline=None)
@given(calendar=calendars((SHANGHAI,)), starts=st.tuples(STARTS, STARTS), amount=AMOUNTS, unit=UNITS)
def test_a_later_start_is_never_due_earlier(
    calendar: WorkCalendar,
    starts: tuple[datetime, datetime],
    amount: int,
    unit: Unit,
) -> None:
    earlier, later = sorted(starts)
    assert due(earlier, amount, unit, calendar) <= due(later, amount, unit, calendar)


@settings(deadline=None)
@given(calendar=calendars(), start=STARTS, amount=AMOUNTS, unit=UNITS, stopped=pauses())
def test_a_pause_takes_nothing_and_gives_nothing(
    calendar: WorkCalendar,
    start: datetime,
    amount: int,
    unit: Unit,
    stopped: tuple[Pause, ...],
) -> None:
    """Pause-neutral: the time counted until the deadline is the same, to the microsecond, with and without pauses."""
    plain, paused = due_at(start, amount, unit, calendar), due_at(start, amount, unit, calendar, stopped)
    assert plain.due_at is not None
    assert paused.due_at is not None
    assert plain.due_at <= paused.due_at
    clock = Clock(unit, calendar, stopped)
    begin = clock.first_counted(start)
    assert clock.between(begin, paused.due_at) == plain.allowed == paused.allowed
    assert Clock(unit, calendar).between(begin, paused.due_at) == plain.allowed + clock.paused(begin, paused.due_at)
    assert sum((line.counted for line in paused.explain), timedelta()) == plain.allowed


@settings(deadline=None)
@given(calendar=calendars(), start=STARTS, amount=AMOUNTS, unit=UNITS, stopped=pauses())
def test_the_explanation_has_no_gap_in_what_it_counts(
    calendar: WorkCalendar,
    start: datetime,
    amount: int,
    unit: Unit,
    stopped: tuple[Pause, ...],
) -> None:
    """Lines are in order, never overlap, and each lies within its own local day unless the time runs on."""
    deadline = due_at(start, amount, unit, calendar, stopped)
    assert all(line.starts_at <= line.ends_at for line in deadline.explain)
    ends = [line.ends_at for line in deadline.explain]
    assert all(end <= line.starts_at for end, line in zip(ends, deadline.explain[1:], strict=False))
    assert deadline.due_at == ends[-1]
    if unit in {Unit.HOURS, Unit.DAYS}:
        assert all(end == line.starts_at for end, line in zip(ends, deadline.explain[1:], strict=False))
        assert {line.reason for line in deadline.explain} <= {Reason.ELAPSED, Reason.PAUSED}
    else:
        assert Reason.ELAPSED not in {line.reason for line in deadline.explain}


@settings(deadline=None)
@given(calendar=calendars(), moments=st.tuples(STARTS, STARTS, STARTS), unit=UNITS, stopped=pauses())
def test_time_on_the_clock_adds_up(
    calendar: WorkCalendar,
    moments: tuple[datetime, datetime, datetime],
    unit: Unit,
    stopped: tuple[Pause, ...],
) -> None:
    first, second, third = sorted(moments)
    clock = Clock(unit, calendar, stopped)
    assert clock.between(first, second) + clock.between(second, third) == clock.between(first, third)
    assert clock.between(third, first) == timedelta()


@settings(deadline=None)
@given(calendar=calendars(), start=STARTS, amount=AMOUNTS, unit=UNITS)
def test_a_year_nobody_published_warns_and_never_fails(
    calendar: WorkCalendar,
    start: datetime,
    amount: int,
    unit: Unit,
) -> None:
    unknown = replace(calendar, known_through=None)
    deadline = due_at(start, amount, unit, unknown)
    local_day = start.astimezone(calendar.time_zone).date()
    works = unit in {Unit.WORKING_HOURS, Unit.WORKING_DAYS}
    assert deadline.warnings == ((CalendarWarning(local_day),) if works else ())
