"""The counts of full scale are those of the source articles (sources.md 2.1, 2.3)."""

from __future__ import annotations

from collections import Counter

from server.demo.plans import FULL, MINUTES_PER_POSTED_MEMBER, SMALL, CityPlan, split
from tenants.manifest import shipped


def grids(plan: CityPlan) -> Counter[str]:
    total: Counter[str] = Counter()
    for district in plan.districts:
        total.update(district.grids)
    return total


def test_every_shipped_city_has_both_plans() -> None:
    assert FULL.keys() == SMALL.keys() == set(shipped.CITIES)


def test_jiamusi_has_its_grids_and_workers() -> None:
    plan = FULL["jiamusi"]
    assert grids(plan) == {"URBAN": 4_148, "RURAL": 4_044, "DEDICATED": 694}
    assert grids(plan).total() == 8_886
    assert grids(plan).total() + plan.extra_grid_workers == 37_762


def test_daye_has_its_people() -> None:
    plan = FULL["daye"]
    assert sum(district.communities for district in plan.districts) == 39
    assert plan.posted_members == 7_443
    assert plan.posted_members * MINUTES_PER_POSTED_MEMBER == 98_247.6 * 60
    assert plan.volunteers > 142_000
    assert (plan.volunteer_organizations, plan.activities, plan.health_checks) == (935, 1_254, 59_000)


def test_huangshan_has_its_grids_and_events() -> None:
    plan = FULL["huangshan"]
    assert grids(plan) == {"ALL_SUBJECT": 261, "GENERAL": 773}
    assert (plan.cases, plan.concluded) == (79_119, 78_195)


def test_hohhot_has_its_communities_and_grids_at_either_scale() -> None:
    for plan in (FULL["hohhot"], SMALL["hohhot"]):
        assert sum(district.communities for district in plan.districts) == 10
        assert grids(plan).total() == 110


def test_hongshan_has_its_units() -> None:
    assert [district.stationed for district in FULL["wuhan"].districts] == [458, 0, 0]


def test_small_scale_has_two_thousand_cases() -> None:
    assert sum(plan.cases for plan in SMALL.values()) == 2_000


def test_volunteers_and_checks_find_enough_residents() -> None:
    for plan in (*FULL.values(), *SMALL.values()):
        assert plan.volunteers - plan.posted_members <= plan.residents
        assert plan.health_checks <= plan.residents
        assert plan.concluded + plan.dropped + plan.escalating <= plan.cases


def test_split_loses_nothing() -> None:
    assert split(10, 4) == [3, 3, 2, 2]
    assert split(0, 3) == [0, 0, 0]
