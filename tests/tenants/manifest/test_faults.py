"""Every fault of a manifest is found, at its exact path, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tenants.manifest.faults import Fault, ManifestInvalid, parse
from tenants.manifest.pointers import pointer

NAME = {"zh-CN": "名", "en": "Name"}
SPAN = ["09:00", "12:00"]


def faults_of(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(ManifestInvalid) as refused:
        parse(document)
    return [(fault.path, fault.message) for fault in refused.value.faults]


def put(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set the value at a path of the document; "-" appends to a list."""
    *way, last = path.strip("/").split("/")
    place: Any = document
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if not isinstance(place, list):
        place[last] = value
    elif last == "-":
        place.append(value)
    else:
        place[int(last)] = value
    return document


PLACES = [
    ("/time_zone", "Asia/Nowhere", "/time_zone", "unknown time zone 'Asia/Nowhere'"),
    ("/time_zone", "../etc/passwd", "/time_zone", "unknown time zone '../etc/passwd'"),
    ("/time_zone", "Asia", "/time_zone", "unknown time zone 'Asia'"),
    ("/languages", ["en", "en"], "/languages/1", "language 'en' repeated"),
    ("/organization_kinds/-", {"code": "office", "name": NAME}, "/organization_kinds/2/code", "code 'office' repeated"),
    ("/levels/1/kinds/1", "guild", "/levels/1/kinds/1", "unknown organization kind 'guild'"),
    ("/levels/1/kinds/1", "office", "/levels/1/kinds/1", "kind 'office' repeated"),
    ("/levels/1/grids", False, "/levels", "grids may attach to no level: set `grids: true` on one"),
    ("/chains/0/code", "other", "/chains", "a city needs a chain with the code 'organization'"),
    (
        "/chains/-",
        {"code": "organization", "name": NAME, "levels": ["city", "grid"]},
        "/chains/1/code",
        "code 'organization' repeated",
    ),
    (
        "/chains/-",
        {"code": "other", "name": NAME, "levels": ["city", "moon"]},
        "/chains/1/levels/1",
        "unknown level 'moon'",
    ),
    (
        "/chains/-",
        {"code": "other", "name": NAME, "levels": ["grid", "city"]},
        "/chains/1/levels/1",
        "level 'city' is not below 'grid'",
    ),
    (
        "/levels/-",
        {"code": "building", "rank": 1, "name": NAME, "kinds": ["branch"]},
        "/levels/3/code",
        "level 'building' is in no chain",
    ),
    ("/escalation_chain/-", "moon", "/escalation_chain/3", "unknown level 'moon'"),
    ("/grid_policy/kinds/1/code", "GENERAL", "/grid_policy/kinds/1/code", "code 'GENERAL' repeated"),
    ("/grid_policy/staffing/1/capacity", "CHIEF", "/grid_policy/staffing/1/capacity", "capacity 'CHIEF' repeated"),
    ("/grid_policy/staffing/1/per", "moon", "/grid_policy/staffing/1/per", "unknown level 'moon'"),
    ("/grid_policy", None, "/grid_policy", "a city needs a grid policy"),
    (
        "/containment_targets/BIG",
        "moon",
        "/containment_targets/BIG",
        "level 'moon' is not in the escalation chain",
    ),
    (
        "/containment_targets",
        {"SMALL": "community", "BIG": "grid"},
        "/containment_targets/BIG",
        "the target of BIG is below the target of SMALL",
    ),
    ("/case_categories/0/containment", "MICRO", "/case_categories/0/containment", "no containment target for MICRO"),
]

PEOPLE = [
    ("/identity/totp_required_roles", ["mayor"], "/identity/totp_required_roles/0", "no role 'mayor'"),
    (
        "/identity/totp_required_roles",
        ["dispatcher", "dispatcher"],
        "/identity/totp_required_roles/1",
        "role 'dispatcher' repeated",
    ),
    ("/roles/-", {"slug": "resident"}, "/roles/5/slug", "role 'resident' repeated"),
    (
        "/roles/2",
        {"slug": "grid_worker", "permissions": ["case:claim", "case:read", "case:read"]},
        "/roles/2/permissions/2",
        "permission 'case:read' repeated",
    ),
    (
        "/roles/-",
        {"slug": "mayor", "name": NAME, "scope": "TENANT", "permissions": ["tenant:apply"]},
        "/roles/5/permissions/0",
        "permission 'tenant:apply' is for the platform's own tenant",
    ),
    (
        "/roles/-",
        {"slug": "mayor", "name": NAME, "scope": "TENANT", "permissions": ["health_record:read", "case:read"]},
        "/roles/5/permissions/1",
        "permission 'case:read' cannot stand beside 'health_record:read' in one role",
    ),
    (
        "/roles/-",
        {"slug": "mayor", "name": NAME, "scope": "TENANT", "permissions": ["sealed:read", "case:read"]},
        "/roles/5/permissions/1",
        "permission 'case:read' cannot stand beside 'sealed:read' in one role",
    ),
    (
        "/roles/-",
        {"slug": "mayor", "name": NAME, "scope": "OWN", "permissions": ["organization:read", "sealed:read"]},
        "/roles/5/permissions/1",
        "permission 'sealed:read' is for roles of the scopes ORGANIZATION and TENANT",
    ),
    ("/roles/0/permissions", ["case:read"], "/roles", "no role holds 'appointment:create'"),
    ("/case_categories/-", {"code": "FIRE", "name": NAME}, "/case_categories/2/code", "code 'FIRE' repeated"),
    ("/case_categories/1/parent", "WATER", "/case_categories/1/parent", "unknown category 'WATER'"),
    ("/case_categories/1/parent", "FIRE", "/case_categories/1/parent", "category 'FIRE' is its own ancestor"),
    ("/case_templates", [], "/case_templates", "a city needs at least one template"),
    ("/case_templates/1/track", "GRID_EVENT", "/case_templates/1/track", "track 'GRID_EVENT' repeated"),
    (
        "/case_templates/1/dispatcher_roles/0",
        "mayor",
        "/case_templates/1/dispatcher_roles/0",
        "unknown role 'mayor'",
    ),
    (
        "/case_templates/1/dispatcher_roles/0",
        "grid_worker",
        "/case_templates/1/dispatcher_roles/0",
        "role 'grid_worker' lacks 'case:dispatch'",
    ),
    (
        "/case_templates/1/direct_dispatch",
        False,
        "/case_templates/1/direct_dispatch",
        "neither the pool nor direct dispatch: no case could be handled",
    ),
    (
        "/case_templates/0/mandatory_steps",
        ["RESOLVED", "RESOLVED"],
        "/case_templates/0/mandatory_steps/1",
        "step 'RESOLVED' repeated",
    ),
    (
        "/case_templates/0/mandatory_steps",
        ["RESOLVED", "ACCEPTED"],
        "/case_templates/0/mandatory_steps/1",
        "step 'ACCEPTED' comes before 'RESOLVED'",
    ),
    (
        "/case_templates/0/mandatory_steps",
        ["CLAIMED"],
        "/case_templates/0/mandatory_steps/0",
        "'CLAIMED' can be demanded only where every case goes to the pool",
    ),
    (
        "/case_templates/0/rating",
        {"scale": ["SATISFIED", "SATISFIED"]},
        "/case_templates/0/rating/scale/1",
        "judgment 'SATISFIED' repeated",
    ),
    ("/roles/2/permissions", ["case:read"], "/case_templates/0/claim", "no role holds 'case:claim'"),
    (
        "/escalation_ladder/steps/0/after",
        {"amount": 1, "unit": "DAYS"},
        "/escalation_ladder/steps/0",
        "exactly one of 'after_share_percent' and 'after' must be set",
    ),
    (
        "/escalation_ladder/steps/0/notify_roles/0",
        "mayor",
        "/escalation_ladder/steps/0/notify_roles/0",
        "unknown role 'mayor'",
    ),
    (
        "/escalation_ladder/steps/2/after/amount",
        2,
        "/escalation_ladder/steps/2/after",
        "not later than the step before",
    ),
    (
        "/escalation_ladder/steps",
        [{"after_share_percent": 100}, {"after_share_percent": 100}],
        "/escalation_ladder/steps/1/after_share_percent",
        "not later than the step before",
    ),
    (
        "/escalation_ladder/steps/-",
        {"after_share_percent": 200},
        "/escalation_ladder/steps/3/after_share_percent",
        "not later than the step before",
    ),
    (
        "/star_policy/thresholds_hours/1",
        10,
        "/star_policy/thresholds_hours/1",
        "threshold 10 is not above 10",
    ),
    (
        "/health_check_policies/-",
        {"effective_from": "2020-01-01", "rules": [{"sex": "MALE", "min_age": 1, "max_age": 2}]},
        "/health_check_policies/1/effective_from",
        "a policy from 2020-01-01 repeated",
    ),
    (
        "/health_check_policies/0/rules/1/min_age",
        65,
        "/health_check_policies/0/rules/1/max_age",
        "age 64 is below 65",
    ),
    (
        "/health_check_policies/0/rules/-",
        {"sex": "MALE", "min_age": 64, "max_age": 70},
        "/health_check_policies/0/rules/2",
        "overlaps another group of the same sex",
    ),
]

CALENDAR = [
    (
        "/work_calendar/weekly/sat",
        [["12:00", "09:00"]],
        "/work_calendar/weekly/sat/0",
        "span 12:00-09:00 ends before it begins",
    ),
    (
        "/work_calendar/weekly/sat",
        [SPAN, ["11:59", "13:00"]],
        "/work_calendar/weekly/sat/1",
        "span 11:59-13:00 begins before 12:00, the end of the one before",
    ),
    (
        "/work_calendar/holidays/1/date",
        "2026-10-01",
        "/work_calendar/holidays/1/date",
        "day 2026-10-01 repeated",
    ),
    (
        "/work_calendar/make_up_days/0/date",
        "2026-10-02",
        "/work_calendar/make_up_days/0/date",
        "make-up day 2026-10-02 is also a holiday",
    ),
    (
        "/work_calendar/holidays/1/date",
        "2027-01-01",
        "/work_calendar/holidays/1/date",
        "day 2027-01-01 is after known_through (2026-12-31)",
    ),
    (
        "/work_calendar/weekly/mon",
        [],
        "/work_calendar/make_up_days/0/date",
        "neither this weekday nor Monday has working hours",
    ),
]

FORM = [
    ("/version", 2, "/version", "Input should be 1"),
    ("/color", "red", "/color", "unknown key"),
    ("/levels/2/color", "red", "/levels/2/color", "unknown key"),
    ("/levels/2", {"code": "grid", "rank": 2, "kinds": ["branch"]}, "/levels/2/name", "required"),
    ("/levels/2/rank", 8, "/levels/2/rank", "Input should be less than or equal to 7"),
    ("/levels/2/rank", "2", "/levels/2/rank", "Input should be a valid integer"),
    ("/levels/1/grids", 1, "/levels/1/grids", "Input should be a valid boolean"),
    (
        "/levels/2/code",
        "Grid,1",
        "/levels/2/code",
        "String should match pattern '^[a-z][a-z0-9_]{0,62}$'",
    ),
    (
        "/identity/name/en",
        "two\nlines",
        "/identity/name/en",
        r"String should match pattern '^[^\x00-\x1f\x7f]+$'",
    ),
    (
        "/identity/slug",
        "Small City",
        "/identity/slug",
        "String should match pattern '^[a-z][a-z0-9-]{1,30}$'",
    ),
    (
        "/containment_targets",
        {"HUGE": "city", "SMALL": "grid"},
        "/containment_targets/HUGE",
        "Input should be 'MICRO', 'SMALL' or 'BIG'",
    ),
    ("/roles", "everybody", "/roles", "Input should be a valid array"),
    ("/roles/0", "everybody", "/roles/0", "Input should be an object"),
    ("/roles/0/scope", "WORLD", "/roles/0/scope", "Input should be 'TENANT', 'ORGANIZATION', 'GRID' or 'OWN'"),
    ("/work_calendar/weekly/mon", [["9:00", "12:00"]], "/work_calendar/weekly/mon/0/0", None),
    ("/work_calendar/known_through", "2026-02-30", "/work_calendar/known_through", None),
    ("/roles/0/permissions", ["case:destroy"], "/roles/0/permissions/0", None),
]


@pytest.mark.parametrize(("at", "value", "path", "message"), [*PLACES, *PEOPLE, *CALENDAR, *FORM])
def test_one_fault_is_reported_at_its_path(
    small_city: dict[str, Any],
    at: str,
    value: object,
    path: str,
    message: str | None,
) -> None:
    found = faults_of(put(small_city, at, value))

    assert [fault[0] for fault in found] == [path]
    assert message is None or found[0][1] == message


def test_small_city_is_whole(small_city: dict[str, Any]) -> None:
    assert parse(small_city).slug == "smallcity"


def test_repeated_level_breaks_order_too(small_city: dict[str, Any]) -> None:
    small_city["levels"].insert(1, small_city["levels"][0])

    assert faults_of(small_city) == [
        ("/levels/1/code", "code 'city' repeated"),
        ("/levels/1/rank", "rank 7 is not below 7 of the level before"),
    ]


def test_levels_are_listed_from_the_top(small_city: dict[str, Any]) -> None:
    small_city["levels"][1:] = reversed(small_city["levels"][1:])

    assert faults_of(small_city) == [("/levels/2/rank", "rank 4 is not below 2 of the level before")]


def test_escalation_must_follow_the_tree(small_city: dict[str, Any]) -> None:
    small_city["chains"] = [
        {"code": "organization", "name": NAME, "levels": ["city", "community"]},
        {"code": "grids", "name": NAME, "levels": ["city", "grid"]},
    ]

    assert faults_of(small_city) == [("/escalation_chain/2", "no chain leads from 'grid' up to 'community'")]


def test_circle_of_categories_is_reported_at_each_member(small_city: dict[str, Any]) -> None:
    put(small_city, "/case_categories/0/parent", "FIRE")

    assert faults_of(small_city) == [
        ("/case_categories/0/parent", "category 'HAZARD' is its own ancestor"),
        ("/case_categories/1/parent", "category 'FIRE' is its own ancestor"),
    ]


def test_working_time_limits_need_working_time(small_city: dict[str, Any]) -> None:
    small_city["work_calendar"] = {"weekly": {day: [] for day in ("mon", "tue", "wed", "thu", "fri")}}
    small_city["deadlines"] = {"limits": {"GENERAL": {"amount": 3, "unit": "WORKING_DAYS"}}}
    put(small_city, "/escalation_ladder/steps/2/after/unit", "WORKING_HOURS")

    assert faults_of(small_city) == [
        ("/deadlines/limits/GENERAL/unit", "the weekly calendar has no working time"),
        ("/escalation_ladder/steps/2/after/unit", "the weekly calendar has no working time"),
    ]


def test_a_city_without_structure_is_told_all_it_lacks() -> None:
    bare = {"version": 1, "identity": {"slug": "bare", "name": NAME}}

    assert faults_of(bare) == [
        ("/case_templates", "a city needs at least one template"),
        ("/chains", "a city needs a chain with the code 'organization'"),
        ("/escalation_chain", "a city needs at least one level here"),
        ("/grid_policy", "a city needs a grid policy"),
    ]


def test_faults_of_form_and_of_meaning_come_together(small_city: dict[str, Any]) -> None:
    put(small_city, "/identity/slug", "No Slug")
    put(small_city, "/levels/2/code", "Bad Code")
    put(small_city, "/star_policy/thresholds_hours/2", 1)
    put(small_city, "/case_categories/1/parent", "WATER")
    put(small_city, "/time_zone", "Asia/Nowhere")

    assert [path for path, _ in faults_of(small_city)] == [
        "/case_categories/1/parent",
        "/identity/slug",
        "/levels/2/code",
        "/star_policy/thresholds_hours/2",
        "/time_zone",
    ]


def test_faults_in_a_list_stand_in_the_order_of_the_list(small_city: dict[str, Any]) -> None:
    small_city["case_categories"] = [{"code": f"C{index}", "name": NAME, "parent": "NONE"} for index in range(11)]

    assert [path for path, _ in faults_of(small_city)] == [f"/case_categories/{index}/parent" for index in range(11)]


def test_the_error_has_a_stable_code_and_says_every_fault() -> None:
    with pytest.raises(ManifestInvalid) as refused:
        parse({"version": 1, "color": "red"})

    assert refused.value.code == "MANIFEST_INVALID"
    assert refused.value.faults == [Fault("/color", "unknown key"), Fault("/identity", "required")]
    assert str(refused.value) == "The manifest has 2 fault(s).\n/color: unknown key\n/identity: required"


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [{}], {"x": []}, [None, ["a"]], True])
def test_no_wrong_value_anywhere_is_a_crash(small_city: dict[str, Any], odd: object) -> None:
    for place, key in list(_places(small_city)):
        kept = place[key]
        place[key] = odd
        with suppress(ManifestInvalid):
            assert parse(small_city).version == 1
        place[key] = kept


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def test_pointer_escapes_keys() -> None:
    assert pointer("labels", "a/b~c", 0) == "/labels/a~1b~0c/0"
