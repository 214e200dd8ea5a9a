"""The city's configuration as its people read it."""

from __future__ import annotations

import json

from tenants.ids import public_id
from tenants.manifest.faults import parse
from tenants.manifest.shipped import text
from tests.fixtures.town import Town

CITY = """
{ tenant { id slug kind name { zhCN en } region { en } timeZone languages manifestVersion escalationChain starHours
    labels { key text { zhCN } } organizationKinds { code } levels { code rank name { zhCN } kinds grids }
    chains { code levels } gridKinds { code targetHouseholds tolerancePercent } capacities { code minimum per }
    roles { slug name { zhCN en } scope termMonths maxActivePerOrganization requiresPosting permissions }
    categories { code parent defaultSeverity containment name { zhCN } } tracks { track claim mandatorySteps }
    calendarWarnings } }
"""


async def test_everybody_of_the_city_reads_its_configuration(town: Town) -> None:
    await town.resident("resident")
    answer = await town.ask("resident", CITY)
    assert answer["errors"] == []
    city = answer["data"]["tenant"]
    manifest = parse(text("daye"))
    assert (city["id"], city["slug"], city["kind"]) == (public_id("tenant", town.tenant_id), "daye", "CITY")
    assert (city["name"], city["region"]) == ({"zhCN": "大冶市", "en": "Daye"}, {"en": "Huangshi, Hubei"})
    assert (city["timeZone"], city["languages"], city["manifestVersion"]) == ("Asia/Shanghai", ["zh-CN", "en"], 1)
    assert [level["code"] for level in city["levels"]] == [level.code for level in manifest.levels]
    assert city["levels"][4] == {
        "code": "building",
        "rank": 1,
        "name": {"zhCN": "楼栋"},
        "kinds": ["building_group"],
        "grids": False,
    }
    assert city["chains"][0] == {"code": "organization", "levels": ["community", "compound", "building"]}
    assert city["escalationChain"] == ["city", "subdistrict", "community"]
    roles = {role["slug"]: role for role in city["roles"]}
    assert roles.keys() == {role.slug for role in manifest.roles}
    first_secretary = roles["first_secretary"]
    assert (first_secretary["maxActivePerOrganization"], first_secretary["termMonths"]) == (1, 12)
    assert (first_secretary["scope"], first_secretary["name"]["zhCN"]) == ("ORGANIZATION", "社区第一书记")
    assert "case:dispatch" in first_secretary["permissions"]
    assert [row["code"] for row in city["categories"]] == [row.code for row in manifest.case_categories]
    assert [row["track"] for row in city["tracks"]] == [row.track.value for row in manifest.case_templates]
    assert city["gridKinds"] == [{"code": "GENERAL", "targetHouseholds": None, "tolerancePercent": 20}]
    assert city["capacities"][1] == {"code": "AUXILIARY_POLICE", "minimum": 2, "per": "community"}
    assert city["starHours"] == [100, 300, 600, 1000, 1500]
    assert len(city["labels"]) == len(manifest.labels)


async def test_the_whole_manifest_is_for_who_may_read_it(town: Town) -> None:
    await town.member("admin", "tenant_admin")
    await town.resident("resident")
    whole = await town.ask("admin", "{ tenant { manifest } }")
    assert parse(whole["data"]["tenant"]["manifest"]) == parse(text("daye"))
    assert json.loads(whole["data"]["tenant"]["manifest"])["identity"]["slug"] == "daye"
    denied = await town.ask("resident", "{ tenant { slug manifest } }")
    assert denied["data"] is None or denied["data"]["tenant"] is None
    assert [error["path"] for error in denied["errors"]] == [["tenant", "manifest"]]


async def test_strangers_read_nothing(town: Town) -> None:
    answer = await town.ask(None, "{ tenant { slug } }")
    assert answer["data"] is None
    assert len(answer["errors"]) == 1
