"""Bringing cities on board: what is written, and that a second time nothing is."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from server.cases.models import CaseCategory
from server.errors import NotPermitted
from server.events.models import AuditEntry, Event
from server.health_checks.models import HealthCheckPolicyRow
from server.onboarding.service import apply_tenant, plan_tenant
from server.organizations.models import Organization
from tenants.context import anonymous_actor
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.models import PolicyRule, TenantManifest
from tenants.platform import list_cities
from tests.server.onboarding.conftest import Desk, daye

WRITTEN: tuple[type[Any], ...] = (TenantManifest, PolicyRule, Organization, CaseCategory, HealthCheckPolicyRow)
LOGGED: tuple[type[Any], ...] = (Event, AuditEntry)


@pytest.mark.parametrize("slug", [*shipped.CITIES, shipped.PLATFORM])
async def test_every_shipped_manifest_comes_on_board_once(desk: Desk, slug: str) -> None:
    text = shipped.text(slug)
    manifest = parse(text)
    planned = await desk.plan(text)
    applied = await desk.apply(text)

    assert (planned.slug, planned.changes) == (slug, applied.changes)
    assert (applied.changes[0].path, applied.changes[0].effect) == ("", f"Creates the tenant {slug}.")
    assert applied.version == 1
    city = await desk.city(slug)
    assert (city.name, city.time_zone, city.kind) == (
        manifest.identity.name.model_dump(mode="json"),
        "Asia/Shanghai",
        manifest.identity.kind.value,
    )
    assert (city.manifest_version, city.policy_version, city.status) == (1, 1, "ACTIVE")

    again = await desk.apply(text)
    assert (again.tenant_id, again.version, again.changes) == (applied.tenant_id, 1, ())
    assert (await desk.plan(text)).changes == ()


@pytest.mark.parametrize("slug", shipped.CITIES)
async def test_what_a_manifest_puts_into_the_tables(desk: Desk, slug: str) -> None:
    manifest = parse(shipped.text(slug))
    tenant_id = (await desk.apply(shipped.text(slug))).tenant_id

    rules = {(row.role, row.object, row.action) for row in await desk.rows(tenant_id, PolicyRule)}
    assert rules == {(role.slug, *right.value.split(":")) for role in manifest.roles for right in role.permissions}
    (root,) = await desk.rows(tenant_id, Organization)
    top = manifest.levels[0]
    assert (root.parent_id, root.path, root.level, root.kind, root.rank, root.name) == (
        None,
        f"{slug}/",
        top.code,
        top.kinds[0],
        top.rank,
        manifest.identity.name.zh_cn,
    )
    categories = [(row.code, row.parent_code, row.retired) for row in await desk.rows(tenant_id, CaseCategory)]
    assert categories == [(category.code, category.parent, False) for category in manifest.case_categories]
    policies = [
        (row.effective_from, row.sex, row.min_age, row.max_age)
        for row in await desk.rows(tenant_id, HealthCheckPolicyRow)
    ]
    assert policies == [
        (policy.effective_from, rule.sex.value, rule.min_age, rule.max_age)
        for policy in manifest.health_check_policies
        for rule in policy.rules
    ]


async def test_the_manifest_is_kept_whole_with_its_digest_and_logged(desk: Desk) -> None:
    applied = await desk.daye()
    (stored,) = await desk.rows(applied.tenant_id, TenantManifest)
    manifest = parse(daye())
    assert stored.document == manifest.document()
    assert parse(stored.document) == manifest
    canonical = json.dumps(manifest.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert stored.digest == sha256(canonical.encode()).hexdigest()
    assert (stored.version, stored.applied_by) == (1, "test")

    (event,) = await desk.rows(applied.tenant_id, Event)
    assert (event.seq, event.type, event.subject_type, event.subject_id) == (
        1,
        "TenantApplied",
        "Tenant",
        applied.tenant_id,
    )
    (entry,) = await desk.rows(applied.tenant_id, AuditEntry)
    assert (entry.action, entry.actor_name, entry.detail) == (
        "tenant:apply",
        "test",
        {"version": 1, "changes": {"ADD": len(applied.changes), "CHANGE": 0, "REMOVE": 0}},
    )


async def test_a_second_apply_writes_nothing_at_all(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    before = [[row.id for row in await desk.rows(tenant_id, model)] for model in (*WRITTEN, *LOGGED)]
    document = json.dumps(parse(daye()).document(), ensure_ascii=False)
    assert (await desk.apply(document)).changes == ()
    assert [[row.id for row in await desk.rows(tenant_id, model)] for model in (*WRITTEN, *LOGGED)] == before


async def test_a_plan_changes_nothing(desk: Desk) -> None:
    await desk.plan(daye())
    assert await list_cities(desk.operator) == ()
    tenant_id = (await desk.daye()).tenant_id
    planned = await desk.plan(daye(("en: Daye}", "en: Great Daye}")))
    assert [(change.path, change.before, change.after) for change in planned.changes] == [
        ("/identity/name/en", "Daye", "Great Daye"),
    ]
    assert (await desk.city("daye")).manifest_version == 1
    assert len(await desk.rows(tenant_id, TenantManifest)) == 1


async def test_the_policy_version_counts_changes_of_rights_only(desk: Desk) -> None:
    await desk.daye()
    renamed = await desk.daye(("zh-CN: 大冶市", "zh-CN: 新大冶"))
    city = await desk.city("daye")
    assert (city.manifest_version, city.policy_version, city.name["zh-CN"]) == (2, 1, "新大冶")
    (root,) = await desk.rows(renamed.tenant_id, Organization)
    assert (root.name, root.path) == ("新大冶", "daye/")

    await desk.daye(("  - {slug: police}\n", ""))
    city = await desk.city("daye")
    assert (city.manifest_version, city.policy_version) == (3, 2)
    roles = {row.role for row in await desk.rows(city.id, PolicyRule)}
    assert "police" not in roles
    assert "grid_worker" in roles


async def test_a_category_retires_and_comes_back(desk: Desk) -> None:
    line = "  - {code: PARKING, name: {zh-CN: 车辆乱停, en: Parking}}\n"
    tenant_id = (await desk.daye()).tenant_id
    (before,) = [row for row in await desk.rows(tenant_id, CaseCategory) if row.code == "PARKING"]
    await desk.daye((line, ""))
    assert [row.code for row in await desk.rows(tenant_id, CaseCategory) if row.retired] == ["PARKING"]
    await desk.daye((line, line.replace("en: Parking", "en: Wild parking")))
    (after,) = [row for row in await desk.rows(tenant_id, CaseCategory) if row.code == "PARKING"]
    assert (after.id, after.retired, after.name["en"]) == (before.id, False, "Wild parking")


async def test_health_check_policies_follow_the_manifest(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    await desk.daye(("{sex: MALE, min_age: 60, max_age: 64}", "{sex: MALE, min_age: 61, max_age: 66}"))
    ages = {row.sex: (row.min_age, row.max_age) for row in await desk.rows(tenant_id, HealthCheckPolicyRow)}
    assert ages == {"MALE": (61, 66), "FEMALE": (55, 64)}


async def test_nobody_without_the_operators_rights_plans_or_applies(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    for use_case in (plan_tenant, apply_tenant):
        with pytest.raises(NotPermitted):
            await use_case(desk.operator, daye(), actor=anonymous_actor(tenant_id))
