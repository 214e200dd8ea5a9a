"""Manifests that are refused, and operators that meet."""

from __future__ import annotations

import asyncio

import pytest

from server.errors import AppError, Invalid
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from tenants.ids import uuid7
from tenants.manifest import shipped
from tenants.manifest.faults import ManifestInvalid
from tenants.models import TenantManifest
from tenants.platform import list_cities
from tests.server.onboarding.conftest import Desk, daye


async def test_an_invalid_manifest_lists_every_fault_and_changes_nothing(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    broken = daye(
        ("time_zone: Asia/Shanghai", "time_zone: Asia/Nowhere"),
        ("escalation_chain: [city, subdistrict, community]", "escalation_chain: [city, region, community]"),
        ("- {slug: tenant_admin}", "- {slug: tenant_admin, permissions: [tenant:apply]}"),
        ("thresholds_hours: [100, 300", "thresholds_hours: [300, 100"),
    )
    for use_case in (desk.plan, desk.apply):
        with pytest.raises(ManifestInvalid) as refused:
            await use_case(broken)
        assert [fault.path for fault in refused.value.faults] == [
            "/escalation_chain/1",
            "/roles/0/permissions/0",
            "/roles",
            "/star_policy/thresholds_hours/1",
            "/time_zone",
        ]
    assert (await desk.city("daye")).manifest_version == 1
    assert len(await desk.rows(tenant_id, TenantManifest)) == 1


async def test_a_document_for_another_tenant_is_refused(desk: Desk) -> None:
    await desk.daye()
    with pytest.raises(Invalid) as refused:
        await desk.apply(daye(("slug: daye", "slug: daye-city")), slug="daye")
    assert (refused.value.code, refused.value.field) == ("TENANT_SLUG_FIXED", ("document", "identity", "slug"))
    assert [city.slug for city in await list_cities(desk.operator)] == ["daye"]


@pytest.mark.parametrize(
    "document",
    [
        shipped.text("platform").replace("slug: platform\n", "slug: second-platform\n"),
        daye(("slug: daye", "slug: platform")),
    ],
)
async def test_the_platform_is_one_tenant_and_no_city(desk: Desk, document: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        await desk.apply(document)
    assert [fault.path for fault in refused.value.faults] == ["/identity/kind"]
    assert await list_cities(desk.operator) == ()


async def test_what_fails_half_way_was_never_there(desk: Desk) -> None:
    two_groups = (
        "      - {sex: MALE, min_age: 60, max_age: 64}\n",
        "      - {sex: MALE, min_age: 60, max_age: 64}\n      - {sex: MALE, min_age: 70, max_age: 74}\n",
    )
    with pytest.raises(AppError) as refused:
        await desk.daye(two_groups)
    assert refused.value.code == "HEALTH_CHECK_GROUPS"
    assert await list_cities(desk.operator) == ()


async def test_of_two_that_create_a_city_at_once_one_does(desk: Desk) -> None:
    first, second = await asyncio.gather(desk.daye(), desk.daye())
    assert first.tenant_id == second.tenant_id
    assert (first.version, second.version) == (1, 1)
    assert sorted(bool(applied.changes) for applied in (first, second)) == [False, True]


async def test_of_two_different_changes_at_once_the_second_plans_anew(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    one = ("en: Daye}", "en: One}")
    other = ("en: Daye}", "en: Other}")
    results = sorted(await asyncio.gather(desk.daye(one), desk.daye(other)), key=lambda applied: applied.version)
    assert [applied.version for applied in results] == [2, 3]
    (change,) = results[1].changes
    (before,) = results[0].changes
    assert (before.before, change.before) == ("Daye", before.after)
    documents = [row.document["identity"]["name"]["en"] for row in await desk.rows(tenant_id, TenantManifest)]
    assert documents == ["Daye", before.after, change.after]


async def test_removing_what_is_in_use_is_told_beforehand(desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    (root,) = await desk.rows(tenant_id, Organization)
    member = Member(tenant_id=tenant_id, id=uuid7(), organization_id=root.id, path=root.path, name="Invented")
    officer = Appointment(
        tenant_id=tenant_id,
        id=uuid7(),
        member_id=member.id,
        role="police",
        scope="OWN",
        starts_on=root.created_at.date(),
    )
    async with desk.operator.write(tenant_id) as session:
        for row in (member, officer):
            session.add(row)
            await session.flush()
    planned = await desk.plan(daye(("  - {slug: police}\n", ""), ("  - {slug: analyst}\n", "")))
    assert {change.path for change in planned.changes} == {"/roles/police", "/roles/analyst"}
    assert planned.warnings[-1] == "/roles/police: 1 running appointment(s) give no rights any more."
    assert sum("/roles/" in warning for warning in planned.warnings) == 1
