"""A plan says exactly what would change, by code and not by place, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.manifest import shipped
from tenants.manifest.diff import Change, ChangeAction, plan
from tenants.manifest.faults import parse
from tenants.manifest.model import Manifest


@pytest.fixture
def old(small_city: dict[str, Any]) -> Manifest:
    return parse(small_city)


def test_equal_manifests_have_an_empty_plan(old: Manifest) -> None:
    assert plan(old, parse(old.document())) == ()


def test_moving_items_changes_nothing(small_city: dict[str, Any], old: Manifest) -> None:
    for section in ("organization_kinds", "roles", "case_categories", "case_templates"):
        small_city[section].reverse()

    assert plan(old, parse(small_city)) == ()


def test_writing_out_a_default_changes_nothing(small_city: dict[str, Any], old: Manifest) -> None:
    small_city["time_zone"] = "Asia/Shanghai"

    assert plan(old, parse(small_city)) == ()


def test_a_new_tenant_is_created_section_by_section(old: Manifest) -> None:
    changes = plan(None, old)

    assert changes[0] == Change("", ChangeAction.ADD, None, "smallcity", "Creates the tenant smallcity.")
    assert {change.action for change in changes} == {ChangeAction.ADD}
    assert [change.path for change in changes[1:]] == [f"/{name}" for name, value in old.document().items() if value]
    assert [change.effect for change in changes if change.path == "/levels"] == ["Sets levels (3)."]


def test_a_changed_value_shows_before_and_after(small_city: dict[str, Any], old: Manifest) -> None:
    small_city["grid_policy"]["kinds"].reverse()
    small_city["grid_policy"]["kinds"][0]["target_households"] = 250

    assert plan(old, parse(small_city)) == (
        Change(
            "/grid_policy/kinds/URBAN/target_households",
            ChangeAction.CHANGE,
            200,
            250,
            "Grids of the kind URBAN are measured against the new size; none is refused now.",
        ),
    )


def test_added_and_removed_items_are_whole(small_city: dict[str, Any], old: Manifest) -> None:
    category = {"code": "WATER", "name": {"zh-CN": "供水", "en": "Water"}}
    small_city["case_categories"][1] = category

    assert plan(old, parse(small_city)) == (
        Change(
            "/case_categories/FIRE",
            ChangeAction.REMOVE,
            {
                "code": "FIRE",
                "name": {"zh-CN": "火灾", "en": "Fire"},
                "parent": "HAZARD",
                "default_severity": "GENERAL",
                "containment": None,
                "department": None,
                "questions": None,
                "service": None,
                "private": None,
            },
            None,
            "No new case under FIRE; old ones keep it.",
        ),
        Change(
            "/case_categories/WATER",
            ChangeAction.ADD,
            None,
            {
                **category,
                **dict.fromkeys(("parent", "containment", "department", "questions", "service", "private")),
                "default_severity": "GENERAL",
            },
            "Cases can be reported under WATER.",
        ),
    )


def test_rights_are_gained_and_lost_one_by_one(small_city: dict[str, Any], old: Manifest) -> None:
    rights = old.document()["roles"][2]["permissions"]
    small_city["roles"][2]["permissions"] = [*(right for right in rights if right != "case:feedback"), "member:read"]

    assert [(change.path, change.action, change.effect) for change in plan(old, parse(small_city))] == [
        (
            "/roles/grid_worker/permissions/case:feedback",
            ChangeAction.REMOVE,
            "Everybody appointed as grid_worker loses case:feedback at once.",
        ),
        (
            "/roles/grid_worker/permissions/member:read",
            ChangeAction.ADD,
            "Everybody appointed as grid_worker gains member:read at once.",
        ),
    ]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (
            ("time_zone", "Asia/Urumqi"),
            ("/time_zone", "Days and terms that begin from now on count in Asia/Urumqi; deadlines are computed anew."),
        ),
        (
            ("escalation_chain", ["community", "grid"]),
            ("/escalation_chain", "Cases escalated from now on climb community, grid; none is moved now."),
        ),
        (
            ("labels", {"case": {"zh-CN": "事", "en": "Matter"}}),
            ("/labels/case", "Front ends show the new local word for case."),
        ),
        (
            ("containment_targets", {"SMALL": "grid"}),
            (
                "/containment_targets/BIG",
                "The containment rate of BIG cases is measured anew; no escalation is barred.",
            ),
        ),
        (
            ("star_policy", {"thresholds_hours": [5]}),
            (
                "/star_policy/thresholds_hours",
                "Stars are counted anew from the verified hours of every volunteer.",
            ),
        ),
        (
            ("health_check_policies", []),
            (
                "/health_check_policies/2020-01-01",
                "The policy from 2020-01-01 decides no more; past records stay.",
            ),
        ),
        (
            ("deadlines", {"limits": {"GENERAL": {"amount": 5, "unit": "DAYS"}, "COMPLEX": None, "MAJOR": None}}),
            (
                "/deadlines/limits/GENERAL/amount",
                "Deadlines are counted by the new rule; those set and not yet passed are computed anew.",
            ),
        ),
    ],
)
def test_each_section_says_what_applying_does(
    small_city: dict[str, Any],
    old: Manifest,
    setting: tuple[str, object],
    told: tuple[str, str],
) -> None:
    section, value = setting
    small_city[section] = value

    assert [(change.path, change.effect) for change in plan(old, parse(small_city))] == [told]


def test_a_dropped_holiday_becomes_an_ordinary_day(small_city: dict[str, Any], old: Manifest) -> None:
    del small_city["work_calendar"]["holidays"][0]

    assert [(change.path, change.effect) for change in plan(old, parse(small_city))] == [
        ("/work_calendar/holidays/2026-10-01", "2026-10-01 is an ordinary day; deadlines over it are computed anew."),
    ]


def test_any_two_cities_can_be_compared() -> None:
    cities = [parse(shipped.text(slug)) for slug in (*shipped.CITIES, shipped.PLATFORM)]

    for one in cities:
        for other in cities:
            changes = plan(one, other)
            assert (changes == ()) == (one is other)
            assert all(change.effect.endswith(".") for change in changes)
