"""Whoever writes a searched column writes its terms: the watch that looks on in every test, looked at itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.members.service import people
from server.organizations.models import Organization
from tenants.ids import public_id
from tests.fixtures.city import Api, Platform
from tests.house.lints.findable import Watch, remembered, written

CREATE = (
    """mutation($input: CreateMemberInput!) { createMember(input: $input) { member { id } userErrors { code } } }"""
)
TERMS = "INSERT INTO search_term (tenant_id, kind, term, subject_id) SELECT $1::UUID, $2::VARCHAR, unnest($3), $4"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("INSERT INTO member (tenant_id, id, name) VALUES ($1::UUID, $2::UUID, $3::VARCHAR)", "member"),
        ('INSERT INTO "case" (tenant_id, id, title) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', "case"),
        (
            'WITH part_0 AS \n(INSERT INTO event (id) VALUES ($1)), b AS (INSERT INTO "case" (id) VALUES ($2)) SELECT 1',
            "case",
        ),
        ("WITH part_0 AS (INSERT INTO event (tenant_id) VALUES ($1)) SELECT 1", None),
        ("INSERT INTO member_note (tenant_id, id) VALUES ($1, $2)", None),
        ("INSERT INTO resident (tenant_id, id, name) VALUES ($1, $2, $3)", None),
        ("UPDATE organization SET name=$1::VARCHAR, labels=$2 WHERE organization.tenant_id = $3", "organization"),
        ('UPDATE "case" SET status=$1, title=$2 WHERE "case".tenant_id = $3', "case"),
        ('UPDATE "case" SET status=$1 WHERE "case".title = $2', None),
        ("UPDATE grid SET chief_id=$1 WHERE grid.tenant_id = $2", None),
        ("UPDATE resident SET name=$1 WHERE resident.tenant_id = $2", None),
        ("SELECT member.name FROM member WHERE member.tenant_id = $1", None),
    ],
)
def test_what_a_statement_writes_of_searched_columns(statement: str, kind: str | None) -> None:
    assert written(statement) == kind


def test_terms_are_those_of_one_table() -> None:
    assert remembered(TERMS, (1, "member", ["grid"], 2)) == {"member"}
    together = (
        'WITH a AS (INSERT INTO "case" (id) VALUES ($1)), b AS \n'
        "(INSERT INTO search_term (kind, term) SELECT $2, unnest($3) ON CONFLICT DO NOTHING) SELECT 1"
    )
    assert remembered(together, ("T", "case", ["t"])) == {"case"}
    assert remembered("DELETE FROM search_term WHERE search_term.kind = $1", ("case",)) == {"case"}
    assert remembered("INSERT INTO event (kind) VALUES ($1)", ("member",)) == set()


async def test_a_write_with_its_terms_is_let_through(
    api: Api, platform: Platform, everything_written_can_be_found: Watch
) -> None:
    await _create_member(api, platform)
    assert everything_written_can_be_found.written == ["member"]
    assert everything_written_can_be_found.forgotten == []


async def test_a_write_without_its_terms_is_told(
    api: Api, platform: Platform, everything_written_can_be_found: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(*_given: object, **_columns: object) -> None: ...

    monkeypatch.setattr(people, "make_searchable", forgetful)
    await _create_member(api, platform)
    (forgotten,) = everything_written_can_be_found.forgotten
    everything_written_can_be_found.forgotten.clear()
    assert forgotten.startswith("server/members/service/people.py:")
    assert ": member without terms\nINSERT INTO member " in forgotten


async def test_rows_that_a_test_makes_are_let_be(platform: Platform, everything_written_can_be_found: Watch) -> None:
    tenant = await platform.tenant("daye")
    async with platform.services.database.write(tenant.id) as session:
        root = await session.scalar(
            select(Organization).where(Organization.tenant_id == tenant.id, Organization.parent_id.is_(None))
        )
        assert root
        root.name = "Eastlake"
    assert everything_written_can_be_found == Watch()


async def _create_member(api: Api, platform: Platform) -> None:
    tenant = await platform.tenant("daye")
    async with platform.services.database.write(tenant.id) as session:
        root = await session.scalar(
            select(Organization.id).where(Organization.tenant_id == tenant.id, Organization.parent_id.is_(None))
        )
    assert root
    given = {"organizationId": public_id("org", root), "name": "Nuo Ouyang"}
    body = await api("daye", "tenant_admin", CREATE, input=given)
    assert body["data"]["createMember"]["userErrors"] == []
