"""Calendars of organizations, targets, pauses and ladder steps: what a manifest may say of time, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from server.cases.calendars import Hours, Reason
from server.cases.ladders import LadderAction
from server.cases.service.clockwork import timing_of
from server.cases.states import Track
from tenants.manifest.faults import ManifestInvalid, parse

WORKING = {"limits": {"GENERAL": {"amount": 1, "unit": "WORKING_DAYS"}}}
OFF = {"date": "2026-03-02", "name": {"zh-CN": "停工", "en": "Closed"}}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def faults(document: dict[str, Any]) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        parse(document)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("calendars", "expected"),
    [
        (
            [{"organization": "small/"}, {"organization": "small/"}],
            "/calendars/1/organization: organization 'small/' repeated",
        ),
        (
            [{"organization": "small/", "time_zone": "Asia/Nowhere"}],
            "/calendars/0/time_zone: unknown time zone 'Asia/Nowhere'",
        ),
        (
            [{"organization": "small/", "weekly": {"sat": [["12:00", "09:00"]]}}],
            "/calendars/0/weekly/sat/0: span 12:00-09:00 ends before it begins",
        ),
        (
            [{"organization": "small/", "holidays": [OFF], "make_up_days": [OFF]}],
            "/calendars/0/make_up_days/0/date: make-up day 2026-03-02 is also a holiday",
        ),
        (
            [{"organization": "small/", "holidays": [{**OFF, "date": "2050-01-01"}]}],
            "/calendars/0/holidays/0/date: day 2050-01-01 is after known_through (2026-12-31)",
        ),
        (
            [{"organization": "small/", "weekly": {day: [] for day in WEEKDAYS}}],
            "/calendars/0/weekly: no working time is left, but deadlines count it",
        ),
        (
            [{"organization": "small/", "weekly": {"mon": []}, "make_up_days": [{**OFF, "date": "2026-03-07"}]}],
            "/calendars/0/make_up_days/0/date: neither this weekday nor Monday has working hours",
        ),
    ],
)
def test_a_calendar_of_an_organization_is_one_a_clock_can_follow(
    small_city: dict[str, Any], calendars: list[Any], expected: str
) -> None:
    small_city["work_calendar"] = {"known_through": "2026-12-31"}
    small_city["deadlines"] = WORKING
    small_city["calendars"] = calendars
    assert faults(small_city) == [expected]


def test_a_path_is_one_of_the_tree(small_city: dict[str, Any]) -> None:
    small_city["calendars"] = [{"organization": "Small"}]
    (found,) = faults(small_city)
    assert found.startswith("/calendars/0/organization: ")


def test_a_ladder_tells_only_those_who_see_cases(small_city: dict[str, Any]) -> None:
    roles = small_city.get("roles") or []
    blind = {
        "slug": "blind",
        "name": {"zh-CN": "无", "en": "Blind"},
        "scope": "TENANT",
        "permissions": ["organization:read"],
    }
    small_city["roles"] = [*roles, blind]
    small_city["escalation_ladder"] = {"steps": [{"after_share_percent": 100, "notify_roles": ["blind", "nobody"]}]}
    assert faults(small_city) == [
        "/escalation_ladder/steps/0/notify_roles/0: role 'blind' lacks 'case:read'",
        "/escalation_ladder/steps/0/notify_roles/1: unknown role 'nobody'",
    ]


def test_what_a_manifest_says_of_time_becomes_the_clocks_own(small_city: dict[str, Any]) -> None:
    small_city["work_calendar"] = {"known_through": "2026-12-31"}
    small_city["case_templates"][0] |= {"pauses_in": ["MEDIATING"], "deadlines": WORKING}
    small_city["deadlines"] = {"targets": {"ACCEPT": {"GENERAL": {"amount": 2, "unit": "HOURS"}}}}
    small_city["calendars"] = [
        {"organization": "small/east/", "weekly": {"sat": [["09:00", "24:00"]]}, "holidays": [OFF]},
    ]
    small_city["escalation_ladder"] = {"steps": [{"after_share_percent": 80, "action": "NOTIFY_ONLY"}]}
    manifest = parse(small_city)
    timing = timing_of(manifest)
    track = Track(manifest.case_templates[0].track.value)
    assert timing.limits(track).pauses_in == {"MEDIATING"}
    assert [rule and rule.amount for rule in timing.limits(track).rules.values()] == [1]
    assert [step.action for step in timing.ladder] == [LadderAction.NOTIFY_ONLY, LadderAction.MARK_LATE]
    east = timing.calendar_at("small/east/grid-1/")
    assert east.weekly[5] == (Hours(540, 1440),)
    assert east.weekly[0] == timing.calendar.weekly[0]
    assert [east.why(day) for day in east.holidays] == [Reason.HOLIDAY]
    assert timing_of(parse(manifest.document())) == timing
