"""The shipped manifests say what the articles say about each city (sources.md 1.9, 3.4, 4)."""

from __future__ import annotations

from datetime import date

import pytest

from tenants.manifest import shipped
from tenants.manifest.casework import TimeLimit
from tenants.manifest.faults import parse
from tenants.manifest.model import Manifest
from tenants.manifest.words import (
    CaseStep,
    Containment,
    IntervalStart,
    RoleScope,
    Severity,
    TenantKind,
    TimeUnit,
    Track,
)
from tenants.permissions import HEALTH_DATA, PLATFORM_ONLY, Permission


@pytest.fixture(scope="module")
def cities() -> dict[str, Manifest]:
    return {slug: parse(shipped.text(slug)) for slug in shipped.CITIES}


def chain(manifest: Manifest, code: str) -> tuple[str, ...]:
    found = manifest.find_chain(code)
    assert found is not None
    return found.levels


def steps(manifest: Manifest, track: Track) -> tuple[CaseStep, ...]:
    found = manifest.find_template(track)
    assert found is not None
    return found.mandatory_steps


@pytest.mark.parametrize(
    ("slug", "levels"),
    [
        ("daye", ("community", "compound", "building")),
        ("huangshan", ("subdistrict", "community", "grid", "building")),
        ("wuhan", ("subdistrict", "community", "grid", "building", "center_household")),
        ("hohhot", ("subdistrict", "community", "compound", "building", "center_household")),
        ("jiamusi", ("subdistrict", "community", "grid", "center_household")),
    ],
)
def test_each_city_has_its_own_chain(cities: dict[str, Manifest], slug: str, levels: tuple[str, ...]) -> None:
    assert chain(cities[slug], "organization") == levels


def test_jiamusi_is_led_along_a_second_chain(cities: dict[str, Manifest]) -> None:
    assert chain(cities["jiamusi"], "leadership") == ("city", "county", "subdistrict", "community")


def test_slug_and_file_name_agree() -> None:
    assert {slug: parse(shipped.text(slug)).slug for slug in (*shipped.CITIES, shipped.PLATFORM)} == {
        slug: slug for slug in (*shipped.CITIES, shipped.PLATFORM)
    }


def test_an_unknown_slug_is_no_path() -> None:
    with pytest.raises(KeyError):
        shipped.text("../manifests/daye")


def test_a_manifest_survives_being_stored() -> None:
    for slug in (*shipped.CITIES, shipped.PLATFORM):
        manifest = parse(shipped.text(slug))
        assert parse(manifest.document()) == manifest


def test_every_city_offers_every_track(cities: dict[str, Manifest]) -> None:
    for manifest in cities.values():
        assert {template.track for template in manifest.case_templates} == set(Track)


def test_every_city_has_the_demo_roles(cities: dict[str, Manifest]) -> None:
    wanted = {"tenant_admin", "resident", "grid_worker", "posted_member", "health_worker", "analyst"}
    for manifest in cities.values():
        assert wanted - {role.slug for role in manifest.roles} == set()


def test_daye_dispatches_only_by_first_secretary_and_claims_only_by_posted_members(cities: dict[str, Manifest]) -> None:
    roles = cities["daye"].roles

    assert [role.slug for role in roles if Permission.CASE_DISPATCH in role.permissions] == ["first_secretary"]
    assert [role.slug for role in roles if Permission.CASE_CLAIM in role.permissions] == ["posted_member"]


def test_dayes_first_secretary_is_one_per_community_for_a_year(cities: dict[str, Manifest]) -> None:
    role = cities["daye"].find_role("first_secretary")

    assert role is not None
    assert (role.max_active_per_organization, role.term_months, role.scope) == (1, 12, RoleScope.ORGANIZATION)


def test_dayes_loop_has_four_steps(cities: dict[str, Manifest]) -> None:
    template = cities["daye"].find_template(Track.SERVICE_ORDER)

    assert template is not None
    assert (template.claim, template.direct_dispatch) == (True, False)
    assert [step.value for step in template.mandatory_steps] == ["REPORTED", "DISPATCHED", "CLAIMED", "RATED"]
    assert [name.zh_cn for name in template.step_names.values()] == ["群众点单", "社区派单", "党员领单", "群众评单"]


def test_tunxis_loop_ends_with_the_return_visit(cities: dict[str, Manifest]) -> None:
    assert steps(cities["huangshan"], Track.GRID_EVENT) == (
        CaseStep.REPORTED,
        CaseStep.TRIAGED,
        CaseStep.IN_PROGRESS,
        CaseStep.TRACKED,
        CaseStep.RETURN_VISITED,
    )


def test_jiamusis_loop_has_its_eight_steps(cities: dict[str, Manifest]) -> None:
    """JM-09; the feedback goes through every level (JM-23)."""
    assert steps(cities["jiamusi"], Track.GRID_EVENT) == (
        CaseStep.ACCEPTED,
        CaseStep.TRIAGED,
        CaseStep.TRACKED,
        CaseStep.URGED,
        CaseStep.FEEDBACK_GIVEN,
        CaseStep.RATED,
        CaseStep.PUBLISHED,
        CaseStep.ARCHIVED,
    )
    assert [template.track for template in cities["jiamusi"].case_templates if template.publishes] == [Track.GRID_EVENT]
    assert all(template.feedback_by_hop for template in cities["jiamusi"].case_templates)
    assert not any(template.feedback_by_hop for template in cities["daye"].case_templates)


def test_jiamusi_sizes_its_grids(cities: dict[str, Manifest]) -> None:
    policy = cities["jiamusi"].grid_policy

    assert policy is not None
    assert {kind.code: kind.target_households for kind in policy.kinds} == {
        "URBAN": 200,
        "RURAL": 50,
        "DEDICATED": None,
    }


def test_containment_differs_by_city(cities: dict[str, Manifest]) -> None:
    assert {slug: dict(manifest.containment_targets) for slug, manifest in cities.items()} == {
        "daye": {},
        "hohhot": {Containment.MICRO: "grid", Containment.SMALL: "community", Containment.BIG: "subdistrict"},
        "huangshan": {},
        "jiamusi": {},
        "wuhan": {Containment.SMALL: "grid", Containment.BIG: "community"},
    }


def test_only_daye_has_the_free_check(cities: dict[str, Manifest]) -> None:
    assert [slug for slug, manifest in cities.items() if manifest.health_check_policies] == ["daye"]

    (policy,) = cities["daye"].health_check_policies
    assert [(rule.sex.value, rule.min_age, rule.max_age) for rule in policy.rules] == [
        ("MALE", 60, 64),
        ("FEMALE", 55, 64),
    ]
    assert (policy.interval_months, policy.interval_from) == (24, IntervalStart.LAST_CHECK)


def test_general_cases_have_ten_days(cities: dict[str, Manifest]) -> None:
    for manifest in cities.values():
        assert manifest.deadlines.limit(Severity.GENERAL) == TimeLimit(amount=10, unit=TimeUnit.DAYS)
        assert manifest.deadlines.limit(Severity.COMPLEX) is None


def test_2026_has_its_holidays_and_make_up_days(cities: dict[str, Manifest]) -> None:
    for manifest in cities.values():
        calendar = manifest.work_calendar
        assert (len(calendar.holidays), len(calendar.make_up_days)) == (33, 6)
        assert calendar.known_through == date(2026, 12, 31)
        assert {day.on.weekday() for day in calendar.make_up_days} == {5, 6}


def test_operator_rights_stay_on_the_platform(cities: dict[str, Manifest]) -> None:
    platform = parse(shipped.text(shipped.PLATFORM))

    assert platform.identity.kind is TenantKind.PLATFORM
    assert set(platform.roles[0].permissions) >= PLATFORM_ONLY
    for manifest in cities.values():
        assert all(PLATFORM_ONLY.isdisjoint(role.permissions) for role in manifest.roles)


def test_health_data_is_for_the_health_worker_and_the_resident_alone(cities: dict[str, Manifest]) -> None:
    for manifest in cities.values():
        holders = {role.slug: role.scope for role in manifest.roles if HEALTH_DATA.intersection(role.permissions)}
        assert holders == {"health_worker": RoleScope.ORGANIZATION, "resident": RoleScope.OWN}


def test_the_default_roles_stand_in_where_none_are_listed() -> None:
    document = parse(shipped.text("daye")).document()
    document["escalation_ladder"] = {}
    del document["roles"]

    manifest = parse(document)

    assert len(manifest.roles) == 24
    assert manifest.find_role("platform_operator") is None


def test_lookups_answer_none_for_what_is_not_there(cities: dict[str, Manifest]) -> None:
    wuhan = cities["wuhan"]
    grid, care = wuhan.find_level("grid"), wuhan.find_category("CARE")

    assert grid is not None
    assert grid.rank == 2
    assert care is not None
    assert care.name.in_language("zh-CN") == "关爱服务"
    assert care.name.in_language("en") == "Care"
    assert wuhan.find_level("moon") is None
    assert wuhan.find_category("MOON") is None


def test_week_spans_are_minutes_of_the_day(cities: dict[str, Manifest]) -> None:
    weekly = cities["daye"].work_calendar.weekly

    assert weekly.spans(0) == ((510, 720), (840, 1050))
    assert weekly.spans(6) == ()
