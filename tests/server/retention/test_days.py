"""On which day a case has been kept long enough, in the city's own days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from server.retention.rules import ended_before, next_night

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("UTC"), ZoneInfo("Asia/Urumqi"), ZoneInfo("America/New_York")])
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def at(day: str, clock: str = "12:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=SHANGHAI).astimezone(UTC)


def test_the_day_is_the_citys() -> None:
    assert ended_before(at("2029-11-23", "00:00"), 3, SHANGHAI) == at("2026-11-24", "00:00")
    assert ended_before(at("2029-11-22", "23:59"), 3, SHANGHAI) == at("2026-11-23", "00:00")


def test_a_leap_day_is_kept_a_day_longer_never_shorter() -> None:
    assert not at("2028-02-29") < ended_before(at("2029-02-28"), 1, SHANGHAI)
    assert at("2028-02-29") < ended_before(at("2029-03-01"), 1, SHANGHAI)
    assert at("2027-02-28") < ended_before(at("2028-02-29"), 1, SHANGHAI)
    assert not at("2027-03-01") < ended_before(at("2028-02-29"), 1, SHANGHAI)


@given(DAYS, st.integers(0, 24 * 3600 - 1), st.integers(1, 20), ZONES)
def test_whole_years_have_passed_and_not_a_day_more_than_needed(
    day: date, second: int, years: int, zone: ZoneInfo
) -> None:
    now = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) + timedelta(seconds=second)
    limit = ended_before(now, years, zone).astimezone(zone)
    last = (limit - timedelta(microseconds=1)).date()
    today = now.astimezone(zone).date()
    assert (last.year, last.month) == (today.year - years, today.month)
    assert today.day - last.day in ({0, 1} if (today.month, today.day) == (2, 29) else {0})
    assert limit.time() == time.min


@given(DAYS, st.integers(0, 24 * 3600 - 1), ZONES)
def test_the_next_night_begins_tomorrow(day: date, second: int, zone: ZoneInfo) -> None:
    now = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) + timedelta(seconds=second)
    assert next_night(now, zone) > now
    assert next_night(now, zone).astimezone(zone).date() == now.astimezone(zone).date() + timedelta(days=1)
