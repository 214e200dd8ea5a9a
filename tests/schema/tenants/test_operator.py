"""planTenant and applyTenant, for the platform's operator alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tenants.manifest import shipped
from tests.fixtures.town import Town
from tests.schema.tenants.conftest import OPERATOR

FIELDS = """slug version warnings userErrors { code field message }
  changes { path action before after effect }"""
PLAN = f"mutation($document: String!, $slug: String) {{ planTenant(input: {{document: $document, slug: $slug}}) {{ {FIELDS} }} }}"
APPLY = PLAN.replace("planTenant", "applyTenant")
LIST = "{ tenants { slug kind name { zhCN en } status timeZone manifestVersion } }"


async def test_a_plan_shows_the_change_and_applying_makes_it(town: Town, operators: Town) -> None:
    document = shipped.text("daye").replace("en: Daye}", "en: Great Daye}")
    planned = await operators.change(OPERATOR, PLAN, document=document)
    expected = {
        "path": "/identity/name/en",
        "action": "CHANGE",
        "before": "Daye",
        "after": "Great Daye",
        "effect": "The city shows itself under the new name.",
    }
    assert (planned["slug"], planned["version"], planned["changes"]) == ("daye", None, [expected])
    applied = await operators.change(OPERATOR, APPLY, document=document)
    assert (applied["version"], applied["changes"], applied["userErrors"]) == (2, [expected], [])
    again = await operators.change(OPERATOR, APPLY, document=document)
    assert (again["version"], again["changes"], again["userErrors"]) == (2, [], [])

    await town.resident("resident")
    city = await town.ask("resident", "{ tenant { manifestVersion name { en } } }")
    assert city["data"]["tenant"] == {"manifestVersion": 2, "name": {"en": "Great Daye"}}


async def test_a_new_city_comes_on_board(operators: Town) -> None:
    applied = await operators.change(OPERATOR, APPLY, document=shipped.text("wuhan"), slug="wuhan")
    assert (applied["slug"], applied["version"], applied["changes"][0]["effect"]) == (
        "wuhan",
        1,
        "Creates the tenant wuhan.",
    )
    listed = (await operators.ask(OPERATOR, LIST))["data"]["tenants"]
    assert [(row["slug"], row["kind"], row["manifestVersion"]) for row in listed] == [
        ("daye", "CITY", 1),
        ("platform", "PLATFORM", 1),
        ("wuhan", "CITY", 1),
    ]
    assert listed[2]["name"] == {"zhCN": "武汉市", "en": "Wuhan"}


async def test_every_fault_is_an_error_with_its_path(operators: Town) -> None:
    document = (
        shipped.text("daye")
        .replace("time_zone: Asia/Shanghai", "time_zone: Asia/Nowhere")
        .replace("- {slug: tenant_admin}", "- {slug: tenant_admin, permissions: [tenant:apply, appointment:create]}")
    )
    for operation in (PLAN, APPLY):
        refused = await operators.change(OPERATOR, operation, document=document)
        assert (refused["slug"], refused["changes"]) == (None, [])
        assert refused["userErrors"] == [
            {
                "code": "MANIFEST_INVALID",
                "field": ["document", "roles", "0", "permissions", "0"],
                "message": "permission 'tenant:apply' is for the platform's own tenant",
            },
            {
                "code": "MANIFEST_INVALID",
                "field": ["document", "time_zone"],
                "message": "unknown time zone 'Asia/Nowhere'",
            },
        ]
    unreadable = await operators.change(OPERATOR, PLAN, document="a: [")
    assert [(error["code"], error["field"]) for error in unreadable["userErrors"]] == [
        ("MANIFEST_INVALID", ["document"])
    ]


async def test_a_document_for_another_city_is_refused(operators: Town) -> None:
    refused = await operators.change(OPERATOR, APPLY, document=shipped.text("wuhan"), slug="daye")
    assert [error["code"] for error in refused["userErrors"]] == ["TENANT_SLUG_FIXED"]


async def test_no_role_of_a_city_plans_applies_or_lists(town: Town, operators: Town) -> None:
    town.services = operators.services
    await town.member("admin", "tenant_admin")
    for operation in (PLAN, APPLY):
        refused = await town.change("admin", operation, document=shipped.text("daye"))
        assert _codes(refused) == ["FORBIDDEN"]
    listed = await town.ask("admin", LIST)
    assert listed["data"] is None
    assert len(listed["errors"]) == 1


async def test_a_server_without_the_operators_login_says_so(operators: Town) -> None:
    operators.services = replace(operators.services, operator=None)
    refused = await operators.change(OPERATOR, APPLY, document=shipped.text("daye"))
    assert _codes(refused) == ["OPERATOR_NOT_CONFIGURED"]


def _codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]
