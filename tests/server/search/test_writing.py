"""Whatever writes a searched column writes its terms, so that the table of terms is always right."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

import server
from migrations.roles import DatabaseUrls
from server.cases.models import Case
from server.grids.models import Grid
from server.members.models import Member
from server.onboarding.service import apply_tenant, console_actor
from server.organizations.models import Organization
from server.search.filling import fill
from server.search.models import SearchTerm
from server.search.searched import SEARCHED
from server.tables import metadata
from server.volunteers.models import Activity, Volunteer
from tenants.ids import public_id
from tenants.manifest import shipped
from tenants.sessions import Database
from tests.fixtures.city import Api, Platform
from tests.server.search.conftest import Shelf

WRITES: list[tuple[str, str, str]] = [  # who, which mutation, its input with places filled in
    (
        "tenant_admin",
        "createOrganization",
        '{parentId: "$community", level: "compound", kind: "compound_branch", code: "new", name: "新村 Branch-2"}',
    ),
    (
        "tenant_admin",
        "createGrid",
        '{organizationId: "$community", code: "daye-new-7", name: "新建网格", kind: "GENERAL"}',
    ),
    ("tenant_admin", "createMember", '{organizationId: "$community", name: "欧阳 Nuo"}'),
    ("resident", "reportCase", '{gridId: "$grid", category: "$category", title: "路灯不亮 ＬＥＤ"}'),
    ("resident", "registerVolunteer", "{skills: []}"),
    (
        "community_secretary",
        "createActivity",
        """{organizationId: "$community", title: "清洁家园", theme: "PEACE", capacity: 3,
          startsAt: "2030-01-01T00:00:00Z", endsAt: "2030-01-01T02:00:00Z"}""",
    ),
]
CLASSES = (Activity, Case, Grid, Member, Organization, Volunteer)


async def test_after_the_demo_load_every_term_is_there_and_no_other(shelf: Shelf) -> None:
    kept = await shelf.kept()
    assert kept == await shelf.right()
    assert {kind for _tenant, kind, _term, _subject in kept} >= set(SEARCHED) - {"case", "activity"}


async def test_after_every_mutation_the_terms_are_right(api: Api, platform: Platform, shelf: Shelf) -> None:
    places = await _places(platform)
    for username, mutation, given in WRITES:
        for name, value in places.items():
            given = given.replace(f"${name}", value)  # noqa: PLW2901 - filled in place by place
        before = await shelf.kept()
        body = await api("daye", username, f"mutation {{ {mutation}(input: {given}) {{ userErrors {{ code }} }} }}")
        assert body == {"data": {mutation: {"userErrors": []}}}, body
        kept = await shelf.kept()
        assert kept > before, mutation
        assert kept == await shelf.right(), mutation


async def _places(platform: Platform) -> dict[str, str]:
    tenant = await platform.tenant("daye")
    manifest = await platform.services.registry.manifest(tenant.id)
    async with platform.services.database.write(tenant.id) as session:
        community = await session.scalar(
            select(Organization.id)
            .where(Organization.tenant_id == tenant.id, Organization.rank == 4)
            .order_by(Organization.path)
        )
        grid = await session.scalar(select(Grid.id).where(Grid.tenant_id == tenant.id).order_by(Grid.code).limit(1))
    assert community
    assert grid
    return {
        "community": public_id("org", community),
        "grid": public_id("grid", grid),
        "category": manifest.case_categories[0].code,
    }


async def test_a_city_renamed_is_found_by_its_new_name_alone(
    platform: Platform, city_urls: DatabaseUrls, shelf: Shelf
) -> None:
    operator = await Database.connect(city_urls.operator, read_pool_size=1, write_pool_size=1)
    try:
        document = shipped.text("daye").replace("zh-CN: 大冶市", "zh-CN: 新大冶")
        await apply_tenant(operator, document, actor=console_actor("test"))
    finally:
        await operator.close()
    tenant_id = str((await platform.tenant("daye")).id)
    kept = await shelf.kept()
    assert kept == await shelf.right()
    terms = {term for tenant, kind, term, _subject in kept if (tenant, kind) == (tenant_id, "organization")}
    assert {"新", "新大", "大冶"} <= terms
    assert "冶市" not in terms


async def test_rows_without_terms_are_caught_up_with_and_twice_changes_nothing(
    platform: Platform, shelf: Shelf
) -> None:
    tenant = await platform.tenant("jiamusi")
    right = await shelf.kept()
    async with platform.services.database.write(tenant.id) as session:
        await session.execute(delete(SearchTerm).where(SearchTerm.tenant_id == tenant.id, SearchTerm.kind != "grid"))
    assert await shelf.kept() < right
    for _again in range(2):
        async with platform.services.database.write(tenant.id) as session:
            looked_at = await (await session.connection()).run_sync(fill, tenant.id)
        assert await shelf.kept() == right
    assert looked_at == len({subject for city, _kind, _term, subject in right if city == str(tenant.id)})


def test_searched_tables_and_columns_exist_and_residents_are_not_among_them() -> None:
    assert {model.__tablename__ for model in CLASSES} == set(SEARCHED)
    for table, searched in SEARCHED.items():
        assert set(searched.columns) <= set(metadata.tables[table].c.keys())
    assert not any(table.startswith(("resident", "health")) for table in SEARCHED)


def test_whoever_makes_a_row_of_a_searched_table_makes_it_searchable() -> None:
    """A new write path that forgets the terms is found by its constructor or insert."""
    makers: dict[str, bool] = {}
    for file in sorted(Path(str(server.__file__)).parent.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if any(_makes_one(node) for node in ast.walk(tree)):
            imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            makers[file.stem] = "server.search.writing" in imported
    assert makers == dict.fromkeys(("activities", "provision", "people", "registration", "reporting", "service"), True)


def _makes_one(node: ast.AST) -> bool:
    names = {model.__name__ for model in CLASSES}
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    first: Any = node.args[0] if node.args else None
    inserted = node.func.id == "insert" and isinstance(first, ast.Name) and first.id in names
    return node.func.id in names or inserted


@pytest.mark.parametrize("kind", sorted(SEARCHED))
def test_a_row_of_numbers_and_words_is_found_by_both(kind: str) -> None:
    searched = SEARCHED[kind]
    row = {column: f"路灯 {column} 00012" for column in searched.columns}
    assert {"路灯", "00012"} <= set(searched.terms(row))
